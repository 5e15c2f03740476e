"""The Transformers on sites do not depend on the description of a crystal: all 230 groups, generated crystals."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from basis_store import CrystalRecord, Setting, standard_settings
from runtime import Store
from runtime.models.orbit_transformer import OrbitTransformer, OrbitTransformerConfig
from runtime.models.site_transformer import SiteTransformer, SiteTransformerConfig
from runtime.targets.scalar_target import ScalarTarget
from tests.support.crystals.made_records import in_p1, made_record, moved
from tests.support.crystals.rewritings import larger_cells, rewritings
from tests.support.tiny_models import with_waves

STANDARD = pytest.mark.parametrize("setting", standard_settings(), ids=lambda setting: str(setting.number))
SITES = SiteTransformerConfig(width=32, layers=2, channels=16, feed_forward=32, cutoff=4.5)
MODELS = {
    "kernels": (
        OrbitTransformer,
        OrbitTransformerConfig(width=32, layers=2, heads=4, head_width=8, feed_forward=32, cutoff=4.5),
    ),
    "images and waves": (SiteTransformer, dataclasses.replace(SITES, wave_channels=8, g_cutoff=0.4)),
}
TARGETS = [ScalarTarget(f"t{i}") for i in range(6)]
AnyTransformer = OrbitTransformer | SiteTransformer


@pytest.fixture(scope="module", params=MODELS.values(), ids=list(MODELS))
def model(request: pytest.FixtureRequest) -> AnyTransformer:
    torch.manual_seed(0)
    architecture, config = request.param
    made = architecture(config, TARGETS).double().eval()
    if isinstance(made, SiteTransformer):
        with_waves(made)
    torch.nn.init.normal_(made.element_energy.weight)
    return made


def predict(model: AnyTransformer, record: CrystalRecord) -> torch.Tensor:
    return predict_together(model, [record])[0]


def predict_together(model: AnyTransformer, records: Sequence[CrystalRecord]) -> torch.Tensor:
    """Values of each, by one batch: in a fraction of the time of a batch for each."""
    with torch.no_grad():
        return model(model.prepare(list(records)))


def assert_equal(value: torch.Tensor, expected: torch.Tensor, what: str) -> None:
    limit = 1e-10 if value.dtype == torch.float64 else 1e-5
    difference = float((value - expected).norm() / expected.norm())
    assert difference < limit, f"{what}: {difference:.1e}"


@STANDARD
def test_predictions_do_not_depend_on_the_description(
    setting: Setting, model: AnyTransformer, store: Store
) -> None:
    rng = np.random.default_rng(setting.number)
    record = made_record(setting, rng)
    expected = predict(model, record)
    names, others = zip(*rewritings(record, store, rng), strict=True)
    for what, found in zip(names, predict_together(model, others), strict=True):
        assert_equal(found, expected, what)


@STANDARD
def test_asymmetric_unit_equals_full_cell_and_supercell(setting: Setting, model: AnyTransformer) -> None:
    record = made_record(setting, np.random.default_rng(setting.number), n_sites=2 if setting.number < 195 else 1)
    expected = predict(model, record)
    cells = {what: other for what, other in larger_cells(record) if len(other) <= 200}
    for what, found in zip(cells, predict_together(model, list(cells.values())) if cells else (), strict=True):
        assert_equal(found, expected, what)


@STANDARD
def test_single_precision(setting: Setting, model: AnyTransformer, store: Store) -> None:
    single = type(model)(model.config, TARGETS).eval()
    single.load_state_dict(model.state_dict())
    rng = np.random.default_rng(setting.number)
    record = made_record(setting, rng)
    expected = predict(single, record)
    for what, other in rewritings(record, store, rng):
        assert_equal(predict(single, other), expected, what)


@pytest.mark.parametrize("number", [2, 14, 62, 123, 148, 166, 194, 216, 225])
def test_gradients_equal_those_of_the_full_cell(number: int, model: AnyTransformer) -> None:
    record = made_record(Setting.standard(number), np.random.default_rng(number), n_sites=2 if number < 195 else 1)

    def gradients(record: CrystalRecord) -> torch.Tensor:
        model.zero_grad()
        model(model.prepare([record])).square().sum().backward()
        return torch.cat([p.grad.reshape(-1) for p in model.parameters() if p.grad is not None])

    expected = gradients(record)
    assert float((gradients(in_p1(record)) - expected).norm() / expected.norm()) < 1e-9
    model.zero_grad()


def test_batches_do_not_mix_crystals(model: AnyTransformer) -> None:
    rng = np.random.default_rng(0)
    records = [
        made_record(Setting.standard(n), rng, n_sites=sites) for n, sites in [(1, 9), (225, 1), (62, 4), (2, 2)]
    ]
    with torch.no_grad():
        together = model(model.prepare(records))
        alone = torch.cat([model(model.prepare([record])) for record in records])
    torch.testing.assert_close(together, alone, rtol=1e-10, atol=1e-12)


def test_the_model_distinguishes_crystals(model: AnyTransformer) -> None:
    """The opposite of invariance: a displacement, another element or another volume must change the prediction."""
    record = made_record(Setting.standard(62), np.random.default_rng(3))
    expected = predict(model, record)
    coordinates = record.coordinates.copy()
    coordinates[0] += [0.01, 0.0, 0.01]
    for other in (
        moved(record, coordinates),
        dataclasses.replace(record, numbers=record.numbers[::-1].copy()),
        dataclasses.replace(record, lattice=record.lattice * 1.01),
    ):
        assert float((predict(model, other) - expected).norm() / expected.norm()) > 1e-5


def test_predictions_depend_on_angles(model: AnyTransformer, store: Store) -> None:
    """Environments that differ in an angle alone are distinguished from degree 1 on, not at degree 0."""
    lattice = np.eye(3) * 20
    base = made_record(Setting.standard(1), np.random.default_rng(0))

    def triple(angle: float) -> CrystalRecord:
        arm = 2 * np.array([[1, 0, 0], [np.cos(angle), np.sin(angle), 0]])
        coordinates = (np.concatenate([np.zeros((1, 3)), arm]) + 8) / 20
        return dataclasses.replace(
            base, lattice=lattice, numbers=np.array([8, 1, 1], np.uint8), coordinates=coordinates,
            multiplicities=np.ones(3, np.int32), wyckoff=np.full(3, b"a"), images=np.zeros(3, np.int16),
        )  # fmt: skip

    def difference(degree: int) -> float:
        torch.manual_seed(0)
        # The cutoff is below the distance between the two arms' ends, so that only the angle differs.
        without_waves = {"wave_channels": 0} if isinstance(model, SiteTransformer) else {}
        config = dataclasses.replace(model.config, layers=1, cutoff=2.5, degree=degree, **without_waves)
        small = type(model)(config, TARGETS, store).double().eval()
        torch.nn.init.zeros_(small.from_volume.weight)  # volumes without empty layers differ, too
        values = [predict(small, triple(angle)) for angle in (np.pi / 2, np.pi)]
        return float((values[0] - values[1]).norm())

    assert difference(0) < 1e-12
    assert difference(1) > 1e-6


def test_empty_space_beyond_the_cutoff_changes_nothing() -> None:
    """A layer of P1 in longer and longer cells; Fourier messages, which have no cutoff, are not part of it."""
    torch.manual_seed(0)
    model = SiteTransformer(SITES, TARGETS).double().eval()
    base = made_record(Setting.standard(1), np.random.default_rng(0), n_sites=4)
    layer = base.coordinates * [1, 1, 0.25]

    def in_cell(height: float) -> CrystalRecord:
        lattice = np.diag([5.0, 6.0, height])
        return dataclasses.replace(base, lattice=lattice, coordinates=layer * [1, 1, 20 / height])

    expected = predict(model, in_cell(20.0))
    for height in (25.0, 40.0, 400.0):
        torch.testing.assert_close(predict(model, in_cell(height)), expected, rtol=0, atol=1e-12)
    assert float((predict(model, in_cell(8.0)) - expected).norm() / expected.norm()) > 1e-6


def test_five_hundred_sites(model: AnyTransformer) -> None:
    record = made_record(Setting.standard(1), np.random.default_rng(0), n_sites=8)
    large = in_p1(record, change=np.diag([4, 4, 4]))
    assert len(large) == 512
    assert_equal(predict(model, large), predict(model, record), "4x4x4")
