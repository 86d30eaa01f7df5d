"""Code that exists for speed: very many contacts as columns of text, and the readers that fill them.

All other code works with `DesiredTable` and `LedgerTable`, however few contacts there are, and asks them questions.
Each reader here gives exactly what reading item by item would give, or declines; property tests hold it to that.
"""
