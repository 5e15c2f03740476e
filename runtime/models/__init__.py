"""Networks: crystals in, properties out."""
