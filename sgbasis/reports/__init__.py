"""Results as readable text."""
