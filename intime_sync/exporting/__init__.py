"""An account as files that a person would have written. Pure: values in, file names and texts out."""
