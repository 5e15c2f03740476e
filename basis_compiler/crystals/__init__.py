"""Crystals in any cell, transformed exactly to the standard setting of their space group."""
