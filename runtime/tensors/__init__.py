"""Property tensors of crystals: matrix forms, frames, moduli, and the nearest that obeys the symmetry."""
