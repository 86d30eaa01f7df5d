"""Pure planning: (desired, actual, ledger, policy) → Plan. Never sees a client, a file or a clock."""
