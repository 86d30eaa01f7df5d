"""Bytes to values and back: the service's XML, replies, numbers and times. No I/O, and nothing about why."""
