"""Targets that are Cartesian tensors of any index symmetry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from basis_store import CrystalRecord, IndexSymmetry, Setting, TargetError
from basis_store.array_types import FloatArray
from basis_store.counted import counted
from basis_store.datasets.units import in_unit, with_unit
from basis_store.printable import markdown_code, markdown_text
from runtime.evaluation.scores import Evaluation
from runtime.evaluation.tensor_scores import SHARES, TensorScore, evaluate_tensors
from runtime.targets.target import Target
from runtime.tensors.projection import allowed_basis, nearest_tensor
from runtime.tensors.tensor_space import TensorSpace
from runtime.tensors.voigt import unfold

_VOIGT_RANKS = {(6,): 2, (3, 6): 3, (6, 6): 4}
"""Rank of the tensor that a matrix in Voigt notation stands for."""


@dataclass(frozen=True)
class TensorTarget(Target):
    """A tensor, such as an elastic tensor: a column for each orthonormal component of its space.

    With ``log10`` the logarithm is that of a symmetric matrix, which is equivariant as the tensor is, so that
    predictions are positive definite. The loss is the Frobenius norm of the error; with ``log10`` it is the
    relative error of the tensor itself, since in the logarithm the softest direction would count as much as the
    stiffest.

    Attributes:
        name: as in the dataset, such as ``"elastic_tensor"``.
        unit: of the values in the dataset, and of predictions: such as ``"GPa"``, or ``"1"`` for a pure number.
            Training fills in that which the dataset states, if there is none here.
        log10: whether the model learns the decimal logarithm of the value. Predictions are values all the same.
        mask_column: column of the dataset that is 1 where the value is valid; ``""``: all values are.
        symmetry: index symmetry, such as ``"ijkl=jikl=klij"``.
        axial: whether the tensor is axial.
        up_to_normalizer: whether values are known only up to the operations that map the point group onto
            itself: the sign of a piezoelectric tensor, the names of axes.
    """

    _: KW_ONLY
    symmetry: str
    axial: bool = False
    up_to_normalizer: bool = False

    kind: ClassVar[str] = "tensor"
    metrics: ClassVar[tuple[str, ...]] = ("frobenius", "ewt25")

    @cached_property
    def space(self) -> TensorSpace:
        """The space of such tensors.

        Raises:
            basis_store.FormulaError: ``symmetry`` is not an index symmetry.
            TensorError: there are none but 0.
        """
        return TensorSpace(self.index_symmetry)

    @property
    def n_columns(self) -> int:
        """Dimension of the space."""
        return len(self.space)

    @property
    def index_symmetry(self) -> IndexSymmetry:
        """``symmetry``, parsed."""
        return IndexSymmetry.parse(self.symmetry, axial=self.axial)

    @property
    def description(self) -> str:
        """``the tensor `name` (symmetry) in unit``."""
        return in_unit(
            f"the tensor {markdown_code(self.name)} ({self.symmetry})", markdown_text(self.physical_unit)
        )

    @property
    def notes(self) -> Sequence[str]:
        """Symmetry of the predictions."""
        return ("The tensor obeys the crystal's point group and rotates with the crystal.",)

    @property
    def limits(self) -> Sequence[str]:
        """What the normalizer leaves open."""
        return ("Signs and axes that the point group leaves open are arbitrary.",) * self.up_to_normalizer

    def components(self, column: FloatArray) -> FloatArray:
        """(N, columns) of (N, 3, ..., 3), or of Voigt notation without factors: (N, 6), (N, 3, 6) or (N, 6, 6).

        The part that lacks the index symmetry is projected out.
        """
        rank, shape = self.space.symmetry.rank, column.shape[1:]
        if _VOIGT_RANKS.get(shape) == rank:
            column = np.array([unfold(matrix) for matrix in column]).reshape(len(column), *(3,) * rank)
        elif shape != (3,) * rank:
            found = f"is a tensor of shape {shape}" if shape else "is a number"
            raise TargetError(f"{found}: the target is a tensor {self.symmetry} of rank {rank}")
        return self.space.components(column)

    def logarithm(self, components: FloatArray) -> FloatArray:
        """Logarithm of symmetric matrices: (N, columns), NaN where not positive definite."""
        return self.space.log10(components)

    def physical(self, values: FloatArray) -> FloatArray:
        """Components of the tensors themselves, of those of their logarithms."""
        return self.space.exp10(values) if self.log10 else values

    def differentiable(self, values: Tensor) -> Tensor:
        """Components of the tensors themselves, of those of their logarithms."""
        if not self.log10:
            return values
        matrices = torch.from_numpy(self.space.matrices).to(values)
        return self._powers(values) @ matrices.flatten(1).T

    def physical_value(self, components: FloatArray, record: CrystalRecord) -> FloatArray:
        """(3, ..., 3) in the record's own Cartesian frame."""
        tensor = self.space.tensors(components)
        # A logarithm rounded to float32 is good to 1e-6 of the tensor: remove what the point group forbids.
        return nearest_tensor(tensor, allowed_basis(record, self.index_symmetry))

    def mean_and_scale(self, values: FloatArray) -> tuple[FloatArray, float]:
        """The isotropic part of the mean, as over all orientations, and one deviation for all columns."""
        mean = self.space.isotropic(np.nanmean(values, axis=0))
        return mean, float(np.nanmean(np.linalg.norm(values - mean, axis=1)))

    def isotropic(self) -> FloatArray:
        """(columns, columns) float64: the projection on isotropic tensors."""
        return self.space.isotropic(np.eye(self.n_columns))

    @property
    def has_equivalent_labels(self) -> bool:
        """Whether values are known up to the normalizer only."""
        return self.up_to_normalizer

    def equivalent_labels(self, values: FloatArray, operations: FloatArray) -> FloatArray:
        """(g, columns) images of the tensor, if it is known up to the normalizer."""
        if not self.up_to_normalizer:
            return super().equivalent_labels(values, operations)
        return np.array([self.space.rotation(operation) @ values for operation in operations])

    def _distances(self, predicted: Tensor, labels: Tensor) -> Tensor:
        if not self.log10:
            return super()._distances(predicted, labels)
        matrices, expected = self._powers(predicted), self._powers(labels)
        errors = torch.linalg.vector_norm(matrices - expected, dim=-1)
        relative: Tensor = errors / torch.linalg.vector_norm(expected, dim=-1)
        return relative

    @property
    def has_static_loss(self) -> bool:
        """Exponentials of matrices choose their steps by the size of their arguments."""
        return not self.log10

    @property
    def has_mean(self) -> bool:
        """Networks that learn a tensor up to the normalizer may choose different ones of its equivalent values."""
        return not self.up_to_normalizer

    def loss_scale(self, target_scale: Tensor) -> Tensor:
        """1 for relative errors."""
        return torch.ones_like(target_scale) if self.log10 else target_scale

    def evaluate(
        self, predicted: FloatArray, labels: FloatArray, settings: Sequence[Setting]
    ) -> Evaluation[TensorScore]:
        """Errors of the whole tensor, and of the moduli of elastic ones."""
        return evaluate_tensors(predicted, labels, self.space, settings)

    @property
    def loss_name(self) -> str:
        """Of relative errors with ``log10``, else of errors in the tensor's unit."""
        return "mean relative error (Frobenius)" if self.log10 else "mean Frobenius norm of the error"

    def loss_figure(self, loss: float) -> tuple[str, str]:
        """The mean Frobenius norm of the error, or the mean relative error."""
        if self.log10:
            return f"mean relative error of {self.name} (Frobenius) on the validation split", f"{loss:.4f}"
        what = f"{self.loss_name} of {self.name} on the validation split"
        return what, with_unit(f"{loss:.4f}", self.error_unit)

    def score_figures(self, score: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Of the fields of :class:`TensorScore`."""
        low, high = score["frobenius_interval"]
        norm = f"mean Frobenius norm of the error, {counted(score['n'], 'validation crystal')}"
        figures = [
            (norm, with_unit(f"{score['frobenius']:.4g}", self.error_unit)),
            ("95 % interval (bootstrap)", f"{low:.4g} to {high:.4g}"),
            ("median relative error", f"{score['relative']:.1%}"),
            *((f"share of crystals within {p} %", f"{score[f'ewt{p}']:.3f}") for p in SHARES),
        ]
        if score["mae_K"] is not None:
            figures += [
                (
                    f"mean absolute error of Hill's {symbol}",
                    with_unit(f"{score[f'mae_{symbol}']:.2f}", self.error_unit),
                )
                for symbol in "KGE"
            ]
        return figures

    def _powers(self, logarithms: Tensor) -> Tensor:
        """(..., size * size) the matrices 10^S of coordinates (..., columns) of S."""
        matrices = torch.from_numpy(self.space.matrices).to(logarithms)
        exponents = math.log(10) * torch.einsum("...d,dab->...ab", logarithms, matrices)
        powers: Tensor = torch.linalg.matrix_exp(exponents)
        return powers.flatten(-2)


def tensor_targets(targets: Iterable[Target]) -> list[TensorTarget]:
    """Those targets that are tensors, in their order."""
    return [target for target in targets if isinstance(target, TensorTarget)]
