"""Attention over asymmetric units against a plain Transformer over all atoms: outputs and gradients."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from basis_store import CrystalRecord, standard_settings
from runtime.models.crystal_fourier_transformer.attention import AsymmetricUnitAttention, weighted_mean
from runtime.models.crystal_fourier_transformer.orbit_distance import shortest_length
from runtime.models.crystal_fourier_transformer.transformer import TransformerBlock
from tests.support.crystals.made_records import all_atoms, made_record

WIDTH, HEADS = 32, 4
# From every crystal class; up to 576 atoms in the cell.
SETTINGS = standard_settings()[::6]


def made_records() -> list[CrystalRecord]:
    rng = np.random.default_rng(3)
    return [made_record(setting, rng, n_sites=1 + i % 5) for i, setting in enumerate(SETTINGS)]


def encoder(dtype: torch.dtype = torch.float64) -> torch.nn.ModuleList:
    torch.manual_seed(0)
    modules = [TransformerBlock(WIDTH, HEADS, 48) for _ in range(3)]
    return torch.nn.ModuleList([torch.nn.Embedding(119, WIDTH), *modules]).to(dtype)


def padded(records: list[CrystalRecord]) -> tuple[torch.Tensor, torch.Tensor]:
    numbers = torch.zeros(len(records), max(map(len, records)), dtype=torch.long)
    multiplicities = torch.zeros_like(numbers)
    for row, record in enumerate(records):
        numbers[row, : len(record)] = torch.from_numpy(record.numbers)
        multiplicities[row, : len(record)] = torch.from_numpy(record.multiplicities)
    return numbers, multiplicities


def on_asymmetric_units(modules: torch.nn.ModuleList, records: list[CrystalRecord]) -> torch.Tensor:
    numbers, multiplicities = padded(records)
    tokens = modules[0](numbers)
    for block in modules[1:]:
        tokens = block(tokens, multiplicities)
    return weighted_mean(tokens, multiplicities)


def plain_attention(
    attention: AsymmetricUnitAttention, tokens: torch.Tensor, bias: torch.Tensor | float = 0.0
) -> torch.Tensor:
    """Attention as in textbooks, over (atoms, width), each atom once; ``bias`` (heads, atoms, atoms)."""
    query, key, value = attention.inputs(tokens).view(len(tokens), 3, HEADS, -1).permute(1, 2, 0, 3)
    logits = query @ key.mT / math.sqrt(query.shape[-1]) + bias
    mixed = torch.softmax(logits, dim=-1) @ value
    return attention.output(mixed.transpose(0, 1).reshape(len(tokens), -1))


def on_full_cell(modules: torch.nn.ModuleList, record: CrystalRecord) -> torch.Tensor:
    _, site = all_atoms(record)
    tokens = modules[0](torch.from_numpy(record.numbers[site]).long())
    for block in modules[1:]:
        tokens = tokens + plain_attention(block.attention, block.attention_norm(tokens))
        tokens = tokens + block.feed_forward(block.feed_forward_norm(tokens))
    return tokens.mean(dim=0)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-13), (torch.float32, 1e-6)], ids=str)
def test_a_whole_encoder_equals_its_full_cell_computation(dtype: torch.dtype, tolerance: float) -> None:
    records, modules = made_records(), encoder(dtype)
    weights = torch.randn(len(records), WIDTH, generator=torch.Generator().manual_seed(1)).to(dtype)
    results = []
    for compute in (
        lambda: on_asymmetric_units(modules, records),
        lambda: torch.stack([on_full_cell(modules, record) for record in records]),
    ):
        modules.zero_grad()
        outputs = compute()
        (outputs * weights).sum().backward()
        gradients = [parameter.grad.clone() for parameter in modules.parameters()]
        results.append((outputs.detach(), gradients))
    (reduced, reduced_gradients), (full, full_gradients) = results
    torch.testing.assert_close(reduced, full, atol=tolerance * float(full.abs().max()), rtol=0)
    for one, other in zip(reduced_gradients, full_gradients, strict=True):
        assert other.abs().max() > 0
        torch.testing.assert_close(one, other, atol=tolerance * float(other.abs().max()), rtol=0)


@pytest.mark.parametrize("setting", standard_settings()[4::15], ids=str)
def test_pair_biases_equal_their_full_cell_computation(setting) -> None:  # type: ignore[no-untyped-def]
    """A bias that is invariant under the crystal's symmetry only: a distance, times a factor for each head."""
    record = made_record(setting, np.random.default_rng(1), n_sites=3)
    modules = encoder()
    block = modules[1]
    atoms, site = all_atoms(record)
    steps = torch.from_numpy(atoms[:, None] - atoms[None]).flatten(0, 1)
    distances = shortest_length(steps[None], torch.from_numpy(record.lattice)[None]).view(len(atoms), -1)
    bias = -torch.tensor([0.1, 0.3, 1.0, 3.0], dtype=torch.float64)[:, None, None] * distances
    tokens = modules[0](torch.from_numpy(record.numbers).long())
    full = plain_attention(block.attention, tokens[site], bias)
    # Site I to the atoms of site J: from its first atom.
    first = np.searchsorted(site, np.arange(len(record)))
    reduced = torch.stack(
        [
            torch.logsumexp(bias[:, first][:, :, site == j], -1) - math.log(np.sum(site == j))
            for j in range(len(record))
        ],
        dim=-1,
    )
    multiplicities = torch.from_numpy(record.multiplicities)[None]
    found = block.attention(tokens[None], multiplicities, reduced[None])[0]
    torch.testing.assert_close(found[site], full, atol=1e-12, rtol=0)


def test_padding_changes_nothing() -> None:
    records, modules = made_records(), encoder()
    together = on_asymmetric_units(modules, records)
    alone = torch.cat([on_asymmetric_units(modules, [record]) for record in records])
    torch.testing.assert_close(together, alone, atol=1e-13, rtol=0)
    tokens = torch.randn(1, 4, WIDTH, dtype=torch.float64)
    other = tokens.clone()
    other[0, 3] = 1e3  # values of padding must not matter
    multiplicities = torch.tensor([[1, 3, 2, 0]])
    attention = modules[1].attention
    torch.testing.assert_close(
        attention(tokens, multiplicities)[:, :3], attention(other, multiplicities)[:, :3], atol=0, rtol=0
    )
    torch.testing.assert_close(weighted_mean(tokens, multiplicities), weighted_mean(other, multiplicities))


def test_a_supercell_has_the_same_mean() -> None:
    """A common factor of all multiplicities changes nothing."""
    modules, (record, *_) = encoder(), made_records()[4:]
    tokens = modules[0](torch.from_numpy(record.numbers).long())[None]
    multiplicities = torch.from_numpy(record.multiplicities)[None]
    outputs = [modules[1](tokens, factor * multiplicities) for factor in (1, 7)]
    torch.testing.assert_close(outputs[0], outputs[1], atol=1e-13, rtol=0)
    torch.testing.assert_close(
        weighted_mean(tokens, multiplicities), weighted_mean(tokens, 7 * multiplicities), atol=1e-13, rtol=0
    )


def test_mixed_precision_is_finite_and_close() -> None:
    records, modules = made_records(), encoder(torch.float32)
    plain = on_asymmetric_units(modules, records)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = on_asymmetric_units(modules, records)
    mixed.sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in modules.parameters())
    torch.testing.assert_close(mixed.float(), plain, atol=0.1, rtol=0)


def test_a_width_must_be_divisible() -> None:
    with pytest.raises(ValueError, match="a width of 30 cannot be divided among 4 heads"):
        AsymmetricUnitAttention(30, 4)
