"""The model card: a YAML head that the Hub reads, and text for people."""

from __future__ import annotations

from runtime.pretrained.card import MATERIALS_PROJECT, ModelCard


def test_a_card_has_all_of_its_content() -> None:
    text = ModelCard(
        name="band_gap",
        summary="Predicts gaps: of crystals.",
        sources=[MATERIALS_PROJECT],
        training="With care.",
        figures=[("validation MAE", "0.25 eV")],
        limits=["It does not model magnetism."],
        tags=['a "quoted" tag: with a colon'],
    ).to_markdown()
    head, body = text.removeprefix("---\n").split("\n---\n")
    assert head.splitlines() == [
        'license: "cc-by-4.0"',
        'library_name: "sgbasis"',
        'tags: ["a \\"quoted\\" tag: with a colon"]',
        'datasets: ["materials-project"]',
        'metrics: ["mae"]',
    ]
    for part in (
        "# band_gap",
        "Predicts gaps: of crystals.",
        "CC BY 4.0",
        "With care.",
        "| validation MAE | 0.25 eV |",
    ):
        assert part in body
    assert "- It does not model magnetism.\n" in body
