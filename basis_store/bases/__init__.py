"""Stores of exact Fourier bases: the format, and reading and writing it."""
