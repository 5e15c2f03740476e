# %% [markdown]
# # Densities
#
# A density on a grid has tens of thousands of numbers, of which symmetry leaves a small part independent.
#
# To run it: [the installation](../start.md#install), and `pip install notebook`.
#
# ## A density
#
# Yours comes from a CHGCAR or a cube file: `read_field("CHGCAR")`. Here one is made from reflections: structure
# factors of rutile for electrons of spherical atoms, and a Fourier synthesis of them.

# %%
import shutil

from basis_store import data_folder

_ = shutil.copy(data_folder() / "crystals" / "rutile.cif", "rutile.cif")

# %%
# !sgbasis reflections rutile.cif --d-min 0.4 --wavelength 0.3 --b-iso 1.5 -o rutile.fcf | tail -n 3
# !sgbasis field synthesis rutile.fcf -o rutile.npz | tail -n 3
# !sgbasis field info rutile.npz

# %%
from basis_compiler import read_field

density = read_field("rutile.npz")
assert abs(density.integral - 76) < 1e-6  # electrons of Ti2 O4
density.shape, density.unit

# %% [markdown]
# ## A picture
#
# A section is named by its Miller indices; without them the plane with most atoms is chosen.

# %% alt="Electron density of rutile in (110): contours around Ti and O"
from IPython.display import Image

import sgbasis

plane = sgbasis.CrystalPlane.of_indices(density.lattice, (1, 1, 0), cells=(1, 2))
Image(sgbasis.section_picture(density, plane, logarithmic=True, dpi=120))

# %% [markdown]
# ## As coefficients of invariant functions
#
# `expand` writes one number for each invariant function of the group. What is not invariant is left out, and said.

# %%
from runtime import expand

expansion = expand(density, "P4_2/mnm")
points, coefficients = density.values.size, len(expansion.coefficients)
print(f"{points} numbers on the grid, {coefficients} coefficients: 1/{points / coefficients:.0f}")
print(f"not invariant: {expansion.residual.of_fluctuation:.0e} of the fluctuation")
assert points / coefficients > 10 and expansion.residual.of_fluctuation < 1e-6

# %% [markdown]
# As a PyTorch module the density can be evaluated at any point, not only on the grid, with exact gradients:

# %%
import numpy as np
import torch

from runtime import InvariantField

field = InvariantField(expansion.coefficients)
corner = field(torch.zeros(1, 3))
assert np.isclose(float(corner.detach()), density.values[0, 0, 0], rtol=1e-3)
gradient = field.gradient(torch.zeros(1, 3, dtype=torch.float32))
print(
    f"at Ti: {float(corner.detach()):.1f} {density.unit}, gradient {gradient.norm().item():.0e}: Ti is at a maximum"
)
assert gradient.norm() < 1e-2 * abs(corner)

# %% [markdown]
# ## Remove noise by symmetry
#
# Noise is different at points that the group maps to each other, the density is not. The average over the 16
# operations keeps 1/16 of the variance of white noise, so its size falls to a quarter.

# %%
from dataclasses import replace

from runtime import symmetrise

generator = np.random.default_rng(0)
noise = generator.normal(scale=0.3, size=density.shape)
noisy = replace(density, values=density.values + noise)
cleaned = symmetrise(noisy, "P4_2/mnm")
left = np.std(cleaned.values - density.values) / np.std(noise)
print(f"noise left: {left:.2f} of what was added")
assert abs(left - 0.25) < 0.03

# %% [markdown]
# ## A difference density
#
# What happens when O moves? Both densities, and their difference, in one plane.

# %%
# !sed s/0.3053/0.316/g rutile.cif > moved.cif
# !sgbasis reflections moved.cif --d-min 0.4 --wavelength 0.3 --b-iso 1.5 -o moved.fcf | tail -n 1
# !sgbasis field synthesis moved.fcf -o moved.npz | tail -n 1

# %% alt="Difference density of rutile in (110): added where O has gone to, removed where it came from"
difference = sgbasis.subtract_fields(read_field("moved.npz"), density).field
assert abs(difference.integral) < 1e-6
Image(sgbasis.section_picture(difference, plane, dpi=120))

# %% [markdown]
# ## Read next
#
# - [Fields](../guides/fields.md): formats, other cells and origins, isosurfaces, meshes for 3-D printing
# - [Reflections](../guides/reflections.md): from amplitudes and phases to a density
# - [Vector fields](../groups/vector-fields.md): magnetisations
