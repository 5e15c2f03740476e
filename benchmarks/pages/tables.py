"""Tables of the results page that join several files of results: one mapping for each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.pages.fill import significant
from experiments.result_rows import curves

_UNITS = {
    "formation_energy": "eV/atom",
    "band_gap": "eV",
    "bulk_modulus": "log10 GPa",
    "shear_modulus": "log10 GPa",
    "dielectric_electronic": "",
    "elastic_tensor": "GPa",
    "piezoelectric_tensor": "C/m^2",
}
_NETWORKS = {
    "orbit": "OrbitTransformer",
    "composition": "CompositionModel",
    "paper": "CrystalFourierTransformer",
}
_FIRST_SET = "mp_moduli"

_CURVES = {
    "formation_energy_per_atom": ("formation energy (eV/atom)", 4),
    "band_gap": ("band gap (eV)", 3),
    "bulk_modulus_vrh": ("bulk modulus (log10 GPa)", 4),
    "shear_modulus_vrh": ("shear modulus (log10 GPa)", 4),
}
"""Name and digits of the properties of learning curves."""

FIELDS = "field_"
"""With this begin names of rows of ``python -m benchmarks fields``."""

_CURVE_SIZES = (500, 1000, 2000, 4000, 8000, 16000)

_TRAINED = (
    "SiteTransformer",
    "OrbitTransformer",
    "Crystalformer",
    "CGCNN",
    "CrystalFourierTransformer",
    "CompositionModel",
)


def errors(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Scalars: the model that ships beside the baselines, for the moduli also on their first set alone."""
    results, evaluations = figures["results"], figures["evaluations"]
    for name, baseline in results["baselines"]["values"].items():
        found = evaluations[name]
        digits = 3 if name == "band_gap" else 4
        yield {
            "property": f"`{name}` ({_UNITS[name]})",
            "crystals": f"{found['n']:,}" + (" in both sets" if _FIRST_SET in found else ""),
            **baseline,
            **_interval(found),
            "aim": results["aims"][name],
            "digits": digits,
        }
        if _FIRST_SET in found:
            part = found[_FIRST_SET]
            empty = dict.fromkeys(("property", "composition", "paper", "aim"))
            yield empty | {"crystals": f"{part['n']:,} of the first set", **_interval(part), "digits": digits}


def trainings(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """How the models that ship were trained; times are of all members of an ensemble."""
    for name, one in figures["shipped"].items():
        yield one | {"property": f"`{name}`"}


def tensors(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Tensors: errors, shares within a relative error, and errors of moduli, beside two baselines."""
    results, evaluations = figures["results"], figures["evaluations"]
    for name, baselines in results["tensor_baselines"]["values"].items():
        ours, unit = evaluations[name], f" ({_UNITS[name]})" if _UNITS[name] else ""
        mean, descriptors = baselines["mean"], baselines["descriptors"]
        low, high = (significant(end, 3) for end in ours["frobenius_interval"])
        yield {
            "model": f"`{name}`{unit}",
            "crystals": f"{ours['n']:,}",
            "figure": "error",
            "mean": significant(mean["error"], 3),
            "descriptors": significant(descriptors["error"], 3),
            "ours": f"**{significant(ours['frobenius'], 3)}** ({low} to {high})",
            "aim": None,
        }
        rows = [("EwT25, EwT10, EwT5", ("ewt25", "ewt10", "ewt5"), ".3f", name)]
        if "mae_K" in mean:
            rows.append(("MAE of K, G, E", ("mae_K", "mae_G", "mae_E"), ".1f", f"{name}_moduli"))
        for figure, keys, form, aim in rows:
            texts = [", ".join(format(one[key], form) for key in keys) for one in (mean, descriptors, ours)]
            yield {
                "model": None,
                "crystals": None,
                "figure": figure,
                "mean": texts[0],
                "descriptors": texts[1],
                "ours": f"**{texts[2]}**",
                "aim": results["aims"].get(aim),
            }


def unseen(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Errors on space groups without training crystals."""
    for name, found in figures["results"]["unseen"]["values"].items():
        for index, (key, network) in enumerate(_NETWORKS.items()):
            first = {
                "property": f"{name.replace('_', ' ')} ({_UNITS[name]})",
                "trained": f"{found['trained']:,} of {found['all']:,}",
                "crystals": f"{found['crystals']:,} in {found['groups']} groups",
            }
            yield {**(first if not index else dict.fromkeys(first)), "model": network, **found[key]}


def learning_curves(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Errors by the number of training crystals, as far as runs are finished; ``all``: of the whole split."""
    found = curves(figures["learning_curves"]["rows"])
    for name, (words, digits) in _CURVES.items():
        for place, model in enumerate(model for model in _TRAINED if (name, model) in found):
            points = {size: f"{error:.{digits}f}" for size, error in found[name, model].items()}
            whole = max(points)
            yield {
                "property": words if not place else None,
                "model": model,
                **{f"at_{size}": points.get(size) for size in _CURVE_SIZES},
                "all": f"{points[whole]} ({whole:,})" if whole not in _CURVE_SIZES else None,
            }


def published(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Figures that others published."""
    for row in figures["published_peers"]["rows"]:
        yield row | {"property": _CURVES[row["property"]][0]}


def fields(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Fields on grids: times as multiples of the FFT, memory as multiples of the grid; both peers in one row."""
    speed = figures["speed"]
    for name, row in speed.items():
        kind, _, grid = name.removeprefix(FIELDS).partition("_")
        if name.startswith(FIELDS) and kind in {"symmetrise", "expand"}:
            loop = speed[f"{FIELDS}average_{grid}"]["peer"] if kind == "symmetrise" else None
            peers = {"gemmi": row["peer"], "loop": loop}
            yield {
                "work": row["what"],
                "seconds": row["ours"],
                "ffts": row["ours"] / row["limit"],
                "grids": row["peak_bytes"] / (8 * int(grid.rpartition("_")[2]) ** 3),
                **{peer: None if time is None else time / row["limit"] for peer, time in peers.items()},
            }


def _interval(found: Mapping[str, Any]) -> dict[str, Any]:
    low, high = found["mae_interval"]
    return {"mae": found["mae"], "low": low, "high": high}
