"""Carrying a plan out: batch by batch, each written down before it is sent and settled by what can be observed."""
