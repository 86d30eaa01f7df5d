"""The command line: the only place that prints, asks, and decides exit codes."""
