"""Write ``config.json`` and card of the models that ship again, in today's form. Their weights stay as they are.

    python -m runtime.training.rewrite_models

For changes of what a target states (its unit) and of the text of cards. Targets are those of ``data/training``.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from basis_store.files.atomic_write import write_atomically
from basis_store.files.locations import data_folder
from runtime.pretrained.locate import CARD, CONFIG, shipped_models
from runtime.pretrained.pretrained import open_pretrained
from runtime.targets.target import Target
from runtime.training.config import TrainingConfig
from runtime.training.publish_models import published_card


def rewrite(folder: Path, stated: dict[str, Target]) -> None:
    """Write description and card of one model again.

    Args:
        folder: of the model.
        stated: targets as the configurations of training runs state them, by name.

    Raises:
        ModelError: the model is damaged.
    """
    # 1. The description with the units of today; weights that do not fit it are an error.
    opened = open_pretrained(folder)
    opened.load()
    old, configuration = opened.description, opened.description.training["configuration"]
    run = [asdict(stated[one["name"]]) for one in configuration["targets"]]
    description = replace(
        old,
        targets=tuple(replace(target, unit=stated[target.name].unit) for target in old.targets),
        training={**old.training, "configuration": {**configuration, "targets": run}},
    )
    # 2. Both files.
    write_atomically(folder / CARD, published_card(folder.name, description).to_markdown().encode())
    write_atomically(folder / CONFIG, description.to_json().encode())


@click.command()
def main() -> None:
    """Write config.json and README.md of all models in data/models again."""
    files = sorted((data_folder() / "training").glob("mp_*.toml"))
    stated = {target.name: target for file in files for target in TrainingConfig.from_toml(file).targets}
    for folder in shipped_models().values():
        rewrite(folder, stated)
        click.echo(f"{folder}: written again")


if __name__ == "__main__":
    main()
