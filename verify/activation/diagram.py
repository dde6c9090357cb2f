"""The phase diagram of an activation: critical line, depth scales of correlations, and one network."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from derivations.activations import Activation
from numerics.solvers.chaos import fixed_correlations
from numerics.solvers.length import (
    Lengths,
    critical_line,
    gradient_at_zero,
    lengths,
    scale_free,
    vanishes,
)
from numerics.solvers.moments import moments
from numerics.solvers.nonlinearity import Nonlinearity
from numerics.solvers.table import USUAL, table
from verify.activation.network import Propagation
from verify.compile.nonlinearity import nonlinearity
from verify.run.store import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".svg", ".png", ".pdf")
PLACES = (140, 90)  # of the grid in sigma_w and sigma_b
LEVELS = (2, 3, 5, 10, 20, 50, 100)  # of xi_c, in layers
COARSE = 1e-4  # accuracy of the depth scales that are drawn
SHORTEST, LONGEST = 1e-3, 50.0  # lengths q* for which depth scales are drawn where an activation has kinks
NAME = 40  # characters of the activation in the title
INK, ORDERED, CHAOTIC, GROWING = "#1f2328", "#dbe7f5", "#f7e3d4", "#e6e6e6"
STYLE: dict[Any, Any] = {"font.size": 10, "svg.fonttype": "none", "svg.hashsalt": "rederive", "axes.linewidth": 0.8}


def draw(activation: Activation, found: Propagation, path: Path) -> None:
    """Write the diagram around the critical point and the network of `found`; the suffix of `path` tells the format.

    Raises OSError if the file cannot be written, ArithmeticError where averages do not exist.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(6.4, 4.6), layout="constrained")
        _fill(figure.subplots(), activation, found)
        buffer = io.BytesIO()
        fixed: dict[str, Any] = {"metadata": {"Date": None}} if path.suffix == ".svg" else {}
        figure.savefig(buffer, format=path.suffix[1:], dpi=160, **fixed)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, buffer.getvalue())


def _fill(axes: Axes, activation: Activation, found: Propagation) -> None:
    from matplotlib.colors import ListedColormap

    phi = nonlinearity(activation)
    widest, highest = _ranges(found)
    weights, biases = np.linspace(0, widest, PLACES[0] + 1)[1:], np.linspace(0, highest, PLACES[1])
    at = lengths(phi, weights, biases[:, None])
    kind = np.where(np.isfinite(at.q), np.where(at.chi1 < 1, 0.0, 1.0), 2.0)  # at a jump chi1 is infinite, q is not
    axes.pcolormesh(
        weights,
        biases,
        kind,
        cmap=ListedColormap([ORDERED, CHAOTIC, GROWING]),
        vmin=0,
        vmax=2,
        shading="nearest",
        rasterized=True,
    )
    if not phi.jumps:
        _depths(axes, phi, weights, biases, at)
        _line(axes, phi)
    if found.sigma_w is not None and found.sigma_b is not None:
        axes.plot(found.sigma_w, found.sigma_b, marker="o", color=INK, markersize=6, clip_on=False, zorder=5)
        axes.annotate(
            "this network",
            (found.sigma_w, found.sigma_b),
            (7, 7),
            textcoords="offset points",
            color=INK,
            zorder=5,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )
    names = ((0.0, "ordered", ORDERED), (1.0, "chaotic", CHAOTIC), (2.0, "lengths grow\nwithout bound", GROWING))
    for value, text, colour in names:
        rows, columns = np.nonzero(kind == value)
        if len(rows) > kind.size / 25:
            middle = np.median(columns)
            row = np.median(rows[np.abs(columns - middle) <= 2]) if np.any(np.abs(columns - middle) <= 2) else 0
            axes.text(
                weights[int(middle)],
                biases[int(row)],
                text,
                ha="center",
                va="center",
                style="italic",
                color=INK,
                bbox={"facecolor": colour, "edgecolor": "none", "alpha": 0.8, "pad": 1},
            )
    axes.set(
        xlim=(0, widest),
        ylim=(0, highest),
        xlabel=r"$\sigma_w$",
        ylabel=r"$\sigma_b$",
    )
    name = activation.name if len(activation.name) <= NAME else activation.name[: NAME - 1] + "…"
    shown = "chi1 is infinite" if phi.jumps else "layers over which correlations decay by 1/e"
    axes.set_title(f"{name}: {shown}", fontsize=10, parse_math=False)


def _ranges(found: Propagation) -> tuple[float, float]:
    """The largest sigma_w and sigma_b that are shown."""
    weight = found.critical.sigma_w if found.critical else 2.0
    biases = [1.0, 1.5 * (found.sigma_b or 0.0)]
    return max(2.0 * weight, 1.3 * (found.sigma_w or 0.0)), max(biases)


def _depths(axes: Axes, phi: Nonlinearity, weights: np.ndarray, biases: np.ndarray, at: Lengths) -> None:
    shortest, longest = (SHORTEST, LONGEST) if phi.breakpoints else USUAL
    far = (at.chi1 > 1) & ((at.q < shortest) | (at.q > longest))
    q = np.where(far | (at.q == 0), np.nan, at.q)  # at length zero there is no correlation
    try:
        slope = fixed_correlations(phi, q, weights, at.chi1, COARSE).slope
    except ArithmeticError:  # not resolved at some length: the ordered phase alone
        slope = np.where(at.chi1 < 1, at.chi1, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = -np.log(np.where((slope > 0) & (slope < 1), slope, np.nan))
    rate = np.where(at.chi1 < 1, rate, -rate)  # 1 / xi_c, negative in the chaotic phase: smooth across the line
    levels = {sign / layers: f"{layers}" for layers in LEVELS for sign in (-1, 1)}
    shown = sorted(level for level in levels if np.nanmin(rate, initial=0) < level < np.nanmax(rate, initial=0))
    if shown:
        lines = axes.contour(
            weights, biases, rate, levels=shown, colors=INK, linewidths=0.7, alpha=0.75, linestyles="-"
        )
        axes.clabel(lines, fmt=levels, fontsize=8)


def _line(axes: Axes, phi: Nonlinearity) -> None:
    """The critical line: solid where the variance map is stable, dashed where it is not."""
    if scale_free(phi):
        only = float(1 / np.sqrt(moments(phi, 1.0).gradient))
        axes.plot(only, 0, marker="s", color=INK, markersize=6, clip_on=False, zorder=4)
        axes.annotate(" critical: every\n length is kept", (only, 0), va="bottom", color=INK, zorder=4)
        return
    line = critical_line(phi, table(phi).q)
    weight, bias, stable = line.sigma_w, line.sigma_b, line.stable
    start = gradient_at_zero(phi)
    if vanishes(phi) and start > 0:
        weight, bias = np.append(1 / np.sqrt(start), weight), np.append(0.0, bias)
        stable = np.append(stable[0], stable)
    for chosen, dashes in ((stable, "-"), (~stable, "--")):
        axes.plot(np.where(chosen, weight, np.nan), np.where(chosen, bias, np.nan), color=INK, linewidth=2.2, ls=dashes)
