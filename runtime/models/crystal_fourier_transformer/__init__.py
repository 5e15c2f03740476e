"""The Crystal Fourier Transformer of arXiv 2512.13989 (Zhang, Ertekin, Orbanz, Adams), here a baseline."""
