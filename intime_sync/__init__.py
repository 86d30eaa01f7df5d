"""Plan and apply an InTime Messenger account from YAML."""

__version__ = "0.1.0"
