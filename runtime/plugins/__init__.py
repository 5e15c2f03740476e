"""Features for other people's models; :mod:`runtime.plugins.pyg` is for PyTorch Geometric."""
