"""`python -m intime_sync`."""

from intime_sync.cli.main import entry

if __name__ == "__main__":
    entry()
