"""The compiler: from space-group tables to proved, exact invariant Fourier bases. Offline; never needed to train.

>>> from basis_compiler import compile_setting
>>> from basis_store import Setting
>>> compile_setting(Setting.standard(230)).n_orbits
66
"""

import lazy_loader

from basis_store.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, *lazy_loader.attach_stub(__name__, __file__))
