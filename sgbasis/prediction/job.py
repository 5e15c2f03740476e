"""What is predicted, with which models, where: the options that all chunks share."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sgbasis.prediction.predicted_value import LoadedModel

if TYPE_CHECKING:
    from runtime.pretrained.pretrained import Pretrained

CPU = "cpu"
"""The device of which there is one in every process."""


@dataclass(frozen=True)
class JobModel:
    """One model. Two are equal if their folders, names and descriptions are.

    Attributes:
        folder: of the model.
        digest: SHA-256 of its description, which contains that of its weights.
        labels: names of its targets; what they are depends on what ships with this package, see
            :attr:`runtime.Pretrained.labels`.
        pretrained: the model; with weights if it is sent to other machines.
        is_shown: whether its predictions were asked for: see :func:`with_gap_model`.
    """

    folder: Path
    digest: str
    labels: tuple[str, ...]
    pretrained: Pretrained = field(compare=False, repr=False)
    is_shown: bool = True

    @classmethod
    def of(cls, pretrained: Pretrained, *, is_shown: bool = True) -> JobModel:
        """A model that was opened."""
        digest = hashlib.sha256(pretrained.description.to_json().encode()).hexdigest()
        return cls(pretrained.folder, digest, pretrained.labels, pretrained, is_shown)


@dataclass(frozen=True)
class Job:
    """The options that all chunks share.

    Attributes:
        models: in the order of the predictions for a crystal.
        tolerance: in Angstrom, as for :func:`basis_compiler.standardize`.
        form: a name of :data:`sgbasis.prediction.forms.output_forms.FORMS`.
        device: where models compute: a name that :func:`runtime.device.find_device` knows.
        others: multiples of the tolerance that are tried for notes, as for
            :func:`basis_compiler.crystals.space_group_search.other_groups`.
        axes: of the components of tensors in tables and reports: a key of
            :data:`sgbasis.prediction.forms.tensor_axes.AXES`.
        standard_input: path of its copy, which is shown as ``-``; ``""`` where it is not read.
    """

    models: tuple[JobModel, ...]
    tolerance: float
    form: str
    device: str = CPU
    standard_input: str = ""
    axes: str = "file"
    others: tuple[float, ...] = ()

    @property
    def in_processes(self) -> bool:
        """Whether processes of this machine predict. Only one predicts on a GPU, and the others read crystals."""
        return self.device == CPU

    @property
    def n_predictions(self) -> int:
        """How many predictions there are for each crystal."""
        return sum(len(one.labels) for one in self.models if one.is_shown)

    def with_weights(self) -> Job:
        """The same for other machines, which cannot read the folders of the models.

        Raises:
            OSError: weights cannot be read.
        """
        sent = (replace(one, pretrained=one.pretrained.with_weights()) for one in self.models)
        return replace(self, models=tuple(sent))

    def shown(self, text: str) -> str:
        """``text`` as people read it."""
        return text.replace(self.standard_input, "-") if self.standard_input else text


@functools.lru_cache(maxsize=1)
def loaded(models: tuple[JobModel, ...], device: str) -> Sequence[LoadedModel]:
    """The models of a job where they compute; a process loads them once.

    Raises:
        ModelError: one is damaged.
        DeviceError: there is no such device, or a model cannot compute there.
    """
    import torch

    from runtime import load_store
    from runtime.device import find_device, moved

    torch.set_num_threads(1)  # starting more takes longer than what they do

    place, store = find_device(device), load_store()
    return [
        LoadedModel(
            one.folder,
            one.labels,
            one.pretrained.description,
            moved(one.pretrained.load(store), place),
            one.pretrained.calibration(),
            one.is_shown,
        )
        for one in models
    ]
