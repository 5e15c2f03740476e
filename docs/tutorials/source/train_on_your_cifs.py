# %% [markdown]
# # Train on your own folder of CIFs
#
# From a folder of crystal files and a table of values to a model that predicts files it has never seen.
#
# To run it: [the installation](../start.md#install), and `pip install notebook`.
#
# ## A folder
#
# `id_prop.csv` lists the files and their values; the rest are crystal files in any cell. To have a folder whose
# truth we know, we make one: alkali halides and the like in three structure types, stretched at random, with the
# electrostatic energy of their ions, which is known to all digits: `E = -14.40 eV Angstrom M z^2 / d`, with
# Madelung's constant `M` of the structure and the shortest distance `d`. Put your own files in its place.

# %%
import csv
from pathlib import Path

import numpy as np
from ase.build import bulk
from ase.io import write

# Ionic radii in Angstrom, of charges 1 and 2
radii = dict(Li=0.76, Na=1.02, K=1.38, Rb=1.52, Cs=1.67, F=1.33, Cl=1.81, Br=1.96, I=2.20)
doubly = dict(Mg=0.72, Ca=1.00, Sr=1.18, Ba=1.35, O=1.40, S=1.84, Se=1.98)
madelung = {"rocksalt": 1.747565, "cesiumchloride": 1.762675, "zincblende": 1.638055}
edge = {"rocksalt": 2.0, "cesiumchloride": 2 / 3**0.5, "zincblende": 4 / 3**0.5}  # cell edge over distance
generator = np.random.default_rng(0)

folder = Path("ionic")
folder.mkdir(exist_ok=True)
rows = []
for charge, ions in ((1, radii), (2, doubly)):
    cations = [one for one in ions if one not in ["F", "Cl", "Br", "I", "O", "S", "Se"]]
    for cation in cations:
        for anion in (one for one in ions if one not in cations):
            for structure, constant in madelung.items():
                distance = (ions[cation] + ions[anion]) * generator.uniform(0.95, 1.05)
                name = f"{cation}{anion}_{structure}.cif"
                write(folder / name, bulk(cation + anion, structure, a=edge[structure] * distance))
                rows.append((name, -14.3996 * constant * charge**2 / distance))
with (folder / "id_prop.csv").open("w", newline="") as file:
    csv.writer(file).writerows([("file", "madelung_energy"), *rows])
print(f"{len(rows)} crystals; {rows[0][0]}: {rows[0][1]:.4f} eV")

# %% [markdown]
# ## Compile it, once
#
# The space group of every crystal is found here, and never again. The split divides *structures*: copies of one
# crystal are never on two sides.

# %%
# !sgbasis crystals ionic -o ionic.h5 --split 0.8,0.1,0.1 --target-unit madelung_energy=eV

# %% [markdown]
# ## Train
#
# A small network is enough for this. A configuration file says what differs from the defaults; for real data leave
# out `[model]` and `epochs`.

# %%
_ = Path("ionic.toml").write_text("""
data = ["ionic.h5"]
output = "runs/ionic"
epochs = 60
batch_size = 16
learning_rate = 3e-3

[model]
width = 32
layers = 2

[[targets]]
name = "madelung_energy"
unit = "eV"
""")

# %%
# !sgbasis train ionic.toml | tail -n 3

# %% [markdown]
# The best epoch on the validation split is in `runs/ionic/model`. If the run is interrupted, the same command
# goes on.

# %% alt="Learning curves: training and validation error by epoch"
# !sgbasis curves runs/ionic -o curves.png

from IPython.display import Image

Image("curves.png", width=600)

# %% [markdown]
# ## How good is it?
#
# The test split has had no part in anything so far. What the numbers are worth is seen beside a guess: the mean.

# %%
import json

import sgbasis

# evaluated = !sgbasis evaluate --model runs/ionic/model --data ionic.h5 --split test --json
evaluated = json.loads("".join(evaluated))

table = sgbasis.open_crystals("ionic.h5")
known = {
    split: [float(r.targets["madelung_energy"]) for r in table if r.split == split] for split in ("train", "test")
}
guess = float(np.mean(np.abs(np.array(known["test"]) - np.mean(known["train"]))))
print(
    f"mean absolute error on {evaluated['n']} crystals: {evaluated['mae']:.2f} eV; of the mean as a guess: {guess:.2f} eV"
)
assert evaluated["mae"] < guess / 4

# %% [markdown]
# ## Predict a new file
#
# A compound that was not in the folder, in a supercell. The note says what is unlike the training crystals:
# believe it. From 40 validation crystals on there is an interval as well; here there are too few.

# %%
write("new.cif", bulk("NaBr", "rocksalt", a=5.97) * (2, 1, 1))
write("strange.cif", bulk("AgCl", "rocksalt", a=5.55))

# %%
# !sgbasis predict new.cif strange.cif --model runs/ionic/model

# %%
(found,) = sgbasis.predict("new.cif", "runs/ionic/model")
truth = -14.3996 * madelung["rocksalt"] / (5.97 / 2)
assert abs(found.value - truth) < 1.0
(strange,) = sgbasis.predict("strange.cif", "runs/ionic/model")
assert strange.is_outside and "Ag" in " ".join(strange.notes)
print(f"NaBr: {found.value:.2f} eV predicted, {truth:.2f} eV true")

# %% [markdown]
# ## Read next
#
# - [Fine-tune a model](fine_tune.ipynb), if you have few values
# - [Models](../guides/models.md#train): architectures, units, ensembles, folds, classes
# - [Limits](../reference/limits.md) of such models
