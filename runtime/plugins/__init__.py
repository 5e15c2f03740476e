"""Features for the models of others; :mod:`runtime.plugins.pyg` is for PyTorch Geometric."""
