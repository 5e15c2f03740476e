"""From crystals in any cell to the standard setting of their space group, exactly."""
