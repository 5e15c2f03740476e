"""Pictures of basis functions: a section and the nodal surface f = 0, with the metric of the cell below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from basis_compiler import formula_latex, formula_text, trigonometric_form
from basis_compiler.bases.formula_text import complex_formula
from basis_store import CompiledSetting, CrystalRecord, MagneticGroup, Setting
from basis_store.bases.compiled_setting import check_compiled
from sgbasis.pictures.atom_spheres import write_elements
from sgbasis.pictures.cell_drawing import drawn_lattice, metric_text
from sgbasis.pictures.nodal_surface import draw_nodal_surface
from sgbasis.pictures.placed_atoms import PlacedAtoms
from sgbasis.pictures.section import Section, default_section, draw_section, shown_share
from sgbasis.pictures.style import (
    INK,
    PictureKind,
    character_mathtext,
    name_text,
    needs_plot_extra,
    new_figure,
    picture_bytes,
    symbol_mathtext,
)
from sgbasis.pictures.wave_sum import WaveSum

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 11.0, 6.0
"""Of the picture, in inches."""

_LONGEST_FORMULA = 80
_LONGEST_CELL = 90
"""Characters, in mathtext, that fit into the line below the surface."""


@needs_plot_extra
def function_picture(
    compiled: CompiledSetting,
    function: int,
    *,
    section: Section | None = None,
    cells: int = 1,
    kind: PictureKind = "png",
    crystal: CrystalRecord | None = None,
) -> bytes:
    """A picture of one real basis function: contours on a plane, and the surface on which it vanishes.

    The same input gives the same bytes for the same versions of matplotlib and scikit-image.

    Args:
        compiled: the setting.
        function: numbered as in :meth:`runtime.Basis.evaluate`, but not the constant; of complex functions the
            real part is drawn.
        section: the plane; default, the one at eighths that shows most of the range of the function.
        cells: how many cells to draw along each axis.
        kind: of picture.
        crystal: of this group; its atoms are drawn over the function, in its own cell.

    Returns:
        The bytes of the picture; of a PNG, 1650 x 900 pixels.

    Raises:
        IndexError: the setting has no function of this number, or it is the constant.
        TypeError: ``compiled`` is something else, such as a :class:`runtime.Basis`.
        CrystalError: the crystal has another group.
        basis_store.MissingDependencyError: matplotlib or scikit-image is not installed.
    """
    check_compiled(compiled)
    if function == 0 and compiled.n_constants:
        raise IndexError("function 0 is the constant 1: there is nothing to draw")
    drawn = WaveSum.of(compiled, function)
    atoms = None if crystal is None else PlacedAtoms.of(crystal, compiled)
    lattice = drawn_lattice(compiled) if atoms is None else atoms.lattice
    plane = section or default_section(drawn)
    figure = new_figure(WIDTH, HEIGHT)
    left = figure.add_axes((0.055, 0.135, 0.37, 0.665))
    bar = figure.add_axes((0.435, 0.19, 0.011, 0.555))
    right = figure.add_axes((0.49, 0.08, 0.50, 0.90), projection="3d")
    draw_section(figure, left, bar, drawn, lattice, plane, cells, atoms)
    draw_nodal_surface(right, drawn, lattice, cells, atoms)
    if atoms is not None:
        write_elements(figure, atoms.numbers, (0.51, 0.955))
    share = shown_share(drawn, plane)
    cell = f"cell with {metric_text(lattice)}" if atoms is None else f"{name_text(atoms.name)}: {atoms.cell_text}"
    _write_texts(figure, compiled, function, f"section ${plane}$, {100 * share:.0f} % of the range", cell)
    return picture_bytes(figure, kind)


def _write_texts(figure: Figure, compiled: CompiledSetting, function: int, section: str, cell: str) -> None:
    setting, named = compiled.setting, compiled.representation
    choice, number = "", str(setting.number)
    if isinstance(setting, MagneticGroup):
        number = setting.bns_number
    if isinstance(setting, Setting) and setting.choice and not setting.is_standard:
        choice = f", setting {setting.choice}"
    character = "" if named.is_trivial else f"   {character_mathtext(named.character)}"
    part = "" if named.is_real else "real part of "
    name = f"No. {number}   {symbol_mathtext(setting.symbol)}{choice}{character}   {part}function {function}"
    figure.text(0.03, 0.93, name, fontsize=17, color=INK, va="center")
    formula = _formula(compiled, function)
    figure.text(0.03, 0.865, formula, fontsize=13, color=INK, va="center")
    figure.text(0.235, 0.045, f"{section}; zero line black", fontsize=10, color=INK, ha="center", va="center")
    drawn = f"f_{{{function}}}" if named.is_real else rf"\mathrm{{Re}}\,f_{{{function}}}"
    space = "\n" if len(cell) > _LONGEST_CELL else " "
    note = f"surface ${drawn} = 0$, red on the positive side;{space}{cell}"
    figure.text(0.74, 0.045, note, fontsize=10, color=INK, ha="center", va="center")


def _formula(compiled: CompiledSetting, function: int) -> str:
    """The formula in mathtext; of a long one, how many terms it has, and the command that prints them."""
    if compiled.representation.is_real:
        form = trigonometric_form(compiled, function)
        text, latex, count = formula_text(form), formula_latex(form), len(form.terms)
    else:
        text, latex = complex_formula(compiled, function), complex_formula(compiled, function, latex=True)
        count = int(compiled.orbit_sizes[function])
    if len(text) <= _LONGEST_FORMULA:
        return f"$f_{{{function}}} = {latex}$"
    named = compiled.representation
    group = compiled.setting.label.partition(" ")[0] if named.is_trivial else str(named)
    command = f"sgbasis show {group} --count {function + 1 - compiled.n_constants}"
    return f"$f_{{{function}}}$ is a sum of {count} terms; its formula: {command}"
