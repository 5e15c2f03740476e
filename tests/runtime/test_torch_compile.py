"""torch.compile with full graphs, in a separate process: without the shape checker of the tests."""

from __future__ import annotations

import subprocess
import sys

from tests.support.source_tree import ROOT

SCRIPT = """
import torch
from runtime import Setting, WaveEncoder, load_store

store = load_store()
for number in (1, 194, 227):
    basis = store.basis(Setting.standard(number), count=10)
    compiled = torch.compile(basis, fullgraph=True)
    for dtype, bar in ((torch.float32, 2e-5), (torch.float64, 1e-12)):
        x = (torch.rand(9, 3, dtype=torch.float64) * 200 - 100).to(dtype).requires_grad_()
        torch.testing.assert_close(compiled(x), basis(x), atol=bar, rtol=0)
        slopes = [torch.autograd.grad(f(x).square().sum(), x)[0] for f in (compiled, basis)]
        torch.testing.assert_close(*slopes, atol=1e3 * bar, rtol=0)
project = torch.compile(lambda x: basis.project(x, routing), fullgraph=True)
routing = basis.routing(basis.waves)
x = torch.rand(5, 3)
torch.testing.assert_close(project(x), basis.project(x, basis.waves), atol=2e-5, rtol=0)

encoder, settings = WaveEncoder(store), [Setting.standard(number) for number in (2, 194, 227)]
crystals = torch.arange(12) % 3


def model(x):  # the encoder itself is not compiled; the operations around it are
    return encoder(2 * x, settings, crystals).abs().square().sum()


x = torch.rand(12, 3, requires_grad=True)
values = [f(x) for f in (torch.compile(model), model)]
torch.testing.assert_close(*values)
torch.testing.assert_close(*(torch.autograd.grad(value, x) for value in values), atol=1e-2, rtol=1e-5)
print("compiled")
"""


def test_compiles() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.stdout == "compiled\n", done.stderr


EXPORT = """
import traceback
import numpy as np
import torch
from runtime import Setting
from tests.support.crystals.made_records import made_record
from tests.support.tiny_models import tiny_model

model = tiny_model()
batch = model.prepare([made_record(Setting.standard(62), np.random.default_rng(0))])


class OfTensors(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model

    def forward(self, tensors):
        return self.model(batch.with_tensors(tensors))


try:
    torch.export.export(OfTensors(), (batch.tensors(),), strict=False)
except Exception as error:
    print(any("int(starts[-1])" in str(entry.line) for entry in traceback.extract_tb(error.__traceback__)))
"""


def test_models_cannot_be_exported() -> None:
    """docs/reference/limits.md says why; where this fails, they perhaps can."""
    done = subprocess.run([sys.executable, "-c", EXPORT], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
