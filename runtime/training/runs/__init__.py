"""Training runs in folders: from a configuration to a saved model."""
