"""Where ledgers are kept: one file per backend, all behind the protocols in `base`."""
