"""The store: exact symmetry-adapted Fourier bases of space-group settings in a versioned HDF5 file.

>>> from basis_store import Setting, open_store
>>> compiled = open_store().read(Setting.standard(227))
>>> compiled.waves[:2].tolist()
[[1, 1, 1], [1, 1, -1]]
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
