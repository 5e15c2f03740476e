# %% [markdown]
# # Encode a CIF, and understand the numbers
#
# From a crystal file in any cell to its setting, its sites, and numbers that do not depend on how the file was
# written.
#
# To run it: [the installation](../start.md#install), and `pip install notebook`.
#
# The package has example crystals, some of them in unusual cells. We work on copies in this folder.

# %%
import shutil

from basis_store import data_folder

_ = shutil.copytree(data_folder() / "crystals", "crystals", dirs_exist_ok=True)

# %% [markdown]
# ## One command

# %%
# !sgbasis encode crystals/other_cells/anatase_origin_1.cif

# %% [markdown]
# Line by line:
#
# - **setting**: 141 in its standard setting, origin choice 2. The file used origin choice 1.
# - **axes**, **coordinates**: how the setting is reached, exactly, and back.
# - **sites**: one atom of each orbit. Ti has the Wyckoff position 4a, O 8e.
# - **f1, f2, ...**: the values of the basis functions at the site. These are the encoding. They are functions of
#   this group: f1 of another group is another function, so that a table of several crystals (`sgbasis encode
#   FOLDER -o FILE.csv`) is no table of features. For that, [see below](#what-the-numbers-depend-on).
#
# ## The same in Python

# %%
import numpy as np

import sgbasis

(record,) = sgbasis.compile_crystals("crystals/other_cells/anatase_origin_1.cif")
record

# %%
import torch

basis = sgbasis.load_store().basis(record.setting)
encoding = basis(torch.tensor(record.coordinates))  # (sites, functions)
assert encoding.shape == (len(record), basis.n_functions)
encoding[:, :6]

# %% [markdown]
# ## It is the same crystal, whatever the file
#
# `anatase.cif` has the standard cell. Both files give the same coordinates, so the same numbers: of the allowed
# origins one is chosen by a [rule](../guides/settings.md#choice-of-the-origin), not by how the file was written.

# %%
(standard,) = sgbasis.compile_crystals("crystals/anatase.cif")
assert standard.setting == record.setting
ours, theirs = (basis(torch.tensor(one.coordinates)) for one in (record, standard))
assert torch.allclose(ours, theirs, atol=1e-4)
f"largest difference: {(ours - theirs).abs().max():.0e}"

# %% [markdown]
# The change of basis is a matrix of integers over a denominator, and leads from the file to the record: `x = P
# x' + p`.

# %%
from basis_compiler import read_crystals

(as_written,) = read_crystals("crystals/other_cells/anatase_origin_1.cif")
change = record.change_of_basis / record.denominator
mapped = as_written.coordinates @ change.T + record.origin_shift
images = basis.images(torch.tensor(record.coordinates[0])).numpy()  # of the first site
steps = images - mapped[0]
assert as_written.numbers[0] == record.numbers[0] and np.abs(steps - steps.round()).max(axis=1).min() < 1e-6
print("P =", change.tolist(), " p =", record.origin_shift.tolist())

# %% [markdown]
# ## What a number means
#
# Function 1 of this group is a sum of cosines. Its value at Ti is large if Ti sits where these waves have a crest.

# %%
from basis_compiler import formula_text, trigonometric_form

compiled = sgbasis.load_store().compiled(record.setting)
print("f1 =", formula_text(trigonometric_form(compiled, 1)))

# %% alt="Values of the first functions at the two sites of anatase, as bars"
import matplotlib.pyplot as plt
from ase.data import chemical_symbols

figure, axes = plt.subplots(figsize=(8, 2.6), dpi=110, layout="constrained")
for n, (number, values) in enumerate(zip(record.numbers, encoding[:, 1:25], strict=True)):
    axes.bar(np.arange(1, 25) + 0.4 * n, values, width=0.4, label=chemical_symbols[number])
axes.set(xlabel="function", ylabel="value at the site")
axes.axhline(0, color="0.3", linewidth=0.8)
_ = axes.legend(frameon=False)

# %% [markdown]
# ## What the numbers depend on
#
# The signs depend on which allowed origin was chosen. That follows a rule, the same for every file of this
# crystal. But two *different* crystals may fall on different sides of it. For machine learning across crystals
# there are features that no choice can change: `SiteEncoding`, sums over shells of |G| in the real crystal.

# %%
from ase.io import read

from runtime import SiteEncoding

features = SiteEncoding(g_max=1.0, shells=20, degree=2)

atoms = read("crystals/anatase.cif")
atoms.rotate(37, (1, 2, 3), rotate_cell=True)
(rotated,) = sgbasis.compile_crystals(atoms * (1, 2, 1))
a, b = features(record), features(rotated)
assert torch.allclose(a, b, atol=1e-3)
f"{a.shape[1]} features for each of {a.shape[0]} sites; a rotated supercell differs by {(a - b).abs().max():.0e}"

# %% [markdown]
# ## When the symmetry is not exact
#
# Files are rounded. The tolerance, 0.01 Angstrom unless you say otherwise, decides what counts as symmetric, and
# is recorded. Quartz with three digits is still quartz:

# %%
(rounded,) = sgbasis.compile_crystals("crystals/other_cells/quartz_rounded.cif")
print(rounded.setting.label, *rounded.notes, sep="\n")
assert rounded.setting.point_group == "32"

# %% [markdown]
# ## Read next
#
# - [Train on your own CIFs](train_on_your_cifs.ipynb), or [features in PyTorch Geometric](graph_features.ipynb)
# - [From a crystal file to a setting](../guides/settings.md#from-a-crystal-file-to-a-setting): the rules in full
# - [Limits](../reference/limits.md#on-inputs): which files are refused
