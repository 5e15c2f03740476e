"""Features for other people's models; :mod:`runtime.features.pyg` is for PyTorch Geometric."""
