"""The runtime: exact invariant bases as PyTorch modules, with no symmetry computed at train time.

>>> import torch
>>> from runtime import load_store, Setting
>>> basis = load_store().basis(Setting.standard(227))
>>> basis(torch.rand(10, 3)).shape
torch.Size([10, 66])
"""

import lazy_loader

from basis_store.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, *lazy_loader.attach_stub(__name__, __file__))
