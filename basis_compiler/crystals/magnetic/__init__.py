"""Crystals with magnetic moments: magnetic CIF, extended XYZ, and moments that are given apart."""
