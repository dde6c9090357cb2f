"""Theory against simulation, as SVG that follows the page's colours and fonts.

Theory is a line (stems for a spectrum, dashes where neighbours have nothing to do with each other), the measurement
points with error bars, and below them stands measured minus theory. Pictures in the plane (maps, trees, phase diagrams)
have no residuals, nor has a line that only orients the eye. The figures are made without pyplot
and give the same bytes each time. They are drawn in stand-in colours, which CSS variables replace.
"""

from __future__ import annotations

import functools
import io
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from verify import figures
from verify.evidence import Curve, Evidence, Plane
from verify.lettering import plain
from verify.report import scales
from verify.report.kept import Task
from verify.report.svg import dress

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT = "#010203", "#040506"
SERIES = ("#0a0b01", "#0a0b02", "#0a0b03", "#0a0b04")
COLOURS = {INK: "currentColor", FAINT: "var(--axis)"} | {c: f"var(--series-{i})" for i, c in enumerate(SERIES, start=1)}
MARKERS, DASHES = ("o", "s", "^", "D"), ("-", (0, (5, 1.6)), (0, (1.6, 1.4)), (0, (5, 1.4, 1.2, 1.4)))
WIDTH, HEIGHT, FONT = 4.5, 3.5, 9.6  # inches and points; the page scales the figure to its column
TITLE: dict[str, Any] = {"fontsize": FONT, "y": 1.0}  # without y, matplotlib sets all ticks to look for one above
LOG_AXIS, LOG_VALUE = 30.0, 1e3  # ratios of largest to smallest from which an axis is logarithmic
DODGE = 2.4  # points by which the residuals of several series stand side by side
FLAT = 0.02  # an axis of values spans at least this part of them
CROWDED = 25  # points of one series from which the marks are smaller
MOST = 480  # marks in a figure; of more, every second, third, ... is drawn, and the caption says so
THEORY = {
    "line": "Line: theory. ",
    "stem": "Stems: theory. ",
    "points": "Dashes: theory. ",
    "guide": "Line: for orientation, no part of the verdict. ",
}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "rederive",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": FONT,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.linewidth": 0.7,
    "text.usetex": False,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.width": 0.5,
    "ytick.minor.width": 0.5,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.major.pad": 2.5,
    "ytick.major.pad": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.use_mathtext": False,
    "axes.formatter.useoffset": False,
    "text.parse_math": False,
    "path.simplify": True,
}


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One figure: the SVG element, its legend (label and number of each series), and what it shows, in words.

    data   the numbers behind it, as CSV
    """

    svg: str
    legend: tuple[tuple[str, int], ...]
    title: str
    description: str
    caption: str
    data: str


def task(evidence: Evidence, prefix: str) -> Task:
    """What `Kept` needs to make the plots of some evidence ahead of time; the value is a list of their fields."""
    number = len(_together(evidence)) + len(evidence.planes)

    def fits(value: Any) -> bool:
        return isinstance(value, list) and len(value) == number and all(map(_is_plot, value))

    return Task(
        f"plots {prefix} {evidence.setting} {evidence.curves!r} {evidence.planes!r}", _make, (evidence, prefix), fits
    )


def _is_plot(plot: Any) -> bool:
    def is_entry(entry: Any) -> bool:
        match entry:
            case [str(), int(number)]:
                return 1 <= number <= len(SERIES)
        return False

    names = {"svg", "legend", "title", "description", "caption", "data"}
    if not isinstance(plot, dict) or plot.keys() != names or not isinstance(plot["legend"], (list, tuple)):
        return False
    return all(isinstance(plot[name], str) for name in names - {"legend"}) and all(map(is_entry, plot["legend"]))


def _make(evidence: Evidence, prefix: str) -> list[dict[str, Any]]:
    return [asdict(plot) for plot in plots(evidence, prefix)]


def plots(evidence: Evidence, prefix: str) -> tuple[Plot, ...]:
    """One figure for each pair of axis and quantity among the curves (several if there are many), and for each plane.

    `prefix` makes the ids unique on the page.
    """
    drawn = [_plot(curves, f"{prefix}-{number}") for number, curves in enumerate(_together(evidence))]
    drawn += [_picture(plane, f"{prefix}-p{number}") for number, plane in enumerate(evidence.planes)]
    about = f" {evidence.setting[:1].upper()}{evidence.setting[1:]}." if evidence.setting else ""
    return tuple(replace(plot, caption=plot.caption + about) for plot in drawn)


def _together(evidence: Evidence) -> list[list[Curve]]:
    """The curves that stand in one figure each."""
    groups: dict[tuple[str, str], list[Curve]] = {}
    for curve in evidence.curves:
        if len(curve.axis):
            groups.setdefault((curve.axis_label, curve.value_label), []).append(curve)
    size = len(SERIES)
    return [curves[start : start + size] for curves in groups.values() for start in range(0, len(curves), size)]


@functools.cache
def _new_sheet(panels: int) -> tuple[Figure, list[Axes]]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT))
    FigureCanvasSVG(figure)
    heights = (2.5, 1)[:panels]
    rows = list(figure.subplots(panels, 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0])
    figure.subplots_adjust(left=0.125, right=0.975, top=0.92, bottom=0.145, hspace=0.33)
    for axis in [axes.yaxis for axes in rows] + [axes.xaxis for axes in rows[:-1]]:
        axis.set_label_coords(0, 0)  # it has no label: no place is looked for beside its ticks
    return figure, rows


def _sheet(panels: int) -> tuple[Figure, list[Axes]]:
    """A figure of one panel, or of two above each other, and these, empty; what was drawn on it before is gone.

    It keeps its ticks: to make new ones takes half the time of a figure.
    """
    figure, rows = _new_sheet(panels)
    for axes in rows:
        for kind in ("containers", "lines", "collections", "texts"):
            for artist in list(getattr(axes, kind)):
                artist.remove()
        axes.relim()  # forgets the limits of what was drawn
        axes.set(xscale="linear", yscale="linear", aspect="auto", autoscale_on=True)
    return figure, rows


def _picture(plane: Plane, prefix: str) -> Plot:
    """A figure in the plane: theory as lines, or as crosses where it is one point, the measurement as open marks."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure, (axes,) = _sheet(1)
        every = -(-sum(len(path.measured[0]) for path in plane.paths) // MOST) or 1
        for path in plane.paths:
            colour, mark = SERIES[path.group], MARKERS[path.group]
            small = len(path.measured[0]) > CROWDED
            measured = [values[::every] for values in path.measured]
            line: dict[str, Any] = {"linestyle": DASHES[path.group], "linewidth": 1.3}
            if len(path.theory[0]) == 1:
                line = {"linestyle": "none", "marker": "x", "markersize": 6}
            axes.plot(*path.theory, color=colour, **line)
            axes.plot(
                *measured,
                color=colour,
                linestyle="none",
                marker=mark,
                markersize=3.0 if small else 4.4,
                markerfacecolor="none",
                markeredgewidth=0.9,
            )
        axes.set_xlabel(plain(plane.x_label), labelpad=3)
        axes.set_title(plain(plane.y_label), loc="left", **TITLE, pad=5)
        axes.margins(x=0.05, y=0.05)
        for place, label in plane.marks:
            axes.axvline(place, color=FAINT, linewidth=0.9, linestyle=(0, (2, 2)))
            where: dict[str, Any] = {"xy": (place, 0.99), "xycoords": ("data", "axes fraction"), "va": "top"}
            axes.annotate(plain(label), **where, xytext=(3, 0), textcoords="offset points", fontsize=FONT - 1)
        if plane.log_x:
            axes.set_xscale("log")
            scales.plain_decades(axes.xaxis, "log", np.array(axes.get_xlim()))
        if plane.log_y:
            axes.set_yscale("log")
            scales.plain_decades(axes.yaxis, "log", np.array(axes.get_ylim()))
        if plane.equal:
            axes.set_aspect("equal", adjustable="datalim")
        svg = _rendered(figure)
    named = {p.group: p.label for p in reversed(plane.paths) if p.label}
    lines = any(p.theory[0] for p in plane.paths)
    marks = any(p.measured[0] for p in plane.paths)
    csv = figures.text(figures.plane_rows(plane))
    caption = " ".join(["Lines: theory."] * lines + [f"Points: measurement{_thinned(every)}."] * marks)
    return Plot(
        svg=dress(svg, prefix, COLOURS),
        title=plane.title,
        caption=caption,
        legend=tuple((named[group], group + 1) for group in sorted(named)),
        description=f"{plane.title}: {plane.y_label} against {plane.x_label}, {len(plane.paths)} paths.",
        data=csv,
    )


def _thinned(every: int) -> str:
    return f", one of {every} is drawn" if every > 1 else ""


def _rendered(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    return buffer.getvalue()


def _plot(curves: list[Curve], prefix: str) -> Plot:
    from matplotlib import rc_context

    points = sum(len(c.axis) for c in curves)
    every = -(-points // (MOST // 2))  # each point stands in both panels
    series = [_Series(c, every) for c in curves]
    axis, quantity = curves[0].axis_label or "index", curves[0].value_label or "value"
    with rc_context(STYLE):
        compared = any(s.has_theory and s.style != "guide" for s in series)
        figure, rows = _sheet(2 if compared else 1)
        relative = _draw(rows[0], series, quantity)
        if compared:
            _draw_residuals(rows[1], series, relative)
        rows[-1].set_xlabel(plain(axis), labelpad=3)
        scales.plain_decades(rows[-1].xaxis, rows[-1].get_xscale(), np.array(rows[-1].get_xlim()))
        svg = _rendered(figure)
    worst = max(float(np.nanmax(np.abs(s.residual), initial=0.0)) for s in series)
    title = f"{quantity} against {axis}"
    named = tuple((c.label, number) for number, c in enumerate(curves, start=1))
    described = f"{title}; {points} points in {len(curves)} series"
    return Plot(
        svg=dress(svg, prefix, COLOURS),
        title=title,
        legend=() if [c.label for c in curves] == [quantity] else named,
        description=f"Theory and measurement: {described}; the largest difference between them is {worst:.2g}."
        if compared
        else f"Measurement: {described}.",
        caption="".join(text for style, text in THEORY.items() if any(s.style == style for s in series if s.has_theory))
        + f"Points: measurement with its uncertainty{_thinned(every)}{', and the worst' * (compared and every > 1)}.",
        data=figures.text(figures.curve_rows(curves)),
    )


class _Series:
    """One curve as arrays sorted along the axis, with gaps where a value is not finite.

    `shown` are the points that get a mark: every so many, and the one with the largest residual.
    """

    def __init__(self, curve: Curve, every: int) -> None:
        table = np.array([curve.axis, curve.theory, curve.measured, curve.error], dtype=float)
        table = table[:, np.argsort(table[0], kind="stable")]
        table[~np.isfinite(table)] = np.nan
        self.axis, self.theory, self.measured, self.error = table
        self.error = np.nan_to_num(np.abs(self.error))
        self.residual = self.measured - self.theory
        self.style = curve.style
        self.stems = curve.style == "stem"
        self.apart = curve.style in ("stem", "points")
        self.has_theory = bool(np.any(np.isfinite(self.theory)))
        worst = int(np.argmax(np.nan_to_num(np.abs(self.residual))))
        self.shown = np.union1d(np.arange(0, len(self.axis), every), [worst])


def _draw(axes: Axes, series: list[_Series], quantity: str) -> bool:
    """Theory and measurement; returns whether values are on a logarithmic scale, where residuals are relative."""
    values = np.concatenate([np.concatenate([s.theory, s.measured]) for s in series])
    relative = scales.spans(values, LOG_VALUE) and not any(s.stems for s in series)
    if scales.spans(np.concatenate([s.axis for s in series]), LOG_AXIS) and all(
        scales.geometric(s.axis) for s in series
    ):
        axes.set_xscale("log")
    if relative:
        axes.set_yscale("log")
    scale, unit = (1.0, "") if relative else scales.unit(values)
    for number, s in enumerate(series):
        line: dict[str, Any] = {"color": SERIES[number], "linestyle": DASHES[number], "linewidth": 1.5}
        place: dict[str, Any] = {"transform": _aside(axes, number, len(series))} if s.apart else {}
        if s.stems:
            axes.vlines(s.axis, 0, s.theory / scale, **line, **place)
        elif s.style == "points":
            dash: dict[str, Any] = {"linestyle": "none", "marker": "_", "markersize": 13, "markeredgewidth": 1.5}
            axes.plot(s.axis, s.theory / scale, color=SERIES[number], **dash, **place)
        else:
            axes.plot(s.axis, s.theory / scale, **line)
        bars = scales.bar(s.measured, s.error, relative)[:, s.shown] / scale
        axes.errorbar(s.axis[s.shown], s.measured[s.shown] / scale, yerr=bars, **_point(s, number), **place)
        if s.apart:  # shifted marks do not take part in autoscaling
            heights = (
                np.zeros_like(s.theory) if s.stems else s.theory,
                s.theory,
                s.measured - s.error,
                s.measured + s.error,
            )
            axes.update_datalim(np.concatenate([np.stack([s.axis, h / scale], axis=1) for h in heights]))
    axes.autoscale_view()
    axes.set_title(plain(quantity) + unit, loc="left", **TITLE, pad=5)
    _finish(axes, series)
    height = float(np.nanmax(np.abs(values), initial=0.0)) / scale
    if np.diff(axes.get_ylim())[0] < FLAT * height:  # a constant: its digits would fill the margin
        axes.set_ylim(*(np.nanmean(values) / scale + np.array([-1, 1]) * FLAT * height))
    scales.plain_decades(axes.yaxis, axes.get_yscale(), np.array(axes.get_ylim()))
    return relative


def _draw_residuals(axes: Axes, series: list[_Series], relative: bool) -> None:
    """Measured minus theory, the points of several series side by side."""
    sizes = [np.abs(s.theory) if relative else np.ones_like(s.theory) for s in series]
    rows = [(s.residual / size, s.error / size) for s, size in zip(series, sizes, strict=True)]
    reach = np.concatenate([np.abs(residual) + error for residual, error in rows])
    small, unit = scales.unit(reach)
    axes.axhline(0, color=FAINT, linewidth=0.8)
    for number, (s, (residual, error)) in enumerate(zip(series, rows, strict=True)):
        place = _aside(axes, number, len(series))
        part, bars = residual[s.shown] / small, error[s.shown] / small
        axes.errorbar(s.axis[s.shown], part, yerr=bars, transform=place, **_point(s, number))
    axes.set_title(("relative residual" if relative else "measured − theory") + unit, loc="left", **TITLE, pad=4)
    _finish(axes, series)
    # Shifted points do not take part in autoscaling: the range is set from the numbers.
    bound = 1.1 * float(np.nanmax(reach, initial=0.0)) / small or 1.0
    axes.set_ylim(-bound, bound)
    axes.locator_params(axis="y", nbins=4)


def _aside(axes: Axes, number: int, several: int) -> Any:
    """The place of one of several series whose marks stand side by side."""
    from matplotlib.transforms import ScaledTranslation

    aside = DODGE * (number - (several - 1) / 2) / 72
    return axes.transData + ScaledTranslation(aside, 0, axes.figure.dpi_scale_trans)


def _point(s: _Series, number: int) -> dict[str, Any]:
    return {
        "color": SERIES[number],
        "marker": MARKERS[number],
        "linestyle": "none",
        "elinewidth": 0.9,
        "markersize": 4.4 if len(s.axis) <= CROWDED else 3.2,
        "markerfacecolor": "none",
        "markeredgewidth": 1.0,
    }


def _finish(axes: Axes, series: list[_Series]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.margins(x=0.03, y=0.08)
    if all(np.all(s.axis == np.round(s.axis)) for s in series) and axes.get_xscale() == "linear":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
