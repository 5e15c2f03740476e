"""Trained models as folders, in the convention of the Hugging Face Hub.

    config.json         architecture, targets and training data (:mod:`runtime.pretrained.description`)
    model.safetensors   its weights
    README.md           its model card (:mod:`runtime.pretrained.card`)
    calibration.safetensors   for intervals and notes (:mod:`runtime.pretrained.calibration`); some have none

Nothing in them is executed. A damaged file is an error; it never changes a prediction.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, overload

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from basis_store import ModelError
from basis_store.files.atomic_write import check_writable, write_atomically
from basis_store.files.regular_file import read_regular
from basis_store.version import VERSION
from runtime.arrays import building
from runtime.bases.store import Store, load_store
from runtime.models.architectures import ARCHITECTURES
from runtime.models.base import CrystalModel
from runtime.pretrained.calibration import MAX_SIZE, Calibration
from runtime.pretrained.description import ModelDescription
from runtime.pretrained.domain import Domain
from runtime.pretrained.locate import CALIBRATION, CARD, CONFIG, WEIGHTS, find_model, shipped_models
from runtime.targets.parse import from_plain_values, shown

_MAX_DESCRIPTION, _MAX_WEIGHTS = 4 << 20, 1 << 30
"""Bytes."""

ModelT = TypeVar("ModelT", bound=CrystalModel)


def save_pretrained(
    model: CrystalModel,
    folder: str | os.PathLike[str],
    *,
    card: str,
    domain: Domain,
    training: Mapping[str, Any],
    calibration: Calibration | None = None,
    coverage: Mapping[str, Mapping[str, float]] | None = None,
) -> None:
    """Write a model to ``folder``, which is created if needed; other files in it stay.

    Each file is written atomically. ``config.json`` comes last and holds the hash of the weights, so that a
    mixture of old and new files is noticed.

    Args:
        model: of an architecture in :data:`runtime.ARCHITECTURES`.
        folder: the folder.
        card: text of the model card; see :mod:`runtime.pretrained.card`.
        domain: what it was trained on.
        training: how it was trained, for the model card: values that JSON can hold.
        calibration: for intervals and notes of predictions: that of :func:`runtime.calibrate`. Without one
            predictions have no intervals.
        coverage: what was measured of its intervals, by target: of :func:`runtime.calibrate`, too.

    Raises:
        ModelError: an architecture that could not be loaded again, or weights that are not finite.
        OSError: the folder cannot be written.
    """
    architecture = type(model).__name__
    if ARCHITECTURES.get(architecture) is not type(model):
        raise ModelError(f"a {architecture} could not be loaded again; known: {', '.join(ARCHITECTURES)}")
    # Copies, because safetensors refuses tensors that share memory.
    tensors = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
    if broken := [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]:
        raise ModelError(f"its weights are not finite ({broken[0]}): it was not saved")
    weights = safetensors.torch.save(tensors)
    description = ModelDescription(
        architecture=architecture,
        config=asdict(model.config),
        targets=model.targets,
        store=None if model.store is None else model.store.content_hash,
        domain=domain,
        training=training,
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        written_by={"sgbasis": VERSION, "torch": torch.__version__},
        calibration=calibration_entry(None if calibration is None else calibration.to_bytes(), coverage),
    ).to_json()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    contents = {WEIGHTS: weights, CARD: card.encode()}
    if calibration is not None:
        contents[CALIBRATION] = calibration.to_bytes()
    contents[CONFIG] = description.encode()
    for name in contents:
        check_writable(folder / name)
    for name, content in contents.items():
        write_atomically(folder / name, content)
    if calibration is None:
        (folder / CALIBRATION).unlink(missing_ok=True)


def calibration_entry(
    content: bytes | None, coverage: Mapping[str, Mapping[str, float]] | None
) -> Mapping[str, Any]:
    """``calibration`` of ``config.json``.

    Args:
        content: of ``calibration.safetensors``; None without one.
        coverage: what was measured of its intervals, by target.
    """
    if content is None:
        return {}
    return {"sha256": hashlib.sha256(content).hexdigest(), "coverage": coverage or {}}


@overload
def from_pretrained(name_or_path: str | os.PathLike[str], *, store: Store | None = None) -> CrystalModel: ...


@overload
def from_pretrained(
    name_or_path: str | os.PathLike[str], *, architecture: type[ModelT], store: Store | None = None
) -> ModelT: ...


def from_pretrained(
    name_or_path: str | os.PathLike[str],
    *,
    architecture: type[CrystalModel] | None = None,
    store: Store | None = None,
) -> CrystalModel:
    """Load a trained model, ready to predict (in evaluation mode, on the CPU).

    Args:
        name_or_path: a model that ships (:func:`shipped_models`), a folder, or ``owner/name`` on the Hugging Face
            Hub.
        architecture: the class that the model must have; default: any.
        store: the store that it was trained with; default: the one that ships with the package.

    Raises:
        ModelError: no such model, a damaged one, one of an unknown format or of another architecture, or for
            another store.
        MissingDependencyError: it could be on the Hub, but huggingface_hub is not installed.
        DownloadError: it is neither here nor on the Hub.
    """
    model = open_pretrained(name_or_path).load(store)
    if architecture is not None and not isinstance(model, architecture):
        raise ModelError(f"{name_or_path} is a {type(model).__name__}, not a {architecture.__name__}")
    return model


def open_pretrained(name_or_path: str | os.PathLike[str]) -> Pretrained:
    """Find a trained model and read its description, to load it later.

    Args:
        name_or_path: as for :func:`from_pretrained`.

    Raises:
        ModelError: no such model, or its description is damaged or of an unknown format.
        MissingDependencyError: it could be on the Hub, but huggingface_hub is not installed.
        DownloadError: it is neither here nor on the Hub.
    """
    folder = find_model(name_or_path)
    path = folder / CONFIG
    try:
        return Pretrained(folder, ModelDescription.from_json(read_regular(path, limit=_MAX_DESCRIPTION)))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


@dataclass(frozen=True)
class Pretrained:
    """A trained model on disk, or one that was.

    Attributes:
        folder: of the model.
        description: the content of its ``config.json``.
        weights: that of its ``model.safetensors``; None if it is read from the folder when it is needed.
        calibration_content: the same of its ``calibration.safetensors``.
    """

    folder: Path
    description: ModelDescription
    weights: bytes | None = field(default=None, repr=False)
    calibration_content: bytes | None = field(default=None, repr=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """Readable names of the targets: that of a model that ships with one target, else those of datasets."""
        names = tuple(target.name for target in self.description.targets)
        return (self.folder.name,) if len(names) == 1 and self.folder in shipped_models().values() else names

    def target_index(self, name: str | None) -> int:
        """Index of the target with this name; 0 without a name.

        Raises:
            ModelError: none has.
        """
        names = [target.name for target in self.description.targets]
        if name is not None and name not in names:
            raise ModelError(f"{self.folder.name} does not predict {name!r}; it predicts {', '.join(names)}")
        return 0 if name is None else names.index(name)

    def with_weights(self) -> Pretrained:
        """The same with its weights in memory: what a machine needs that cannot read the folder.

        Raises:
            OSError: they cannot be read.
        """
        return replace(self, weights=self._content(), calibration_content=self._calibration_content())

    def calibration(self) -> Calibration | None:
        """What intervals and notes of its predictions need; None if it was made without.

        Raises:
            ModelError: it is damaged, or does not fit the model.
        """
        path, content = self.folder / CALIBRATION, self._calibration_content()
        if content is None:
            return None
        if hashlib.sha256(content).hexdigest() != self.description.calibration["sha256"]:
            raise ModelError(f"{path} is damaged, or is not the file that {CONFIG} next to it describes")
        try:
            found = Calibration.from_bytes(content)
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error
        if len(found.knots) != len(self.description.targets):
            raise ModelError(f"{path} is for {len(found.knots)} targets, not {len(self.description.targets)}")
        return found

    def load(self, store: Store | None = None) -> CrystalModel:
        """The model itself, with ``store`` or the default store; see :func:`from_pretrained`."""
        tensors = self._weights()
        double = any(tensor.dtype == torch.float64 for tensor in tensors.values())
        # Without memory for weights until it is known that those of the file fit.
        with building(torch.float64 if double else torch.float32, "meta"):
            model = self._empty_model(store)
        self._check_fit(model, tensors)
        model.load_state_dict(tensors, assign=True)
        return model.eval()

    def _content(self) -> bytes:
        return read_regular(self.folder / WEIGHTS, limit=_MAX_WEIGHTS) if self.weights is None else self.weights

    def _calibration_content(self) -> bytes | None:
        if not self.description.calibration or self.calibration_content is not None:
            return self.calibration_content
        path = self.folder / CALIBRATION
        try:
            return read_regular(path, limit=MAX_SIZE)
        except FileNotFoundError:
            raise ModelError(f"{self.folder} has no {CALIBRATION}, which its {CONFIG} describes") from None

    def _weights(self) -> dict[str, Tensor]:
        path, content = self.folder / WEIGHTS, self._content()
        if hashlib.sha256(content).hexdigest() != self.description.weights_sha256:
            raise ModelError(f"{path} is damaged, or is not the file that {CONFIG} next to it describes")
        try:
            return safetensors.torch.load(content)
        except (SafetensorError, ValueError, KeyError) as error:  # a type that PyTorch lacks
            raise ModelError(f"{path} is not a safetensors file: {' '.join(str(error).split())[:200]}") from error

    def _empty_model(self, store: Store | None) -> CrystalModel:
        described = self.description
        architecture = ARCHITECTURES.get(described.architecture)
        if architecture is None:
            raise ModelError(
                f"{self.folder} has the unknown architecture {shown(described.architecture)}; "
                f"known: {', '.join(ARCHITECTURES)}"
            )
        if architecture.uses_store:
            store = self._checked(load_store() if store is None else store)
        try:
            config = from_plain_values(architecture.config_class, described.config, "config", ModelError)
            return architecture(config, described.targets, store)
        except (TypeError, ValueError, RuntimeError, KeyError) as error:
            reason = " ".join(str(error).split())[:400]
            raise ModelError(f"{self.folder / CONFIG} makes no {described.architecture}: {reason}") from error

    def _checked(self, store: Store) -> Store:
        known = ascii(self.description.store or "none").strip("'")
        if store.content_hash != known:
            raise ModelError(
                f"{self.folder} was trained with the store {known[:12]}, not with {store.path} "
                f"({store.content_hash[:12]}): load that store and pass it"
            )
        return store

    def _check_fit(self, model: CrystalModel, tensors: Mapping[str, Tensor]) -> None:
        path, state = self.folder / WEIGHTS, model.state_dict()
        for what, of in (("shape", _shape), ("type", _dtype)):
            needed = {name: of(tensor) for name, tensor in state.items()}
            found = {name: of(tensor) for name, tensor in tensors.items()}
            if differing := sorted(name for name in needed | found if needed.get(name) != found.get(name)):
                name = differing[0]
                raise ModelError(
                    f"{path} does not fit {CONFIG} next to it: the {what} of {ascii(name)[1:-1][:100]} is "
                    f"{found.get(name, 'missing')} in the one, {needed.get(name, 'missing')} by the other"
                )
        if broken := [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]:
            raise ModelError(f"{path} has weights that are not finite: {broken[0]}")


def _shape(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
