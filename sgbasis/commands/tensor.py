"""``sgbasis tensor``: the tensors that a point group allows, as in Nye's tables."""

from __future__ import annotations

import json
from pathlib import Path

import click

from basis_store.groups.setting import Setting
from sgbasis.commands.options import SETTING, store_option


@click.command()
@click.argument("setting", type=SETTING, metavar="GROUP")
@click.argument("formula")
@click.option("--axial", is_flag=True, help="An axial tensor (pseudotensor), such as gyration.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the exact basis, component by component.")
@store_option
def tensor(setting: Setting, formula: str, axial: bool, as_json: bool, store_path: Path | None) -> None:
    """Print the tensors that a point group allows.

    They are those with index symmetry FORMULA that all operations of the point group of GROUP leave unchanged.

    GROUP is written 227 (standard setting), 227:1 (number and choice), hall:525 or Fd-3m. FORMULA is written
    "ij=ji", "ijk=ikj", "ijkl=jikl=klij" and so on, up to four indices, with signs where needed ("ij=-ji"); or one
    of dielectric, piezoelectric, elastic, photoelastic.
    """
    from basis_store import open_store
    from sgbasis.reports.allowed_tensors import allowed_tensors_facts, allowed_tensors_page

    with open_store(store_path) as store:
        basis = store.tensor_basis(setting, formula, axial=axial)
    if as_json:
        click.echo(json.dumps(allowed_tensors_facts(basis), indent=2))
        return
    click.echo("\n".join(allowed_tensors_page(basis)))
