"""Property tensors of crystals: matrix forms, frames, moduli, projection on the tensors that symmetry allows."""
