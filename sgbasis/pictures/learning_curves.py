"""Learning curves of training runs, a panel for each target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sgbasis.pictures.style import (
    INK,
    PictureKind,
    logarithmic_ticks,
    name_text,
    needs_plot_extra,
    new_figure,
    picture_bytes,
    unit_mathtext,
)


@needs_plot_extra
def learning_curves_picture(
    histories: Mapping[str, Sequence[Mapping[str, Any]]],
    labels: Mapping[str, str],
    units: Mapping[str, str],
    *,
    kind: PictureKind,
) -> bytes:
    """Losses on training and validation data by epoch.

    Args:
        histories: of runs, by name: for each epoch its number and the losses of each target; of fine-tuning first
            epoch -1, the initial model, which has no training loss.
        labels: what the losses of targets are, by name.
        units: of the losses of targets, by name; those that have one.
        kind: of picture.

    Raises:
        basis_store.MissingDependencyError: matplotlib is not installed.
    """
    alone = len(histories) == 1
    targets = list(dict.fromkeys(name for history in histories.values() for name in history[0]["val_loss"]))
    figure = new_figure(4.6 * len(targets), 3.4)
    figure.set_layout_engine("constrained")
    for panel, target in zip(figure.subplots(1, len(targets), squeeze=False)[0], targets, strict=True):
        for number, (name, history) in enumerate(histories.items()):
            if target not in history[0]["val_loss"]:
                continue
            for key, style in (("val_loss", "-"), ("train_loss", ":")):
                known = [entry for entry in history if target in entry.get(key, {})]
                epochs = [entry["epoch"] for entry in known]
                values = [entry[key][target] for entry in known]
                label = ("validation" if alone else name_text(name)) if key == "val_loss" else None
                panel.plot(epochs, values, style, color=f"C{number}", label=label)
        panel.set_title(name_text(target), color=INK)
        tuned = any(history[0]["epoch"] < 0 for history in histories.values())
        xlabel = "epoch (-1: the initial model)" if tuned else "epoch"
        panel.xaxis.get_major_locator().set_params(integer=True)
        unit = f" ({unit_mathtext(units[target])})" if units.get(target) else ""
        panel.set(xlabel=xlabel, ylabel=name_text(labels.get(target, "loss")) + unit, yscale="log")
        logarithmic_ticks(panel.yaxis)
        panel.plot([], [], ":", color="C0" if alone else INK, label="training")
        panel.legend(frameon=False)
    return picture_bytes(figure, kind)
