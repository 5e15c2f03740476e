"""Magnetic groups: names, and operations with time reversal."""
