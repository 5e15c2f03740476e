"""Predicted tensors are equivariant, obey the point group, and do not depend on the description: 230 groups."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from basis_store import CrystalRecord, IndexSymmetry, ModelError, Setting, TensorError, standard_settings
from runtime import Store
from runtime.models.composition import CompositionConfig, CompositionModel
from runtime.models.orbit_transformer import OrbitTransformer, OrbitTransformerConfig
from runtime.models.site_transformer import SiteTransformer, SiteTransformerConfig
from runtime.targets.scalar_target import ScalarTarget
from runtime.targets.target import columns
from runtime.targets.tensor_target import TensorTarget
from runtime.tensors.frames import rotate_tensor
from runtime.tensors.tensor_space import TensorSpace
from tests.support.crystals.made_records import in_p1, made_record
from tests.support.crystals.rewritings import larger_cells, rewritings

STANDARD = pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))
MODELS = {
    OrbitTransformer: OrbitTransformerConfig(
        width=16, layers=1, heads=2, head_width=8, feed_forward=16, cutoff=4.5, radial=8, tensor_channels=4
    ),
    SiteTransformer: SiteTransformerConfig(
        width=16, layers=1, channels=12, feed_forward=16, cutoff=4.5, radial=8, tensor_channels=4
    ),
}
EACH_MODEL = pytest.mark.parametrize("architecture", MODELS)
AnyTransformer = OrbitTransformer | SiteTransformer
TARGETS = [
    TensorTarget("dielectric", symmetry="ij=ji"),
    ScalarTarget("a number"),
    TensorTarget("piezoelectric", symmetry="ijk=ikj"),
    TensorTarget("elastic", symmetry="ijkl=jikl=klij"),
    TensorTarget("gyration", symmetry="ij=ji", axial=True),
]
LAUE = {"-1", "2/m", "mmm", "4/m", "4/mmm", "-3", "-3m", "6/m", "6/mmm", "m-3", "m-3m"}


@pytest.fixture(scope="module", params=MODELS, ids=lambda one: one.__name__)
def model(request: pytest.FixtureRequest) -> AnyTransformer:
    torch.manual_seed(0)
    made = request.param(MODELS[request.param], TARGETS).double().eval()
    for target, own in zip(TARGETS, columns(TARGETS), strict=True):
        if isinstance(target, TensorTarget):
            mean = target.space.isotropic(np.arange(1.0, 1 + len(target.space)))
            made.target_mean[own] = torch.from_numpy(mean)
    return made


@pytest.fixture(scope="module")
def single(model: AnyTransformer) -> AnyTransformer:
    made = type(model)(model.config, TARGETS).eval()
    made.load_state_dict(model.state_dict())
    return made


def predict(model: AnyTransformer, record: CrystalRecord) -> dict[str, np.ndarray]:
    """Cartesian tensors."""
    return predict_together(model, [record])[0]


def predict_together(model: AnyTransformer, records: Sequence[CrystalRecord]) -> list[dict[str, np.ndarray]]:
    """Cartesian tensors of each, by one batch: in a fraction of the time of a batch for each."""
    with torch.no_grad():
        values = model(model.prepare(list(records))).double().numpy()
    return [
        {
            target.name: target.space.tensors(row[own])
            for target, own in zip(TARGETS, columns(TARGETS), strict=True)
            if isinstance(target, TensorTarget)
        }
        for row in values
    ]


def assert_close(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], limit: float, what: str) -> None:
    for name, value in expected.items():
        # A tensor that a group forbids is 0: compare with 1 then.
        difference = np.linalg.norm(found[name] - value) / max(np.linalg.norm(value), 1e-3)
        assert difference < limit, f"{name}, {what}: {difference:.1e}"


def rotated(tensors: dict[str, np.ndarray], rotation: np.ndarray) -> dict[str, np.ndarray]:
    return {name: rotate_tensor(value, rotation, axial=name == "gyration") for name, value in tensors.items()}


def orthogonal(rng: np.random.Generator) -> np.ndarray:
    """A rotation or, as often, a rotation with a reflection (which numpy's QR by itself never gives)."""
    return np.asarray(np.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.choice([1, -1]))


def cartesian_operations(record: CrystalRecord, store: Store) -> np.ndarray:
    """The point group in the crystal's own frame, from its operations and its lattice, without stored tensors."""
    basis = record.lattice.T
    return basis @ store.compiled(record.setting).rotations.astype(float) @ np.linalg.inv(basis)


@STANDARD
def test_tensors_are_equivariant_and_do_not_depend_on_the_description(
    setting: Setting, model: AnyTransformer, store: Store
) -> None:
    rng = np.random.default_rng(setting.number)
    record = made_record(setting, rng)
    expected = predict(model, record)
    names, others = zip(*rewritings(record, store, rng), strict=True)
    for what, other, found in zip(names, others, predict_together(model, others), strict=True):
        rotation = np.linalg.lstsq(record.lattice, other.lattice, rcond=None)[0].T
        assert_close(found, rotated(expected, rotation), 1e-10, what)
    for operation in cartesian_operations(record, store):
        assert_close(rotated(expected, operation), expected, 1e-10, "an operation")
    allowed = {name: bool(np.abs(value).max() > 1e-9) for name, value in expected.items()}
    centred = setting.point_group in LAUE
    assert allowed["piezoelectric"] == (not centred and setting.point_group != "432"), "all that the group allows"
    assert not (centred and allowed["gyration"])
    if not allowed["piezoelectric"]:
        assert not np.any(expected["piezoelectric"]), "zeros are exact"


@STANDARD
def test_the_asymmetric_unit_gives_the_tensors_of_the_full_cell(setting: Setting, model: AnyTransformer) -> None:
    """In P1 nothing is projected: the sum over all atoms obeys the group by itself."""
    record = made_record(setting, np.random.default_rng(setting.number), n_sites=2 if setting.number < 195 else 1)
    expected = predict(model, record)
    cells = {what: other for what, other in larger_cells(record) if len(other) <= 100}
    for what, found in zip(cells, predict_together(model, list(cells.values())) if cells else (), strict=True):
        assert_close(found, expected, 1e-9, what)


@STANDARD
def test_twenty_orientations_in_single_precision(setting: Setting, single: AnyTransformer, store: Store) -> None:
    rng = np.random.default_rng(setting.number)
    record = made_record(setting, rng)
    expected = predict(single, record)
    for _ in range(20):
        rotation = orthogonal(rng)
        other = dataclasses.replace(record, lattice=record.lattice @ rotation.T)
        found = predict(single, other)
        assert_close(found, rotated(expected, rotation), 1e-5, "orientation")
        operations = cartesian_operations(other, store)
        for operation in operations[rng.integers(len(operations), size=3)]:
            assert_close(rotated(found, operation), found, 1e-6, "an operation")


def test_a_batch_gives_what_single_crystals_give(model: AnyTransformer) -> None:
    rng = np.random.default_rng(0)
    records = [made_record(Setting.standard(number), rng, n_sites=n) for number, n in ((216, 1), (1, 6), (154, 3))]
    with torch.no_grad():
        together = model(model.prepare(records))
        alone = torch.cat([model(model.prepare([record])) for record in records])
    torch.testing.assert_close(together, alone, rtol=1e-10, atol=1e-10)


def predict_values(model: AnyTransformer, records: list[CrystalRecord]) -> torch.Tensor:
    with torch.no_grad():
        return model(model.prepare(records))


@pytest.mark.parametrize("formula", ["i", "ij", "ijk", "ij=-ji", "ijkl=jikl=ijlk", "ijk=-jik", "ijkl"])
@pytest.mark.parametrize("axial", [False, True])
@EACH_MODEL
def test_any_formula(architecture: type[AnyTransformer], formula: str, axial: bool, store: Store) -> None:
    """A crystal without symmetry: every component is predicted, and rotates."""
    torch.manual_seed(0)
    target = TensorTarget("any", symmetry=formula, axial=axial)
    model = architecture(MODELS[architecture], [target]).double().eval()
    rng = np.random.default_rng(0)
    records = [made_record(Setting.standard(1), rng, n_sites=4) for _ in range(len(target.space) + 4)]
    rotations = [orthogonal(rng) for _ in range(4)]
    others = [
        dataclasses.replace(record, lattice=record.lattice @ rotation.T)
        for record, rotation in zip(records, rotations, strict=False)
    ]
    values = predict_values(model, records).numpy()
    for one, two, rotation in zip(values, predict_values(model, others).numpy(), rotations, strict=False):
        np.testing.assert_allclose(two, target.space.rotation(rotation) @ one, atol=1e-10 * np.abs(one).max())
    assert np.linalg.matrix_rank(np.array(values)) == len(target.space)


def test_logarithms_are_symmetric_functions() -> None:
    rng = np.random.default_rng(0)
    for formula, size in (("dielectric", 3), ("elastic", 6)):
        space = TensorSpace(IndexSymmetry.parse(formula))
        matrix = rng.normal(size=(size, size))
        definite = np.einsum("dab,ab->d", space.matrices, matrix @ matrix.T + np.eye(size))
        logarithm = space.log10(definite)
        np.testing.assert_allclose(space.exp10(logarithm), definite, rtol=1e-12, atol=1e-12)
        rotation = space.rotation(orthogonal(rng))
        np.testing.assert_allclose(space.log10(rotation @ definite), rotation @ logarithm, atol=1e-12)
        assert np.isnan(space.log10(-definite)).all()
        assert np.isnan(space.log10(np.full_like(definite, np.nan))).all()
    with pytest.raises(TensorError, match="it has no logarithm"):
        TensorSpace(IndexSymmetry.parse("ijk=ikj")).log10(np.zeros(18))


def test_components_are_orthonormal() -> None:
    for formula in ("ij=ji", "ij=-ji", "ijk=ikj", "ijkl=jikl=klij", "ijkl"):
        space = TensorSpace(IndexSymmetry.parse(formula))
        flat = space.basis.reshape(len(space), -1)
        np.testing.assert_allclose(flat @ flat.T, np.eye(len(space)), atol=1e-15)
        components = np.random.default_rng(0).normal(size=(4, len(space)))
        np.testing.assert_allclose(space.components(space.tensors(components)), components, atol=1e-14)


def test_predictions_of_logarithms_are_positive_definite_and_allowed(store: Store) -> None:
    target = TensorTarget("elastic", "GPa", log10=True, symmetry="elastic")
    record = made_record(Setting.standard(152), np.random.default_rng(0))
    noise = np.random.default_rng(1).normal(size=21)
    tensor = target.physical_value(target.physical(noise), record)
    assert isinstance(tensor, np.ndarray)
    matrix = np.einsum("dab,d->ab", target.space.matrices, target.space.components(tensor))
    assert np.linalg.eigvalsh(matrix)[0] > 0
    for operation in cartesian_operations(record, store):
        np.testing.assert_allclose(rotate_tensor(tensor, operation), tensor, atol=1e-12 * np.abs(tensor).max())


@EACH_MODEL
def test_a_symmetry_without_tensors_says_so(architecture: type[AnyTransformer]) -> None:
    target = TensorTarget("none", symmetry="ijkl=-jikl=-ikjl=-ijlk")
    with pytest.raises(TensorError, match="leaves no component in three dimensions"):
        architecture(MODELS[architecture], [target])


def test_an_architecture_for_scalars_says_so() -> None:
    with pytest.raises(ModelError, match="CompositionModel predicts scalars only: 'elastic' is a tensor"):
        CompositionModel(CompositionConfig(), [TensorTarget("elastic", symmetry="elastic")])


def test_the_full_cell_has_no_projection(store: Store) -> None:
    record = in_p1(made_record(Setting.standard(225), np.random.default_rng(0)))
    assert store.tensor_basis(record.setting, "elastic").dimension == 21
