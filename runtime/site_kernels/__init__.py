"""Invariant kernels and moments of the sites of a crystal (T6, T7), over periodic images and over waves."""
