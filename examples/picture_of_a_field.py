"""A field with the symmetry of group 230, drawn: the surfaces of a double gyroid, or of any other setting.

    python examples/picture_of_a_field.py field_of_230.png
    python examples/picture_of_a_field.py p_surface.png --setting 221 --level 1

The field is a sum of the first functions of the setting. Red surfaces enclose what is above the level, blue ones
what is below minus the level.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from runtime import InvariantField, load_store
from sgbasis import Setting, isosurface_picture


def main() -> None:
    """Draw it."""
    parser = argparse.ArgumentParser(description="Draw a field with the symmetry of a space group.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--setting", default="230")
    parser.add_argument("--level", type=float, default=0.9)
    parser.add_argument("--dpi", type=int, default=300)
    arguments = parser.parse_args()
    basis = load_store().basis(Setting.parse(arguments.setting), count=4)
    module = InvariantField.from_basis(basis, 10 * np.eye(3), dtype=torch.float64)
    with torch.no_grad():
        module.coefficients[1:] = torch.tensor([1.0, -0.25, 0.1, -0.05])[: len(module.coefficients) - 1]
        field = module.grid_field((48, 48, 48))
    name = f"Functions of {arguments.setting}"
    arguments.output.write_bytes(
        isosurface_picture(field, [arguments.level, -arguments.level], name=name, dpi=arguments.dpi)
    )


if __name__ == "__main__":
    main()
