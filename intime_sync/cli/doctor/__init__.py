"""What `doctor` looks at: small checks that each say how it is and what to do. None changes the account."""
