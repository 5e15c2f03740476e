"""The commands of ``sgbasis field``."""
