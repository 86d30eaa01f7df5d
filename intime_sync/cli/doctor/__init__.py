"""The checks of `doctor`: each says what it found and what to do. None changes the account."""
