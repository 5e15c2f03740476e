"""Space-group settings, their operations as integers, and the waves that complete shells consist of."""
