"""Invariant kernels and moments between the sites of a crystal (T6, T7), over images and over orbits of waves."""
