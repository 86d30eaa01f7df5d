"""The kinds of objects, one file for each. Other packages get them from `registry`."""
