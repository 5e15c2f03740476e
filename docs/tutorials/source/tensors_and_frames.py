# %% [markdown]
# # Tensors and frames
#
# Which tensors a crystal may have, exactly; how to bring a measured one into line; and which axes are meant.
#
# To run it: [the installation](../start.md#install), and `pip install notebook`.
#
# ## What symmetry allows

# %%
# !sgbasis tensor 154 elastic

# %% [markdown]
# Quartz has six elastic constants, C14 among them. As a basis of tensors, in exact numbers:

# %%
import shutil

import numpy as np

import sgbasis
from basis_store import data_folder

_ = shutil.copy(data_folder() / "crystals" / "quartz.cif", "quartz.cif")
(quartz,) = sgbasis.compile_crystals("quartz.cif")
basis = sgbasis.load_store().tensor_basis(quartz.setting, "ijkl=jikl=klij").array()
assert basis.shape == (6, 3, 3, 3, 3)
quartz

# %% [markdown]
# ## A measured tensor obeys only roughly
#
# The matrix below has noise of a few GPa. `project_tensor` gives the nearest tensor that the crystal allows, and
# how far it is. A distance of some percent is noise; a large one means that tensor and crystal are in different
# frames.

# %%
measured = np.array(
    [
        [86.8, 7.0, 11.9, -18.0, 0.4, 0.1],
        [7.0, 87.4, 12.3, 17.6, -0.2, 0.3],
        [11.9, 12.3, 106.0, 0.2, 0.0, -0.4],
        [-18.0, 17.6, 0.2, 58.0, 0.1, 0.3],
        [0.4, -0.2, 0.0, 0.1, 58.4, -17.9],
        [0.1, 0.3, -0.4, 0.3, -17.9, 40.2],
    ]
)  # GPa, Voigt order xx yy zz yz xz xy
found = sgbasis.project_tensor(measured, quartz)
print(f"relative distance {found.relative_distance:.3f}; frame: {found.frame}", *found.notes, sep="\n")

# %%
from runtime import stiffness_matrix

stiffness = stiffness_matrix(found.tensor)
assert found.relative_distance < 0.03
assert np.isclose(stiffness[0, 3], -stiffness[1, 3]) and np.isclose(stiffness[3, 3], stiffness[4, 4])
assert np.isclose(stiffness[5, 5], (stiffness[0, 0] - stiffness[0, 1]) / 2)
np.round(stiffness, 1)

# %% [markdown]
# C66 = (C11 - C12)/2, C24 = -C14, C56 = C14, and zeros that are exact: these are the rules of class 32.
#
# ## The wrong frame shows
#
# The same numbers with x and y exchanged are another tensor. The distance says so.

# %%
exchanged = measured[np.ix_([1, 0, 2, 4, 3, 5], [1, 0, 2, 4, 3, 5])]
wrong = sgbasis.project_tensor(exchanged, quartz)
print(f"relative distance {wrong.relative_distance:.2f}", *wrong.notes, sep="\n")
assert wrong.relative_distance > 3 * found.relative_distance

# %% [markdown]
# ## Moduli, and a picture
#
# Young's modulus depends on the direction: the distance of the surface from the centre.

# %% alt="Young's modulus of quartz by direction, a surface with threefold symmetry"
from IPython.display import Image

from runtime import elastic_moduli, extreme_youngs_moduli, stability

assert stability(stiffness).is_stable
hill = elastic_moduli(stiffness).hill
softest, stiffest = extreme_youngs_moduli(stiffness)
print(f"bulk modulus {hill.bulk:.1f} GPa, shear modulus {hill.shear:.1f} GPa (Hill)")
print(f"Young's modulus from {softest.value:.0f} to {stiffest.value:.0f} GPa")
assert 30 < hill.bulk < 45 and softest.value < 80 < stiffest.value
Image(sgbasis.youngs_modulus_picture(stiffness, quartz))

# %% [markdown]
# ## Frames
#
# Tables of constants use the IEEE frame. Here it is, with its axes as rows, and the tensor in it.

# %%
from runtime import ieee_frame, rotate_tensor, stiffness_tensor

frame = ieee_frame(quartz)
assert np.allclose(frame @ frame.T, np.eye(3))
in_ieee = stiffness_matrix(rotate_tensor(stiffness_tensor(stiffness), frame))
assert np.isclose(in_ieee[2, 2], stiffness[2, 2])  # the threefold axis is z in both
print(np.round(frame, 3), np.round(in_ieee, 1), sep="\n")

# %% [markdown]
# ## Predict a tensor
#
# A model predicts what was not measured. Components that symmetry forbids are zero, and the tensor turns with the
# crystal.

# %%
(predicted,) = sgbasis.predict("quartz.cif", "elastic_tensor")
matrix = stiffness_matrix(predicted.value)
assert np.isclose(matrix[0, 3], -matrix[1, 3]) and abs(matrix[0, 4]) < 1e-6
print(np.round(matrix, 1), predicted.unit, *predicted.notes, sep="\n")

# %%
from ase.io import read

atoms = read("quartz.cif")
(before,) = sgbasis.predict(atoms, "elastic_tensor")
cell = atoms.cell.array.copy()
atoms.rotate(40, (1, 1, 0), rotate_cell=True)
turn = np.linalg.solve(cell, atoms.cell.array).T  # v' = turn v
(after,) = sgbasis.predict(atoms, "elastic_tensor")
assert np.allclose(after.value, rotate_tensor(before.value, turn), atol=0.05)
f"largest difference {np.abs(after.value - rotate_tensor(before.value, turn)).max():.0e} GPa"

# %% [markdown]
# ## Read next
#
# - [Property tensors](../guides/tensors.md): any index symmetry, matrices of VASP, piezoelectric and dielectric
#   tensors
# - [Results](../reference/results.md#tensors): how large the errors of predicted tensors are
