"""What the properties are that the models which ship predict, where their names do not say it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sgbasis.prediction.job import Job

MEANINGS = {
    "band_gap": "of PBE, the density functional of the training data: smaller than a measured gap, typically by a "
    "third to a half.",
    "dielectric_electronic": "the electronic dielectric tensor (epsilon infinity): ions are at rest (clamped), as "
    "at optical frequencies. It is not the static dielectric tensor, to which ions contribute as well.",
    "piezoelectric_tensor": "stress coefficients e. Signs and axes that the point group leaves open are "
    "arbitrary.",
}
"""By the name of the model."""


def meanings(job: Job) -> Iterator[str]:
    """A sentence for each property of a job that needs one.

    Of models that ship only: another model of a band gap need not be one of PBE.
    """
    from runtime.pretrained.locate import shipped_models

    folders = {folder.resolve(): name for name, folder in shipped_models().items()}
    for model in job.models:
        name = folders.get(Path(model.folder).resolve(), "")
        if model.is_shown and name in MEANINGS:
            yield f"{name}: {MEANINGS[name]}"
