"""An account as the files of a configuration. Pure: from values to file names and texts."""
