"""Messages from the periodic images around sites."""
