"""The runtime: exact invariant bases as PyTorch modules, with no symmetry computed at train time.

>>> import torch
>>> from runtime import load_store, Setting
>>> basis = load_store().basis(Setting.standard(227))
>>> basis(torch.rand(10, 3)).shape
torch.Size([10, 66])
"""

from basis_store import Recipe, Setting
from runtime.basis import Basis, Routing
from runtime.encoding import WaveEncoder
from runtime.store import Store, load_store
from runtime.tensors import project_tensor

__all__ = ["Basis", "Recipe", "Routing", "Setting", "Store", "WaveEncoder", "load_store", "project_tensor"]
