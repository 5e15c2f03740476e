# %% [markdown]
# # A first basis
#
# What a symmetry-adapted basis is, in ten lines, and how to be sure that it is right. It takes no
# knowledge of space-group tables.
#
# To run it: [the installation](../start.md#install), and `pip install notebook`.
#
# ## Ten lines

# %%
import torch

import sgbasis

store = sgbasis.load_store()  # ships with the package: all 530 settings, exact
basis = store.basis(sgbasis.Setting.standard(214))  # I4_1 32, a torch.nn.Module

torch.manual_seed(0)
x = torch.rand(5, 3, dtype=torch.float64)  # five points, in fractions of the cell edges
values = basis(x)  # the value of every basis function at every point
values.shape

# %% [markdown]
# Each column is a real function with the full symmetry of the group: its value is the same at all points that the
# group maps to each other. `basis.images` has these points, 48 for each of ours, centrings included.

# %%
images = basis.images(x)  # (5, 48, 3): R x + t for every operation
difference = (basis(images) - values[:, None]).abs().max()
assert difference < 1e-12
images.shape, float(difference)

# %% [markdown]
# A random point cannot prove that nothing is missing. The store can: when it was compiled, the number of functions
# was compared with the dimension of the space of invariant functions, in integers ([theory](../theory.md), T3).
#
# ## What the functions look like
#
# Function 0 is the constant. Function 1 is the first one that is not, and where it vanishes is a surface that
# divides space into two equal labyrinths: the gyroid.

# %% alt="Function 1 of group 214: a section with contours, and its nodal surface, the gyroid"
from IPython.display import Image

picture = sgbasis.function_picture(store.compiled("214"), 1, cells=2)
Image(picture)

# %% [markdown]
# The formula is as short as one could wish, and exact:

# %%
from basis_compiler import formula_text, trigonometric_form

formula = formula_text(trigonometric_form(store.compiled("214"), 1))
assert formula == "2/sqrt(3) [sin X cos Y + cos X sin Z + sin Y cos Z]"
print("f1 =", formula, "   with X = 2 pi x")

# %%
X, Y, Z = (2 * torch.pi * x).T
by_hand = 2 / 3**0.5 * (X.sin() * Y.cos() + X.cos() * Z.sin() + Y.sin() * Z.cos())
assert torch.allclose(values[:, 1], by_hand)

# %% [markdown]
# ## Orthonormal, so that coefficients are means
#
# The mean of the product of two functions over the cell is 1 if they are the same, else 0. On a grid that is fine
# enough the mean is exact, because the functions are sums of a few waves.

# %%
n = 24
grid = torch.cartesian_prod(*[torch.arange(n, dtype=torch.float64) / n] * 3)
f = basis(grid)
gram = f.T @ f / len(grid)
assert torch.allclose(gram, torch.eye(basis.n_functions, dtype=torch.float64), atol=1e-12)
f"{basis.n_functions} functions, orthonormal to {(gram - torch.eye(len(gram))).abs().max():.0e}"

# %% [markdown]
# So any function with this symmetry can be expanded by taking means. Here is a sharp one, the distance to the
# nearest of the points that are equivalent to the origin, with more and more functions:

# %%
atoms = basis.images(torch.zeros(3, dtype=torch.float64))
steps = grid[:, None] - atoms[None]
target = (steps - steps.round()).norm(dim=-1).min(dim=1).values

errors = []
for count in (1, 2, 5, 10, 20, 40, basis.n_functions):
    part = f[:, :count]  # a prefix: the functions are in order of their wave length
    fitted = part @ (part.T @ target / len(grid))
    errors.append(float((fitted - target).square().mean().sqrt()))
    print(f"{count:3d} functions: root mean square error {errors[-1]:.4f} of a cell edge")
assert errors == sorted(errors, reverse=True) and errors[-1] < errors[0] / 5

# %% [markdown]
# ## It is a PyTorch module
#
# It moves to a GPU and to float32, is differentiated by autograd, and has its own gradient, which is exact and
# faster.

# %%
x.requires_grad_()
(automatic,) = torch.autograd.grad(basis(x)[:, 1].sum(), x)
assert torch.allclose(automatic, basis.gradient(x)[:, 1])
assert basis(x.detach().float()).dtype == torch.float32

# %% [markdown]
# ## Read next
#
# - [A tour of one group](tour_of_a_group.ipynb): what else the store knows about a group
# - [Settings and origins](../guides/settings.md): why a number alone is no setting, and what `"214"` means here
# - [The theory](../theory.md), and a [worked example](../worked-example.md) by hand
