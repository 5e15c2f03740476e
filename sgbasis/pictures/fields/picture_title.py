"""The title of a picture: the name and what is shown side by side, or in rows where they have no room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sgbasis.pictures.style import INK, name_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME_SIZE, TEXT_SIZE = 12, 10
"""Points."""
ROW = 0.2
"""Inches from one row to the next."""
_GAP = 0.25
"""Inches between two texts in one row."""


@dataclass(frozen=True)
class PictureTitle:
    """Texts in rows.

    Attributes:
        name: at the left of the first row.
        beside: at the right of it; empty if there is no room.
        below: the rows below.
    """

    name: str
    beside: str
    below: tuple[str, ...]

    @classmethod
    def of(cls, name: str, texts: Sequence[str], *, room: float, widest: float) -> PictureTitle:
        """The fewest rows that have room for the texts.

        Args:
            name: of a file, as it is; may be empty.
            texts: what is shown, in matplotlib's mathtext.
            room: in inches, above the picture.
            widest: in inches, of a row that may end further to the right.
        """
        shown, joined = name_text(name), "  ".join(texts)
        width = text_inches(joined, TEXT_SIZE)
        if text_inches(shown, NAME_SIZE) + _GAP + width <= room:
            return cls(shown, joined, ())
        return cls(shown, "", (joined,) if width <= widest else tuple(texts))

    @property
    def height(self) -> float:
        """In inches, of the rows below the first one."""
        return ROW * len(self.below)

    def write(self, figure: Figure, left: float, right: float, top: float) -> None:
        """Write it into a figure.

        Args:
            figure: that is written into.
            left: where rows begin, in inches.
            right: where the first row ends.
            top: of the middle of the first row below the upper edge of the figure.
        """
        width, height = figure.get_size_inches()
        rows = [(self.name, NAME_SIZE, left, "left", 0), (self.beside, TEXT_SIZE, right, "right", 0)]
        rows += [(text, TEXT_SIZE, left, "left", row) for row, text in enumerate(self.below, start=1)]
        for text, size, at, aligned, row in rows:
            # What is still too wide, as a long name over a narrow picture, gets smaller.
            fitting = min(1.0, (width - left - 0.08) / max(text_inches(text, size), 1e-6))
            figure.text(
                at / width, 1 - (top + ROW * row) / height, text, fontsize=size * fitting, color=INK, ha=aligned,
                va="center",
            )  # fmt: skip


def text_inches(text: str, size: float) -> float:
    """The width of a text in points of ``size``, in the font of the pictures."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, size=size).get_extents().width) / 72 if text else 0.0
