"""Predicted and measured numbers of a model, layer by layer, as a figure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

from verify.network.table import NetworkTable, Spectrum, Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = (
    ("length", "squared length"),
    ("correlation", "correlation"),
    ("gradient", "squared gradient"),
    ("stretch", "stretch"),
)
BARS = 40  # of the histogram of singular values
LABELS = 24  # names of layers that fit under a figure


def draw(table: NetworkTable, path: Path) -> None:
    """Four panels over the operations: a line predicted, in a band of three standard deviations; points measured."""
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "rederive"}):
        count = len(PANELS) + (table.spectrum is not None)
        figure = Figure(figsize=(10, 2.25 * count), layout="constrained")
        panels = [figure.add_subplot(count, 1, 1)]
        panels += [figure.add_subplot(count, 1, k, sharex=panels[0]) for k in range(2, len(PANELS) + 1)]
        for panel in panels[:-1]:
            panel.tick_params(labelbottom=False)
        places = list(range(len(table.rows)))
        for panel, (name, title) in zip(panels, PANELS, strict=True):
            values: list[Value] = [getattr(row, name) for row in table.rows]
            absolute = name == "correlation"
            predicted = [_plain(v.predicted) for v in values]
            bounds = [_band(v, absolute) for v in values]
            panel.fill_between(places, [b[0] for b in bounds], [b[1] for b in bounds], alpha=0.2, linewidth=0)
            panel.plot(places, predicted, label="predicted, with the error of finite width")
            panel.plot(places, [_plain(v.measured) for v in values], "k.", label="measured")
            shown = [v for value in values for v in (value.predicted, value.measured) if v is not None and v > 0]
            if not absolute and shown:
                panel.set_yscale("log")
                panel.set_ylim(min(shown) / 2, max(shown) * 2)
            panel.set_ylabel(title)
        panels[0].legend(fontsize="small", loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
        panels[0].set_title(f"{table.model}, input {'x'.join(map(str, table.input_shape))}", loc="left")
        step = -(-len(table.rows) // LABELS)
        names = [row.title[-32:] for row in table.rows]
        panels[-1].set_xticks(places[::step], names[::step], rotation=90, fontsize="x-small")
        if table.spectrum is not None:
            _spectrum(figure.add_subplot(count, 1, count), table.spectrum)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150)


def _spectrum(panel: Axes, spectrum: Spectrum) -> None:
    """A histogram of the logarithms of squared singular values; those that are zero are counted in the label."""
    positive = [math.log10(s) for s in spectrum.squared if s > 0]
    lost = len(spectrum.squared) - len(positive)
    panel.hist(
        positive,
        bins=min(BARS, max(5, len(positive) // 4)),
        color="0.7",
        label=f"measured{f', {lost} are zero' if lost else ''}",
    )
    if spectrum.predicted_mean:
        panel.axvline(math.log10(spectrum.predicted_mean), label="predicted mean")
    panel.set_xlabel("log10 of squared singular values of the Jacobian")
    panel.set_ylabel("number")
    panel.legend(fontsize="small")


def _plain(value: float | None) -> float:
    return float("nan") if value is None else value


def _band(value: Value, absolute: bool) -> tuple[float, float]:
    from math import exp

    middle, error = _plain(value.predicted), value.error or 0.0
    if absolute:
        return max(middle - error, -1.0), min(middle + error, 1.0)
    return middle * exp(-min(error, 30.0)), middle * exp(min(error, 30.0))
