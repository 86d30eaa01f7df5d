"""All about each kind of object, one file a kind; reached through `registry`, never directly."""
