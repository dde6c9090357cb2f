"""Figures of an outcome for notebooks and files: theory as lines, measurements as points with error bars.

Made without pyplot, so that nothing of the user's own figures is touched. The pages have pictures of their own.
"""

from __future__ import annotations

import csv
import functools
import io
import itertools
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from verify.lettering import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of verify.evidence, which imports this module.
Evidence = Any
Curve = Any
Plane = Any

WIDTH, HEIGHT, COLUMNS, FONT = 6.4, 3.6, 2, 9.5  # inches of one picture, pictures in a row, points
DPI = 100  # of what a notebook displays
LETTERS = 70  # in a line above a picture
COLOURS = ("#0b6e99", "#c2410c", "#4d7c0f", "#7e22ce")
MARKERS = ("o", "s", "^", "D")
LOG_AXIS, LOG_VALUE = 30.0, 1e3  # ratios of largest to smallest from which an axis is logarithmic
FEW = 100.0  # the ratio below which the labels of a logarithmic axis are more than its decades


class NothingToDraw(ValueError):
    """An outcome whose evidence has no curves."""


@functools.cache
def _drawing() -> type[Figure]:
    """matplotlib's Figure, which a notebook displays whether its backend is switched on or not."""
    from matplotlib.figure import Figure

    class Drawing(Figure):
        """A figure that shows itself."""

        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format="png", dpi=DPI)
            return buffer.getvalue()

    return Drawing


def figure(title: str, evidence: Sequence[Evidence]) -> Figure:
    """All curves and planes of some evidence, one picture for each quantity. Raises NothingToDraw."""
    import matplotlib

    pictures = list(_pictures(evidence))
    if not pictures:
        raise NothingToDraw(f"{title} has no curves: none of its evidence compares a quantity along an axis")
    columns = min(COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    with matplotlib.rc_context({"text.usetex": False, "text.parse_math": False, "font.size": FONT}):
        made = _drawing()(figsize=(WIDTH * columns, HEIGHT * rows + 0.4), layout="constrained")
        made.suptitle(f"{_wrapped(title, columns)}\nlines: theory, points: measured", fontsize=FONT + 1)
        for number, (head, what) in enumerate(pictures, start=1):
            axes = made.add_subplot(rows, columns, number)
            axes.set_title(_wrapped(head), fontsize=FONT)
            axes.spines[["top", "right"]].set_visible(False)
            _curves(axes, what) if isinstance(what, list) else _plane(axes, what)
            if axes.get_legend_handles_labels()[0]:
                axes.legend(frameon=False, fontsize=FONT - 1, loc="upper left", bbox_to_anchor=(0, -0.17), ncols=2)
        made.canvas.draw()  # all texts are set by the rules above, whatever the user's own are
    return made


def _pictures(evidence: Sequence[Evidence]) -> Iterator[tuple[str, Any]]:
    for e in evidence:
        for _, group in itertools.groupby(e.curves, key=lambda curve: (curve.axis_label, curve.value_label)):
            yield f"{e.check}\n{e.setting}", list(group)
        for plane in e.planes:
            yield f"{e.check}: {plane.title}\n{e.setting}", plane


def _curves(axes: Axes, curves: list[Curve]) -> None:
    from matplotlib.ticker import MaxNLocator

    for curve, colour, marker in zip(curves, itertools.cycle(COLOURS), itertools.cycle(MARKERS), strict=False):
        if any(value == value for value in curve.theory):
            if curve.style == "stem":
                axes.vlines(curve.axis, 0, curve.theory, color=colour, linewidth=1)
            elif curve.style == "points":
                axes.plot(curve.axis, curve.theory, color=colour, linestyle="", marker="_", markersize=13)
            else:
                axes.plot(curve.axis, curve.theory, color=colour, linewidth=1.2)
        look: dict[str, Any] = {
            "color": colour,
            "marker": marker,
            "markersize": 3.5,
            "linestyle": "",
            "capsize": 2,
            "elinewidth": 0.8,
        }
        axes.errorbar(curve.axis, curve.measured, yerr=curve.error, label=plain(curve.label), **look)
    axes.set_xlabel(plain(curves[0].axis_label))
    axes.set_ylabel(plain(curves[0].value_label))
    places = [place for curve in curves for place in curve.axis]
    values = [v for curve in curves for v in (*curve.theory, *curve.measured) if v == v]
    if all(place == round(place) for place in places):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    elif _spans(places, LOG_AXIS):
        _logarithmic(axes, "x")
    if _spans(values, LOG_VALUE):
        _logarithmic(axes, "y")


def _plane(axes: Axes, plane: Plane) -> None:
    named: set[int] = set()
    for path in plane.paths:
        colour = COLOURS[path.group]
        label = plain(path.label) if path.label and path.group not in named else None
        if label:
            named.add(path.group)
        if path.theory[0]:
            axes.plot(*path.theory, color=colour, linewidth=1.2, label=label)
            label = None
        if path.measured[0]:
            axes.plot(*path.measured, color=colour, marker=MARKERS[path.group], markersize=3, linestyle="", label=label)
    axes.set_xlabel(plain(plane.x_label))
    axes.set_ylabel(plain(plane.y_label))
    for place, label in plane.marks:
        axes.axvline(place, color="grey", linewidth=0.8, linestyle=":")
        where: dict[str, Any] = {"xy": (place, 0.99), "xycoords": ("data", "axes fraction"), "va": "top"}
        axes.annotate(plain(label), **where, xytext=(3, 0), textcoords="offset points", fontsize=FONT - 1)
    if plane.log_x:
        _logarithmic(axes, "x")
    if plane.log_y:
        _logarithmic(axes, "y")
    if plane.equal:
        axes.set_aspect("equal")


def _logarithmic(axes: Axes, name: str) -> None:
    """A logarithmic axis with labels in plain text, since no formulas are set here; 2 and 5 where decades are few."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis = {"x": axes.xaxis, "y": axes.yaxis}[name]
    axes.set(**{f"{name}scale": "log"})
    low, high = sorted(axis.get_view_interval())
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < FEW * low else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _wrapped(text: str, columns: int = 1) -> str:
    return "\n".join(line for part in plain(text).split("\n") for line in textwrap.wrap(part, columns * LETTERS))


def _spans(values: Sequence[float], ratio: float) -> bool:
    return bool(values) and min(values) > 0 and max(values) >= ratio * min(values)


def rows(evidence: Sequence[Evidence]) -> Iterator[tuple[Any, ...]]:
    """The data behind the figures: check, curve, axis, quantity, place, theory, measured, error; a header first."""
    yield "check", "curve", "axis", "quantity", "place", "theory", "measured", "error"
    for e in evidence:
        for curve in e.curves:
            for row in _points(curve):
                yield e.check, curve.label, curve.axis_label, curve.value_label, *row
        for plane in e.planes:
            for label, *numbers in _places(plane):
                yield e.check, label, plane.x_label, plane.y_label, *numbers, ""


def curve_rows(curves: Sequence[Curve]) -> Iterator[tuple[Any, ...]]:
    """The data behind one picture of curves, a header first."""
    yield "series", curves[0].axis_label or "index", "theory", "measured", "error"
    for curve in curves:
        for row in _points(curve):
            yield curve.label, *row


def plane_rows(plane: Plane) -> Iterator[tuple[Any, ...]]:
    """The data behind a picture in the plane, a header first: a row is a point of theory, or a measured one."""
    yield "series", plane.x_label, f"{plane.y_label}, theory", f"{plane.y_label}, measured"
    yield from _places(plane)


def text(table: Iterable[tuple[Any, ...]]) -> str:
    """Rows as CSV, numbers to ten digits."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([f"{cell:.10g}" if isinstance(cell, float) else cell for cell in row] for row in table)
    return buffer.getvalue()


def _points(curve: Curve) -> Iterator[tuple[Any, ...]]:
    """Place, theory (empty where there is none), measured, error."""
    for place, theory, *others in zip(curve.axis, curve.theory, curve.measured, curve.error, strict=True):
        yield place, "" if theory != theory else theory, *others


def _places(plane: Plane) -> Iterator[tuple[Any, ...]]:
    """Label, abscissa, and the ordinate in the first column for theory, in the second for a measurement."""
    names = {path.group: path.label for path in reversed(plane.paths) if path.label}
    for path in plane.paths:
        label = path.label or names.get(path.group, plane.title)
        yield from ((label, x, y, "") for x, y in zip(*path.theory, strict=True))
        yield from ((label, x, "", y) for x, y in zip(*path.measured, strict=True))
