# %% [markdown]
# # A tour of one group
#
# Everything that can be asked about a space group, with P4_2/mnm, the group of rutile, as the example. The
# [explorer](../explorer/index.html) has a page like this one for each of the 530 settings.
#
# To run it: [the installation](../start.md#install), and `pip install notebook`.
#
# ## Its page

# %%
# !sgbasis show 136

# %% [markdown]
# The same facts as objects. A setting is never a bare number, because a number does not say which coordinates are
# meant ([settings and origins](../guides/settings.md)).

# %%
import sgbasis

setting = sgbasis.Setting.parse("P4_2/mnm")
assert setting == sgbasis.Setting.standard(136) == sgbasis.Setting.from_hall(419)
setting

# %% [markdown]
# ## Operations, exactly
#
# Rotations are integer matrices, and translations integers in 24ths of a cell edge: no rounding anywhere.

# %%
from basis_compiler import operations

group = operations(setting)
rotation, translation24 = group.rotations[-1], group.translations24[-1]
assert len(group.rotations) == setting.n_operations == 16
print(rotation, "with the translation", translation24 / 24)

# %% [markdown]
# ## Which reflections are absent, and why
#
# `0kl: k+l=2n` above says that 0 0 1 and 1 0 0 are absent. The store names the operation that forbids each of
# them.

# %%
from basis_compiler import reflection_conditions

conditions = reflection_conditions(setting)
assert not conditions.allows([0, 0, 1]) and not conditions.allows([1, 0, 0])
assert conditions.allows([0, 0, 2]) and conditions.allows([1, 1, 0])

compiled = sgbasis.load_store().compiled(setting)
wave, witness = compiled.absent_waves[0], compiled.witnesses[0]
rotation, translation = group.rotations[witness], group.translations24[witness] / 24
assert (wave @ rotation == wave).all() and (wave @ translation) % 1 == 0.5
print(
    f"{wave} is absent: an operation keeps the wave and shifts its phase by {(wave @ translation) % 1} of a turn"
)

# %% [markdown]
# ## Positions of atoms

# %%
# !sgbasis show 136 --wyckoff

# %% [markdown]
# Rutile has Ti on 2a and O on 4f, whose one free number is x. From the operations alone:

# %%
import numpy as np

oxygen = np.array([0.3053, 0.3053, 0.0])
images = (group.rotations @ oxygen + group.translations24 / 24) % 1
distinct = np.unique(images.round(6), axis=0)
assert len(distinct) == 4
distinct

# %% [markdown]
# ## Functions
#
# The first functions are standing waves. Where symmetry forbids a wave, there is no function: 0 0 1 and 1 0 0
# are missing.

# %% alt="Function 3 of group 136: a section with contours, and its nodal surface"
from IPython.display import Image

from basis_compiler import formula_text, trigonometric_form

for j in range(1, 6):
    print(f"f{j} =", formula_text(trigonometric_form(compiled, j)))
assert formula_text(trigonometric_form(compiled, 1)) == "2 cos X cos Y"
Image(sgbasis.function_picture(compiled, 3))

# %% [markdown]
# ## Functions that change sign
#
# The group has eight one-dimensional characters. A function with the character B1g changes sign under the
# fourfold rotation, as a d wave does; its picture shows it. The store that ships has invariant functions; others
# are compiled, and proved, in a moment. `sgbasis fetch characters` gets all of them.

# %% alt="Function 0 of the character B1g of group 136: red and blue lobes that a quarter turn exchanges"
from basis_compiler import compile_setting

d_wave = compile_setting("136:B1g")
signs = np.where(d_wave.characters24 == 0, 1, -1)
print("f0 =", formula_text(trigonometric_form(d_wave, 0)), "  signs of the 16 operations:", signs)


def f0(x, y, z):
    """The formula, typed in."""
    return np.sqrt(2) * np.cos(2 * np.pi * z) * (np.cos(2 * np.pi * x) - np.cos(2 * np.pi * y))


point = np.array([0.12, 0.34, 0.27])
images = group.rotations @ point + group.translations24 / 24
assert np.allclose(f0(*images.T), signs * f0(*point))
Image(sgbasis.function_picture(d_wave, 0))

# %% [markdown]
# ## Tensors that it allows
#
# Six elastic constants instead of 21, and no piezoelectric one, because the group has an inversion centre.

# %%
# !sgbasis tensor 136 elastic

# %%
from basis_store import open_store

assert len(open_store().tensor_basis(setting, "ijkl=jikl=klij").array()) == 6
assert len(open_store().tensor_basis(setting, "ijk=ikj").array()) == 0

# %% [markdown]
# ## Another origin is allowed, too
#
# All operations look the same from 0 0 1/2. Which of the two a file uses cannot be known; functions change sign or
# stay as they are when it moves.

# %%
import torch

from basis_compiler import origin_shifts

shifts = origin_shifts(setting).shifts24 / 24
basis = sgbasis.load_store().basis(setting)
torch.manual_seed(0)
x = torch.rand(4, 3, dtype=torch.float64)
moved = basis(x + torch.tensor(shifts[0]))
assert torch.allclose(moved.abs(), basis(x).abs(), atol=1e-10)
signs = (moved / basis(x)).mean(0).round().int()
print("allowed shifts:", shifts.tolist(), "; signs of f0 ... f9:", signs[:10].tolist())

# %% [markdown]
# ## Read next
#
# - [Encode a CIF](encode_a_cif.ipynb): from a file to this setting, and numbers for its atoms
# - [Characters](../groups/characters.md), and [magnetic groups](../groups/magnetic-groups.md), which are made of
#   them
# - [Tensors and frames](tensors_and_frames.ipynb)
