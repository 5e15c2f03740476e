# %% [markdown]
# # Fine-tune a shipped model
#
# You have a few dozen measured values, and a model that has learnt from many calculated ones.
#
# To run it: [the installation](../start.md#install), and `pip install notebook`.
#
# ## The data
#
# Approximate experimental bulk moduli in GPa and cell edges in Angstrom of cubic crystals near room temperature.
# They were typed and rounded for this demonstration, without a source for each: do not cite them, and put your own
# measured values in their place. The model that ships has learnt calculated ones.

# %%
import csv
from pathlib import Path

from ase.build import bulk
from ase.io import write

measured = """
C diamond 3.567 443      Si diamond 5.431 98       Ge diamond 5.658 75       SiC zincblende 4.360 224
GaP zincblende 5.451 88  GaAs zincblende 5.653 75  GaSb zincblende 6.096 56  InP zincblende 5.869 71
InAs zincblende 6.058 58 InSb zincblende 6.479 47  ZnS zincblende 5.409 77   ZnSe zincblende 5.668 63
ZnTe zincblende 6.103 51 CdTe zincblende 6.482 42  LiF rocksalt 4.026 67     LiCl rocksalt 5.140 30
NaF rocksalt 4.634 47    NaCl rocksalt 5.640 24    NaBr rocksalt 5.973 20    KF rocksalt 5.347 31
KCl rocksalt 6.293 18    KBr rocksalt 6.600 15     KI rocksalt 7.066 12      RbCl rocksalt 6.581 16
MgO rocksalt 4.212 163   CaO rocksalt 4.811 114    SrO rocksalt 5.160 90     BaO rocksalt 5.539 72
CsCl cesiumchloride 4.123 17   CsBr cesiumchloride 4.286 15   TiN rocksalt 4.240 288   TiC rocksalt 4.328 240
""".split()
rows = [measured[at : at + 4] for at in range(0, len(measured), 4)]

folder = Path("measured")
folder.mkdir(exist_ok=True)
for formula, structure, edge, _ in rows:
    write(folder / f"{formula}.cif", bulk(formula, structure, a=float(edge)))
with (folder / "id_prop.csv").open("w", newline="") as file:
    csv.writer(file).writerows([("file", "bulk_modulus_vrh"), *((f"{row[0]}.cif", row[3]) for row in rows)])
len(rows)

# %% [markdown]
# The column has the name that the model's target has, `bulk_modulus_vrh`: then its head goes on, not a new one.
# `sgbasis info` prints what a model predicts.

# %%
# !sgbasis crystals measured -o measured.h5 --split 0.7,0.3,0 --seed 1
# !sgbasis info bulk_modulus | grep targets

# %% [markdown]
# ## How far is the model as it is?

# %%
import numpy as np

import sgbasis

table = sgbasis.open_crystals("measured.h5")
val = [record for record in table if record.split == "val"]
truth = np.array([float(record.targets["bulk_modulus_vrh"]) for record in val])


def errors(model):
    """Errors of the decimal logarithm on the validation crystals."""
    predicted = np.array([one.value for one in sgbasis.predict(val, model)])
    return predicted, np.log10(predicted) - np.log10(truth)


before, error_before = errors("bulk_modulus")
print(f"{len(val)} crystals, mean absolute error {np.abs(error_before).mean():.4f} in log10 GPa")

# %% [markdown]
# ## Fine-tune
#
# The run starts from the weights of the model that ships. Epoch -1 is that model before the first step: if no
# epoch is better, it is what is saved. With so few crystals, small batches make several steps of each epoch.

# %%
# !sgbasis train --data measured.h5 --target log10:bulk_modulus_vrh --initial bulk_modulus \
#   --epochs 12 --batch-size 8 --output runs/tuned | tail -n 3

# %% alt="Measured bulk moduli against those predicted before and after fine-tuning"
import matplotlib.pyplot as plt

after, error_after = errors("runs/tuned/model")
figure, axes = plt.subplots(figsize=(4.6, 4.2), dpi=110, layout="constrained")
axes.loglog(truth, before, "o", mfc="none", color="#1d3c5e", label="as it ships")
axes.loglog(truth, after, "o", color="#b4491f", label="fine-tuned")
axes.axline((20, 20), (200, 200), color="0.6", linewidth=0.8, zorder=0)
axes.set(xlabel="measured bulk modulus (GPa)", ylabel="predicted (GPa)", title="validation crystals")
axes.legend(frameon=False)
print(f"mean absolute error {np.abs(error_before).mean():.4f} before, {np.abs(error_after).mean():.4f} after")
assert np.abs(error_after).mean() < np.abs(error_before).mean()

# %% [markdown]
# ## What to believe
#
# - The validation crystals chose the epoch, so their error is a little too good. With more data, keep a test
#   split.
# - The fine-tuned model has no intervals, though the model that ships has them: they are calibrated on your
#   validation crystals, and need 40.
# - So few crystals move a model a little, mostly where all of them are off in the same direction.
# - Most of these compounds are among the calculated crystals that the model was first trained on, with calculated
#   values. For a compound that is new to it the gain can be another one; measure it.
#
# ## Read next
#
# - [Fine-tune](../guides/models.md#fine-tune): which heads go on, `--freeze`, and what it gained in a larger test
# - [Results](../reference/results.md) of the models that ship
