"""Everything that the page of a setting says, from the store and the tables of the compiler, as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from basis_compiler import formula_latex, formula_text, operations, trigonometric_form
from basis_compiler.bases.formula_text import legend
from basis_compiler.reflections.extinctions.laue_classes import laue_symbol
from basis_store import TURN, CompiledSetting, Setting, StoreReader, all_settings, standard_settings
from basis_store.counted import counted
from basis_store.tensors.cartesian_frame import frame_directions
from sgbasis.reports.allowed_tensors import allowed_tensors_facts
from sgbasis.reports.groups import group_tables
from sgbasis.reports.groups.group_head import group_rows
from sgbasis.reports.groups.setting_page import setting_facts
from sgbasis.reports.groups.wyckoff_pages import wyckoff_facts


def page_facts(store: StoreReader, setting: Setting) -> dict[str, Any]:
    """The facts of one page; see the template ``setting.html`` for what it does with each of them."""
    compiled = store.read(setting)
    return {
        **setting_facts(compiled, count=0),
        "label": setting.label,
        "hexagonal": setting.lattice_family == "hexagonal",
        "rows": group_rows(setting),
        "laue_class": laue_symbol(setting.point_group),
        "settings": [setting_link(one) for one in all_settings() if one.number == setting.number],
        "neighbours": _neighbours(setting),
        "generators": [one["operation"] for one in group_tables.generator_facts(setting)],
        "centrings": [_translation(shift) for shift in operations(setting).centrings24.tolist()],
        "wyckoff": wyckoff_facts(compiled.operations, store.wyckoff_positions(setting).values()),
        "legend": {"text": legend(setting.dimension, latex=False), "latex": legend(setting.dimension, latex=True)},
        "functions": list(_functions(compiled)),
        "frame": frame_directions(setting).text,
        "tensors": list(_tensors(store, setting)),
    }


def setting_link(setting: Setting) -> dict[str, Any]:
    """What other pages say about a setting, and the name of its file."""
    return {
        "label": setting.label,
        "number": setting.number,
        "hall_number": setting.hall_number,
        "choice": setting.choice,
        "symbol": setting.symbol,
        "full_symbol": setting.full_symbol,
        "hall_symbol": setting.hall_symbol,
        # Short symbols of monoclinic groups do not say which axis is unique.
        "printed": setting.full_symbol if setting.crystal_system == "monoclinic" else setting.symbol,
        "standard": setting.is_standard,
        "page": page_name(setting),
    }


def page_name(setting: Setting) -> str:
    """The file of a setting in the folder ``settings``."""
    return f"hall-{setting.hall_number}.html"


def _neighbours(setting: Setting) -> dict[str, Any]:
    """The groups before and after this one, in their standard settings."""
    standard = standard_settings()
    before, after = setting.number - 2, setting.number
    return {
        "previous": setting_link(standard[before]) if before >= 0 else None,
        "next": setting_link(standard[after]) if after < len(standard) else None,
    }


def _functions(compiled: CompiledSetting) -> Iterator[dict[str, Any]]:
    """Number, root, number of waves, and the formula as text and in LaTeX; without the constant."""
    roots = compiled.roots.tolist()
    for number in range(compiled.n_constants, compiled.n_functions):
        orbit = number - compiled.n_constants
        form = trigonometric_form(compiled, number)
        part = {0: "", 1: ", real part", -1: ", imaginary part"}[int(compiled.parts[orbit])]
        size = int(compiled.orbit_sizes[orbit]) * (2 if part else 1)
        root = roots[orbit] if part != ", imaginary part" else roots[orbit - 1]
        yield {
            "number": number,
            "root": " ".join(map(str, root)),
            "waves": f"{counted(size, 'wave')}{part}",
            "text": formula_text(form),
            "latex": formula_latex(form),
        }


def _tensors(store: StoreReader, setting: Setting) -> Iterator[dict[str, Any]]:
    """Tensors of physics: how many independent components, and the pattern of all components."""
    for one in group_tables.tensor_facts(store, setting):
        basis = store.tensor_basis(setting, one["formula"], axial=one["axial"])
        yield {**one, "matrix": allowed_tensors_facts(basis)["matrix"] if one["dimension"] else None}


def _translation(shift24: list[int]) -> str:
    return ", ".join(str(Fraction(entry, TURN)) for entry in shift24)
