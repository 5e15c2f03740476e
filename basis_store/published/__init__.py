"""Published stores: the registry that lists them, and their download."""
