"""Options that say where a field is evaluated or drawn: at which points, in which plane."""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click

if TYPE_CHECKING:
    import numpy as np

    from sgbasis.fields.crystal_plane import CrystalPlane
    from sgbasis.fields.given_field import GivenField

_Command = TypeVar("_Command", bound=Callable[..., Any])

Place = tuple[float, float, float] | str


class PlaceType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.2 on
    """Fractional coordinates, ``0,1/2,0.25``, or an atom of the file, ``Si2``."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """Parse three numbers or fractions, or the name of an atom."""
        if isinstance(value, tuple):
            return value
        text = str(value).strip()[:200]
        symbol = text.rstrip("0123456789")
        if symbol.isalpha() and symbol.isascii() and len(symbol) <= 2 and len(text) <= 8 and symbol.istitle():
            return text
        return _coordinates(self, text, param, ctx)


class PointType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.2 on
    """Fractional coordinates: ``0,1/2,0.25``."""

    name = "point"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, float]:
        """Parse three numbers or fractions."""
        return value if isinstance(value, tuple) else _coordinates(self, str(value)[:200], param, ctx)


def _coordinates(
    kind: click.ParamType,  # type: ignore[type-arg]
    text: str,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> tuple[float, float, float]:
    try:
        x, y, z = (float(Fraction(word.strip())) for word in text.split(","))
    except (ValueError, ZeroDivisionError, OverflowError):
        kind.fail(f"{text!r:.80} is no point: three fractional coordinates, such as 0,1/2,0.25", param, ctx)
    if max(abs(x), abs(y), abs(z)) > 1e6:
        kind.fail(f"{text!r:.80} is no point: it is more than a million cells away", param, ctx)
    return x, y, z


class IndicesType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.2 on
    """Miller indices: ``1,-1,0``."""

    name = "indices"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int, int]:
        """Parse three integers."""
        if isinstance(value, tuple):
            return value
        words = [word.strip() for word in str(value).split(",")]
        if len(words) != 3 or not all(
            len(word) <= 6 and word.removeprefix("-").isdecimal() and word.isascii() for word in words
        ):
            self.fail(f"{value!r:.80} is no plane: three Miller indices, such as 1,-1,0", param, ctx)
        h, k, l = (int(word) for word in words)  # noqa: E741 - Miller's
        return h, k, l


class FractionType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.2 on
    """A number or a fraction: ``0.25`` or ``1/4``."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse it."""
        try:
            number = float(Fraction(str(value)[:40].strip()))
        except (ValueError, ZeroDivisionError, OverflowError):
            number = float("nan")
        if not abs(number) <= 1e4:
            self.fail(f"{value!r:.80} is no number from -10000 to 10000, such as 0.25 or 1/4", param, ctx)
        return number


class WantedPlane(NamedTuple):
    """What the options of :func:`plane_options` say; nothing, perhaps."""

    indices: tuple[int, int, int] | None
    offset: float | None
    through: tuple[Place, Place, Place] | None

    @property
    def is_given(self) -> bool:
        """Whether a plane is named."""
        return self.indices is not None or self.through is not None

    def plane(self, given: GivenField, cells: tuple[int, int] | None = None) -> CrystalPlane:
        """The plane of a field's cell; ``cells`` of it, or None where nothing was said.

        Raises:
            FieldError: there is no such plane, or no such atom.
            click.UsageError: cells of a plane through points.
        """
        from sgbasis.fields.crystal_plane import CrystalPlane

        lattice = given.field.lattice
        if self.through is not None:
            if cells is not None:
                raise click.UsageError("--cells counts those of --plane, not of --through.")
            return CrystalPlane.through(lattice, [position(given, one) for one in self.through])
        assert self.indices is not None
        return CrystalPlane.of_indices(lattice, self.indices, offset=self.offset or 0.0, cells=cells or (1, 1))


def position(given: GivenField, place: Place) -> np.ndarray:
    """(3,) fractional coordinates of a point or an atom.

    Raises:
        FieldError: there is no such atom.
    """
    import numpy as np

    from sgbasis.fields.given_field import atom_position

    return np.array(atom_position(given.field, place, given.name) if isinstance(place, str) else place)


def plane_options(command: _Command) -> _Command:
    """``--plane H,K,L``, ``--offset D`` and ``--through P P P``, together as ``plane``, a :class:`WantedPlane`."""

    @functools.wraps(command)
    def with_plane(
        *,
        indices: tuple[int, int, int] | None,
        offset: float | None,
        through: tuple[Place, Place, Place] | None,
        **others: Any,
    ) -> Any:
        if indices is not None and through is not None:
            raise click.UsageError("--plane and --through are two ways to name a plane: give one of them.")
        if offset is not None and indices is None:
            raise click.UsageError("--offset is that of --plane.")
        return command(plane=WantedPlane(indices, offset, through), **others)

    indices = click.option(
        "--plane",
        "indices",
        type=IndicesType(),
        metavar="H,K,L",
        help="A plane, by its Miller indices in the cell.",
    )
    offset = click.option(
        "--offset", type=FractionType(), metavar="D",
        help="Distance of that plane from the origin in interplanar spacings, such as 1/2: h x + k y + l z = D "
        "[default: 0].",
    )  # fmt: skip
    through = click.option(
        "--through", nargs=3, type=PlaceType(), metavar="P P P",
        help="The plane through three points, 0,1/2,0.25, or atoms, Si2 (the second Si of the file).",
    )  # fmt: skip
    return cast("_Command", indices(offset(through(with_plane))))
