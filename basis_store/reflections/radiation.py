"""What is scattered by a crystal."""

from __future__ import annotations

from typing import Literal, get_args

Radiation = Literal["xray", "neutron", "electron"]
"""What is scattered."""

RADIATIONS: tuple[Radiation, ...] = get_args(Radiation)
