"""The singular values of a deep network's Jacobian, for any activation: edges, atoms, moments, share near 1, a figure.

J is the input-output Jacobian of `layers` layers, started at the length that the network keeps. In the limit of
infinite width the squared singular values have a law that depends on the activation through phi'(h)^2 alone. Source:
document 001, deep dynamical isometry; Pennington, Schoenholz and Ganguli 2017, 2018.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from derivations.activations import Activation
from numerics.solvers.length import gradient_at_zero, scale_free
from numerics.solvers.slopes import Slopes
from numerics.solvers.spectrum import Spectrum
from numerics.solvers.spectrum_explicit import bernoulli_gaussian, bernoulli_orthogonal, linear_gaussian
from numerics.solvers.spectrum_smooth import WEIGHTS, spectrum, stationary
from verify.activation.criticality import CriticalPoint
from verify.activation.network import Propagation
from verify.compile import numpy_function
from verify.compile.nonlinearity import nonlinearity
from verify.compile.slopes import slopes_of
from verify.run.store import write_atomically

DEEPEST = 1000
FINEST = (
    5_000  # nodes of the lattices of phi'^2: tanh has 100, gelu 1,500; cos(x) at q = 2 has 10,000, and takes minutes
)
RISES, STEEPEST = 4, 20_000  # stretches on which a steep phi'^2 rises or falls, and its nodes: each point sees a few
NEAR = 0.1  # of 1: squared singular values from 1 - NEAR to 1 + NEAR
ALIKE = 1e-12  # difference of two logarithms of phi'^2
BESIDE = 1e-30  # of 0, where the slopes on its two sides are taken
LARGE = 600.0  # of |log mean|
LOWEST, POINTS = 1e-4, 2000  # of the figure on logarithmic axes, in units of the mean; places on a curve
NETWORKS, WIDTH = 8, 128  # whose singular values stand behind the densities
DEEPEST_SAMPLED = 100  # layers of them; of deeper ones that width says nothing
BARS, SEED, ANY, TINY = 24, 1, 1.3, 1e-20  # of a histogram; of the sample; its length where all are alike, and for 0
ARROW, BESIDES = 0.9, 0.02  # height of the whole mass, and what is left of 0, in units of the axes
CUT = 0.02  # of the largest lambda: what lies closer to the ends does not set the range of the axes
STYLE: dict[Any, Any] = {"font.size": 10, "svg.fonttype": "none", "svg.hashsalt": "rederive", "axes.linewidth": 0.8}
MARGINS = {"left": 0.08, "right": 0.985, "bottom": 0.135, "top": 0.905, "wspace": 0.2}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
COLOURS = {"orthogonal": "#1b6ca8", "gaussian": "#c8501e"}
LABELS = {"orthogonal": "orthogonal", "gaussian": "Gaussian"}


@dataclass(frozen=True, kw_only=True)
class Law:
    """The law of squared singular values for one kind of weights.

    lowest, highest  ends of the law, atoms included
    atoms            [(place, mass), ...]
    mean, variance   of squared singular values
    near_one         share of them from 1 - `width` to 1 + `width`, both included
    mass_error, mean_error  by how much the law as worked out misses 1 and its mean (relative)
    """

    weights: str
    lowest: float
    highest: float
    atoms: tuple[tuple[float, float], ...]
    mean: float
    variance: float
    near_one: float
    width: float
    mass_error: float
    mean_error: float


@dataclass(frozen=True, kw_only=True)
class SpectrumAnswer:
    """Laws at sigma_w and the length kept (None where all lengths are), and what is to be said of missing ones."""

    layers: int
    sigma_w: float | None
    q: float | None
    laws: tuple[Law, ...]
    notes: tuple[str, ...]


def spectra(activation: Activation, found: Propagation, layers: int) -> tuple[SpectrumAnswer, tuple[Spectrum, ...]]:
    """The laws for orthogonal and Gaussian weights at the network of `found`, else at its critical point."""
    notes: list[str] = []
    at = _network(activation, found, notes.append)
    if layers > DEEPEST:
        notes.append(f"Singular values are worked out for {DEEPEST} layers at most, not for {layers}.")
    if at is None or layers > DEEPEST:
        sigma_w, q = at or (None, None)
        return SpectrumAnswer(layers=layers, sigma_w=sigma_w, q=q, laws=(), notes=tuple(notes)), ()
    sigma_w, q = at
    kept: list[Spectrum | None] = []
    for weights in WEIGHTS:
        try:
            kept.append(law_of(activation, q, sigma_w, layers, weights))
        except (ArithmeticError, ValueError) as problem:
            notes.append(f"With {weights} weights: {problem}.")
            kept.append(None)
    laws = tuple(_summary(law, weights) for law, weights in zip(kept, WEIGHTS, strict=True) if law is not None)
    answer = SpectrumAnswer(layers=layers, sigma_w=sigma_w, q=q, laws=laws, notes=tuple(notes))
    return answer, tuple(law for law in kept if law is not None)


def law_of(activation: Activation, q: float | None, sigma_w: float, layers: int, weights: str) -> Spectrum:
    """The law of J J^T at length q; q is None where all lengths are alike, as for relu, and may be 0.

    Raises ArithmeticError where mass or mean of the law would be off by more than 1e-10 or its mean is too large or
    small for floating-point numbers, ValueError for a single layer of orthogonal weights, where phi' varies.
    """
    gain = sigma_w**2
    if q == 0:
        law = _at_zero(activation)
    else:
        law = slopes_of(activation, 1.0 if q is None else q)
        steep = len(law.lattices) == 1 and len(law.lattices[0].branches) <= RISES
        if len(law.nodes[0]) > (STEEPEST if steep else FINEST):
            raise ArithmeticError(
                "phi' varies too fast, or too often, within the fields for their law to be worked out"
            )
    if abs(layers * np.log(gain * law.mean)) > LARGE:
        size = "large" if gain * law.mean > 1 else "small"
        raise ArithmeticError(f"squared singular values have a mean too {size} for floating-point numbers")
    explicit = _explicit(law, layers, gain, weights)
    return explicit or spectrum(activation.name, law, layers, gain, weights)


def _at_zero(activation: Activation) -> Slopes:
    """The law of phi'^2 where lengths vanish: half of the fields see the slope on each side of 0.

    Raises ArithmeticError where a slope there is 0 on both sides or infinite.
    """
    mean = gradient_at_zero(nonlinearity(activation))
    if not 0 < mean < np.inf:
        raise ArithmeticError(f"at length zero phi'^2 is {mean:g}")
    sides = np.array([mean, mean])
    if 0.0 in (float(place) for place in activation.breakpoints) and activation.smoothness < 1:
        sides = numpy_function(activation, 1)(np.array([-BESIDE, BESIDE])) ** 2
    places: dict[float, float] = {}
    with np.errstate(divide="ignore"):
        for log in np.log(sides):
            places[float(log)] = places.get(float(log), 0.0) + 0.5
    spread = float(np.mean((sides / mean - 1) ** 2))
    ends = sorted(places)
    return Slopes(
        lattices=(),
        atoms=tuple(sorted(places.items())),
        mean=mean,
        spread=spread,
        low=(ends[0], True),
        high=(ends[-1], True),
    )


def stationary_places(activation: Activation, q: float | None, layers: int) -> dict[str, float]:
    """Where the largest lambda lies, by kind of weights, as `proven_edges` takes it; without those at a value of s."""
    law = slopes_of(activation, 1.0 if q is None else q)
    places = {weights: stationary(law, layers, weights) for weights in WEIGHTS if layers > 1 or weights == "gaussian"}
    return {weights: place for weights, place in places.items() if place is not None}


def _explicit(law: Slopes, layers: int, gain: float, weights: str) -> Spectrum | None:
    """The law where phi'(h)^2 is a constant, or a constant with some probability and zero otherwise."""
    places = [log for log, _ in law.atoms if log > -np.inf]
    if law.lattices or len(places) != 1:
        return None
    share = next(mass for log, mass in law.atoms if log > -np.inf)
    share, gain = (1.0 if abs(share - 1) < ALIKE else share), gain * float(np.exp(places[0]))
    if weights == "orthogonal":
        return bernoulli_orthogonal(layers, share, gain)
    return linear_gaussian(layers, gain) if share == 1 else bernoulli_gaussian(layers, share, gain)


def _network(
    activation: Activation, found: Propagation, note: Callable[[str], None]
) -> tuple[float, float | None] | None:
    """sigma_w and the length that is kept: of the network asked for, else of the critical point."""
    if found.sigma_w is not None:
        if found.q_star is not None or scale_free(nonlinearity(activation)):
            return found.sigma_w, found.q_star
        note("There is no length that the network keeps, so no law of its singular values.")
        return None
    if found.critical is None:
        note("There is no critical point, so no law of singular values; give --sigma-w for that of a network.")
        return None
    if found.critical.q_star == 0:
        note(_at_length_zero(activation, found.critical))
    return found.critical.sigma_w, found.critical.q_star


def _at_length_zero(activation: Activation, critical: CriticalPoint) -> str:
    """Of which network the laws are there, and how fast others come close to it."""
    if 0.0 in (float(place) for place in activation.breakpoints) and activation.smoothness < 1:
        slopes = "At length zero every derivative is one of the two at the kink, in half of the neurons each."
    else:
        slopes = "At length zero every derivative is that at 0: orthogonal weights have equal singular values there."
    if not critical.stable:
        return f"{slopes} A network that starts at another length does not come close to it."
    power = "" if critical.decay == 1 else f"^{critical.decay:g}" if critical.decay else None
    slow = "more slowly than exponentially" if power is None else f"as 1 / depth{power} only"
    return f"{slopes} A network that starts at another length comes close to it {slow}."


def _summary(law: Spectrum, weights: str) -> Law:
    return Law(
        weights=weights,
        lowest=law.edges[0],
        highest=law.edges[1],
        atoms=law.atoms,
        mean=law.mean,
        variance=law.variance,
        near_one=law.fraction(1 - NEAR, 1 + NEAR),
        width=NEAR,
        mass_error=law.mass_error,
        mean_error=law.mean_error,
    )


# ------------------------------------------------------------------------------------------------ figure


def sampled(activation: Activation, found: Propagation, answer: SpectrumAnswer) -> dict[str, np.ndarray]:
    """Singular values of NETWORKS networks of width WIDTH, by kind of weights; none of deep ones.

    Where the length is 0 they start at a tiny one, where all lengths are alike at ANY.
    """
    if answer.layers > DEEPEST_SAMPLED or answer.sigma_w is None:
        return {}
    from numerics.jacobian_spectrum.products import Network, jacobian

    length = ANY if answer.q is None else answer.q or TINY
    values = {}
    for law in answer.laws:
        network = Network(
            phi=numpy_function(activation),
            derivative=numpy_function(activation, 1),
            sigma_w=answer.sigma_w,
            sigma_b=found.sigma_b or 0.0,
            squared_length=length,
            layers=answer.layers,
            orthogonal=law.weights == "orthogonal",
        )
        source = np.random.default_rng(SEED)
        products = np.array([jacobian(network, WIDTH, source) for _ in range(NETWORKS)])
        values[law.weights] = np.linalg.svd(products, compute_uv=False).ravel()
    return values


def draw_spectra(
    laws: tuple[Spectrum, ...],
    answer: SpectrumAnswer,
    name: str,
    path: Path,
    counted: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> None:
    """The densities, on linear and on logarithmic axes, over the histograms of what was counted in a network.

    Point masses are arrows, as high as the axes for the whole mass.
    counted  singular values by kind of weights, as from `sampled`

    Raises OSError if the file cannot be written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(9.0, 3.9))
        figure.subplots_adjust(**MARGINS)  # a layout that is worked out draws everything twice
        for axes, logarithmic in zip(figure.subplots(1, 2), (False, True), strict=True):
            _fill(axes, laws, answer, logarithmic)
            _count(axes, counted, logarithmic)
        length = "" if answer.q is None else f", q = {answer.q:.4g}"
        title = (
            f"{name}, {answer.layers} layers, sigma_w = {answer.sigma_w:.6g}{length}: singular values of the Jacobian"
        )
        if counted:
            title += f"; bars: {NETWORKS} sampled networks of width {WIDTH}"
        figure.suptitle(title, fontsize=9, parse_math=False)
        buffer = io.BytesIO()
        fixed: dict[str, Any] = {"metadata": {"Date": None}} if path.suffix == ".svg" else {}
        figure.savefig(buffer, format=path.suffix[1:], dpi=160, **fixed)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, buffer.getvalue())


def _fill(axes: Any, laws: tuple[Spectrum, ...], answer: SpectrumAnswer, logarithmic: bool) -> None:
    """Densities of singular values s on linear axes, of squared ones on logarithmic axes; point masses are arrows."""
    from matplotlib.ticker import NullLocator

    highest, scale = max(law.edges[1] for law in laws), laws[0].mean
    tallest, faintest = 0.0, np.inf
    for row, (law, about) in enumerate(zip(laws, answer.laws, strict=True)):
        colour, label = COLOURS[about.weights], f"{LABELS[about.weights]} weights"
        places = [(where if logarithmic else math.sqrt(where), mass) for where, mass in law.atoms]
        if places:
            masses = ", ".join(f"{mass:.3g} at {x:.3g}" for x, mass in places)
            label += f"{', ' if len(places) == 1 else chr(10)}mass {masses}"
        if len(law.log_edges):
            place, density = law.curve(POINTS)
            shown = place > LOWEST * scale
            place, density = place[shown], density[shown]
            root = np.sqrt(place)
            axes.plot(
                *((place, density) if logarithmic else (root, 2 * root * density)), color=colour, lw=1.4, label=label
            )
            top = law.intervals[-1][1]
            inside = (place > CUT * top) & (place < (1 - CUT) * top)
            tallest = max(tallest, float(np.max(2 * root * density, where=inside, initial=0.0)))
            faintest = min(faintest, float(np.min(density, where=inside, initial=np.inf)))
            label = ""
        for x, mass in places:
            if x > 0 or not logarithmic:
                _arrow(axes, x, mass, row, colour, label)
                label = ""
    if logarithmic:
        axes.set(xscale="log", yscale="log", xlim=(LOWEST * scale, 1.5 * highest))
        if np.isfinite(faintest):
            axes.set_ylim(bottom=faintest / 10)
        axes.set_xlabel("squared singular value \N{GREEK SMALL LETTER LAMDA}")
        axes.set_ylabel("density of \N{GREEK SMALL LETTER LAMDA}")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(_power_of_ten)
            axis.set_minor_locator(NullLocator())
    else:
        widest = np.sqrt(highest)
        axes.set(xlim=(-BESIDES * widest, 1.05 * widest), ylim=(0, 1.15 * tallest if tallest else 1))
        axes.set(xlabel="singular value s", ylabel="density of s")
        axes.ticklabel_format(axis="y", scilimits=(-3, 4))
    axes.legend(edgecolor="none", framealpha=0.7, fontsize=8, loc="lower left" if logarithmic else "upper right")


def _arrow(axes: Any, x: float, mass: float, row: int, colour: str, label: str) -> None:
    """A point mass."""
    tip, placed = ARROW * mass, axes.get_xaxis_transform()
    style = "-" if row == 0 else (0, (3, 3))  # two at one place show both
    axes.plot([x, x], [0, tip], color=colour, lw=1.6, ls=style, transform=placed, label=label or None)
    axes.plot([x], [tip], color=colour, marker="^", ms=6, ls="", transform=placed, clip_on=False)


def _power_of_ten(value: float, _: int) -> str:
    """The label of a tick, in plain text: formulas in labels take a third of a figure's time."""
    return "10" + str(round(math.log10(value))).translate(RAISED)


def _count(axes: Any, counted: Mapping[str, np.ndarray], logarithmic: bool) -> None:
    """Histograms of singular values on linear axes, of squared ones on logarithmic axes, where there are densities."""
    low, high = axes.get_xlim()
    edges = np.geomspace(low, high, BARS + 1) if logarithmic else np.linspace(0, high, BARS + 1)
    for weights, values in counted.items():
        places = values**2 if logarithmic else values
        number, _ = np.histogram(places[places > edges[0]], edges)
        density, look = number / (len(values) * np.diff(edges)), {"color": COLOURS[weights], "zorder": 0}
        axes.stairs(density, edges, fill=True, alpha=0.2, lw=0, **look)
        axes.stairs(density, edges, alpha=0.5, lw=0.6, **look)
