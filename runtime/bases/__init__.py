"""Stores of bases as PyTorch modules, and the basis of one setting; many settings at once: ``encoding``."""
