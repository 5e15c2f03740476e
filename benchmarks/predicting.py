"""Prediction and cold starts: many crystals in batches, and commands that should start fast."""

from __future__ import annotations

import os
import subprocess
import sys

from torch.utils.flop_counter import FlopCounterMode

from basis_store.files.locations import data_folder
from benchmarks.crystal_sample import sample_records
from benchmarks.machine import Machine
from benchmarks.row import Row, side_by_side
from runtime.prediction import predict
from runtime.pretrained.pretrained import from_pretrained

_COUNT = 256
_MODEL = "formation_energy"
_REPEATS = 3


def rows(machine: Machine) -> list[Row]:
    """Crystals per second of one model; seconds from start to end of two commands."""
    return [_predicting(machine), *_cold_starts()]


def _predicting(machine: Machine) -> Row:
    model = from_pretrained(_MODEL)
    records, what = sample_records(_COUNT)

    def one_by_one() -> None:
        for record in records:
            predict(model, [record])

    together, alone = side_by_side([lambda: predict(model, records), one_by_one], _REPEATS)
    with FlopCounterMode(display=False) as counter:
        one_by_one()  # batches of one crystal have no padding
    operations = counter.get_total_flops()
    return Row(
        name="predict",
        what=f"{_MODEL} of {what}, neighbours included",
        unit="crystals/s",
        ours=len(records) / together,
        peer=len(records) / alone,
        peer_name="the same model, one crystal at a time",
        limit=len(records) / machine.seconds(operations=operations),
        limited_by=f"matrix products, {operations / len(records) / 1e6:.0f} million operations per crystal",
    )


def _cold_starts() -> list[Row]:
    example = str(data_folder() / "crystals" / "nacl.cif")
    show, libraries, one, torch = side_by_side(
        [
            lambda: _run("-m", "sgbasis", "show", "225"),
            lambda: _run("-c", "import click, h5py"),
            lambda: _run("-m", "sgbasis", "predict", example),
            lambda: _run("-c", "import torch"),
        ],
        _REPEATS,
    )
    return [
        Row(
            name="show_225",
            what="sgbasis show 225, from start to end",
            ours=show,
            limit=libraries,
            limited_by="importing click and h5py",
        ),
        Row(
            name="predict_one",
            what="sgbasis predict nacl.cif with all models that ship, from start to end",
            ours=one,
            limit=torch,
            limited_by="importing torch",
        ),
    ]


def _run(*arguments: str) -> None:
    # One thread: the work is too small to divide, and waiting for other threads would be measured.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled, as in an installed package
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)
