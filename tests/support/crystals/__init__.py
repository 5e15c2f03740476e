"""Crystals, lattices and datasets made for tests."""
