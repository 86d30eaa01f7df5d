"""Code that exists for speed: tables with a hundred thousand contacts as columns, and the readers that fill them.

All other code uses `DesiredTable` and `LedgerTable`, however few contacts there are. Each reader here returns exactly
what reading item by item returns, or None; property tests check that.
"""
