"""The nouns: frozen values that every other room talks about. No I/O, no service, no YAML."""
