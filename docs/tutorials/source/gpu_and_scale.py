# %% [markdown]
# # GPU and scale
#
# The same code on a GPU if there is one, and from one crystal to a million. This
# page was run on a CPU.
#
# To run it: [the installation](../start.md#install), and `pip install notebook`.

# %%
import torch

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print("computing on", device)

# %% [markdown]
# ## One basis, many points
#
# A basis is a module: `.to(device)`. In float32 values agree with those in float64 to its precision.

# %%
import sgbasis

basis = sgbasis.load_store().basis("Fd-3m")
torch.manual_seed(0)
points = torch.rand(20_000, 3, dtype=torch.float64)
exact = basis(points)
single = basis.to(device)(points.to(device, torch.float32))
difference = float((single.cpu().double() - exact).abs().max())
assert single.device.type == device.type and difference < 1e-3
print(f"{tuple(single.shape)} values; float32 differs by {difference:.0e}")

# %% [markdown]
# ## A batch of crystals in many groups
#
# `WaveEncoder` evaluates the symmetrised waves of all atoms of a batch at once, each in the group of its own
# crystal. If the same atoms are encoded again and again, a plan sorts them once.

# %%
from basis_store import standard_settings
from runtime import WaveEncoder

encoder = WaveEncoder().to(device)
settings = list(standard_settings())  # one crystal in each of the 230 groups
crystal = torch.arange(230).repeat_interleave(8)  # with 8 atoms each
x = torch.rand(len(crystal), 3)
plan = encoder.plan(settings, crystal.to(device))  # on the device of the coordinates
waves = encoder(x.to(device), plan)
assert waves.shape[0] == 230 * 8

check = sgbasis.load_store().basis(settings[99])
of_one = crystal == 99
expected = check.project(x[of_one])
assert torch.allclose(waves[of_one.to(waves.device), : expected.shape[1]].cpu(), expected, atol=1e-4)
tuple(waves.shape)

# %% [markdown]
# ## Predict a folder
#
# `sgbasis predict FOLDER -o FILE` reads, standardises and predicts in chunks, in as many processes as you allow,
# with the model on the GPU if there is one. If it is interrupted, the same command resumes. The bytes of the
# result do not depend on the number of processes.

# %%
import shutil
from pathlib import Path

from basis_store import data_folder

_ = shutil.copytree(data_folder() / "crystals", "crystals", dirs_exist_ok=True)

# %%
# !sgbasis predict crystals --property band_gap -o one.csv --workers 1
# !sgbasis predict crystals --property band_gap -o two.csv --workers 2

assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()
print(*Path("one.csv").read_text().splitlines()[:4], sep="\n")

# %% [markdown]
# ## Compile once, compute often
#
# Most of the time goes into finding space groups. A dataset keeps the result: later runs read it and never
# search for symmetry again.

# %%
# !sgbasis crystals crystals -o crystals.h5

# %%
from runtime import from_pretrained, predict

model = from_pretrained("band_gap").to(device)
table = sgbasis.open_crystals("crystals.h5")
values = predict(model, table)  # streams: a table of any length
alone = sgbasis.predict("crystals/nacl.cif", "band_gap")[0].value
nacl = [record.identifier for record in table].index("nacl")
assert abs(values[nacl, 0] - alone) < 1e-3
values.shape

# %% [markdown]
# ## A training loop of your own
#
# A split is a dataset of PyTorch: prepared once, gathered in batches, moved to the device of the model. Here the
# values to learn are the predictions above, for want of others.

# %%
from dataclasses import replace

import numpy as np
from torch.utils.data import DataLoader

from basis_store import write_crystals
from runtime import OrbitTransformer, OrbitTransformerConfig, ScalarTarget, SplitData, set_scale

labelled = [
    replace(record, targets={"gap": np.array(float(value))}, split="train")
    for record, value in zip(table, values[:, 0], strict=True)
]
write_crystals("labelled.h5", labelled, units={"gap": "eV"})

target = ScalarTarget("gap", "eV")
network = OrbitTransformer(OrbitTransformerConfig(width=32, layers=2), [target]).to(device)
data = SplitData.of("labelled.h5", network, split="train")
set_scale(network, data)
loader = DataLoader(data, batch_size=4, shuffle=True, collate_fn=data.collate)
optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
losses = []
for _epoch in range(15):
    for batch, labels in loader:
        loss = target.loss(network(batch.to(device)), labels.to(device)).nanmean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
assert np.mean(losses[-4:]) < np.mean(losses[:4])
print(f"loss {np.mean(losses[:4]):.2f} at first, {np.mean(losses[-4:]):.2f} at the end")

# %% [markdown]
# ## Several machines
#
# `compile`, `crystals` and `predict` take the address of a Dask cluster, `--scheduler`, and `torchrun` starts
# `sgbasis train` with a process for each GPU: [Scale](../guides/scale.md#processes-and-machines).
#
# ## Read next
#
# - [How cost grows](../guides/scale.md): time and memory for waves, crystals and groups
# - [Performance](../reference/performance.md): measured, with the commands that repeat it
# - [Devices](../guides/models.md#devices): what `--device` means
