"""Training: configuration, data, loop and checkpoints. No symmetry is computed here."""
