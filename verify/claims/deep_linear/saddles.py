"""Eigenvalues of the Hessian where networks hold some modes and not others, and how training leaves such points.

Rest points are reached by training on data that lack modes; the Hessian is that of the whole loss by all weights, and
the formula only sees singular values and powers of pairs of modes. Its reference differentiates explicit losses of one
and two hidden neurons numerically, at a rest point found from the slope.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import acb_poly, arb

from derivations.deep_linear import end_point, saddles
from numerics.deep_linear.end_points import pushed_rest_points, rest_point_spectra
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import CONVENTION, FINISHED, SMALL_ENDS, STEPS, THREE_MODES, WIDE_ENDS
from verify.compile import Candidate, candidate
from verify.evidence import Path, Plane
from verify.references.balls import (
    numbers,
    slope,
)

MODEST_ENDS = WIDE_ENDS | {"inputs": 15, "outputs": 10, "powers": WIDE_ENDS["powers"][:15]}

at_rest = partial(
    rest_point_spectra,
    hidden=2,
    held=((1, 2), (0, 2), (0, 1), (2,)),
    singular_values=THREE_MODES,
    spread=0.05,
    courant=0.7,
)

escape = partial(
    pushed_rest_points,
    held=(2, 0),
    singular_values=THREE_MODES,
    push=3e-8,
    times=tuple(np.arange(6, 7.61, 0.2)),
    until=32,
    spread=0.05,
    courant=0.7,
)


def _second_derivative(function: Any, place: Any, along: int, across: int) -> Any:
    """Mixed second derivative of a function of several numbers, numerically."""

    def shifted(x: Any, y: Any) -> Any:
        moved = list(place)
        moved[along] += x
        moved[across] += y
        return function(*moved)

    if along == across:
        return mpmath.diff(lambda x: shifted(x, 0), 0, 2)
    return mpmath.diff(shifted, (0, 0), (1, 1))


def _hessian(loss: Any, place: Any) -> Any:
    size = len(place)
    found = mpmath.matrix(size, size)
    for i in range(size):
        for j in range(i + 1):
            found[i, j] = found[j, i] = _second_derivative(loss, place, i, j)
    return found


def curvatures(dps: int, point: Point) -> list:
    """Hessian eigenvalues: lowest and highest of a hidden neuron that holds mode i of two; highest of two held modes.

    The loss is that of two examples; the rest point is found from its slope, the Hessian by numerical derivatives.
    """
    s_i, s_j, power_i, power_j = (mpmath.mpf(point[k]) for k in ("s_i", "s_j", "Lambda_i", "Lambda_j"))
    r_i, r_j = mpmath.sqrt(power_i), mpmath.sqrt(power_j)

    def rest(s: Any, r: Any) -> Any:
        """Weight w of both matrices at which the loss (s / r - r w^2)^2 / 2 of one mode has no slope."""
        guess = mpmath.sqrt(s) / r
        return mpmath.findroot(lambda w: mpmath.diff(lambda x: (s / r - r * x * w) ** 2 / 2, w), guess * 1.01)

    w_i, w_j = rest(s_i, r_i), rest(s_j, r_j)

    def one_neuron(a_i: Any, a_j: Any, b_i: Any, b_j: Any) -> Any:
        errors = (s_i / r_i - b_i * a_i * r_i, b_j * a_i * r_i, b_i * a_j * r_j, s_j / r_j - b_j * a_j * r_j)
        return sum(e**2 for e in errors) / 2

    def both_held(x: Any, y: Any) -> Any:
        """Loss with weight x from the hidden neuron of j to output i, y from input j to the hidden neuron of i."""
        errors = (s_i / r_i - w_i * w_i * r_i, (w_i * y + x * w_j) * r_j, s_j / r_j - w_j * w_j * r_j)
        return sum(e**2 for e in errors) / 2

    pair = mpmath.eigsy(_hessian(one_neuron, (w_i, mpmath.mpf(0), w_i, mpmath.mpf(0))), eigvals_only=True)
    both = mpmath.eigsy(_hessian(both_held, (mpmath.mpf(0), mpmath.mpf(0))), eigvals_only=True)
    down, up = _of_pair(list(pair), 2 * s_i)
    return [down, up, max(both)]


def _of_pair(eigenvalues: list, own: Any) -> tuple[Any, Any]:
    """What is left of four eigenvalues without those of mode i alone, zero and `own`."""
    left = list(eigenvalues)
    for known in (mpmath.mpf(0), own):
        left.remove(min(left, key=lambda x: abs(x - known)))
    return min(left), max(left)


def unfinished(formula: Candidate, measured: Measurement) -> float:
    """How far eigenvalues may be from those at rest, from how far the map is from where its last updates lead.

    An eigenvalue moves by no more than the Hessian, which has one block a layer and one between them, with entries
    that are products of two weights, or entries of the map, times the powers.
    """
    moved = float(np.max(measured.given["remaining"]))
    return 6 * max(1.0, *np.asarray(measured.given["powers"])) * moved


def _modes(measured: Measurement) -> tuple[np.ndarray, np.ndarray]:
    values, powers = (np.asarray(measured.given[k], dtype=float) for k in ("singular_values", "powers"))
    return values, powers[: len(values)]


def spectra(formula: Candidate, measured: Measurement) -> np.ndarray:
    """All eigenvalues of the Hessian at rest points that hold some modes, (sets, weights)."""
    hidden, outputs = (int(np.asarray(measured.given[k])) for k in ("hidden", "outputs"))
    sets = [_pairs(held, measured) for held in np.asarray(measured.given["held"], dtype=bool)]
    every = np.concatenate([pair for pairs in sets for pair in pairs], axis=1)  # one evaluation for all
    found = formula.numpy(s_i=every[0], s_j=every[1], Lambda_i=every[2], Lambda_j=every[3])
    ends = np.cumsum([pair.shape[1] for pairs in sets for pair in pairs])[:-1]
    parts = iter(zip(np.split(found, ends, axis=1), (pair for pairs in sets for pair in pairs), strict=True))
    rows, count = [], len(np.asarray(measured.given["singular_values"]))
    for held in np.asarray(measured.given["held"], dtype=bool):
        (across, _), (pairs, _), (output, _), (beside, of_inputs), (silent, _) = (next(parts) for _ in range(5))
        alone = np.tile(output[1], outputs - count)
        mute = np.tile(silent[:2].ravel(), hidden - int(np.sum(held)))
        row = np.concatenate([across[2], pairs[:2].ravel(), alone, beside[0] + beside[1] - of_inputs[0], mute])
        rows.append(np.sort(np.concatenate([row, np.zeros(measured.values.shape[1] - len(row))])))
    return np.stack(rows)


def _pairs(held: np.ndarray, measured: Measurement) -> tuple[np.ndarray, ...]:
    """Rows s_i, s_j, Lambda_i, Lambda_j of the pairs that a set of held modes makes.

    Held with held; held with left out; held with an output, then with an input, that has no partner; a hidden neuron
    that holds nothing with left out.
    """
    s, powers = _modes(measured)
    every = np.asarray(measured.given["powers"], dtype=float)
    (inside,), (outside,) = np.nonzero(held), np.nonzero(~held)

    def meet(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        i, j = np.meshgrid(first, second)
        return i.ravel(), j.ravel()

    (i, k), (h, j) = meet(inside, inside), meet(inside, outside)
    n, m = meet(inside, np.arange(len(s), len(every)))
    return (
        np.stack([s[i], s[k], powers[i], powers[k]]),
        np.stack([s[h], s[j], powers[h], powers[j]]),
        np.stack([s[inside], 0 * s[inside], powers[inside], powers[inside]]),
        np.stack([s[n], 0 * s[n], powers[n], every[m]]),
        np.stack([0 * s[outside], s[outside], np.ones(len(outside)), powers[outside]]),
    )


def growth(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Logarithm of the growth of what is learned of modes that were left out, (pairs, times)."""
    values, powers = _modes(measured)
    i, j = (np.asarray(measured.given[k], dtype=int) for k in ("held", "other"))
    down = formula.numpy(s_i=values[i], s_j=values[j], Lambda_i=powers[i], Lambda_j=powers[j])[0]
    times = np.asarray(measured.axis)
    return -down[:, None] * (times - times[0])


def run_off(formula: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Mode strengths over time after the push off a rest point, and where learning ends."""
    values, powers = _modes(measured)
    time, strength = (np.asarray(measured.given[k], dtype=float) for k in ("run_time", "run_strength"))
    held, left_out = candidate(end_point.STATEMENT).numpy(s_i=values, s_j=values, Lambda_i=powers)
    rank = np.argsort(np.argsort(-(values**2) / powers))
    last = np.where(rank < len(set(np.asarray(measured.given["held"]).tolist())), held, left_out)
    paths = tuple(
        Path(
            label=f"s = {values[k]:g}",
            group=k,
            theory=((0.0, float(time[-1])), (float(last[k]),) * 2),
            measured=(tuple(time), tuple(strength[k])),
        )
        for k in range(len(values))
    )
    return (Plane(title="Off a saddle", x_label="time t / tau", y_label="mode strength a", paths=paths),)


def certified_hessian(bits: int, point: Point) -> list[Any]:
    """Eigenvalues of the Hessian of one hidden neuron at rest on mode i, along mode j, by power series and roots.

    With inputs a and outputs b the loss is b^2 (Lambda_i a_i^2 + Lambda_j a_j^2) / 2 - s_i a_i b_i - s_j a_j b_j.
    """
    s_i, s_j, size_i, size_j = numbers(point, "s_i", "s_j", "Lambda_i", "Lambda_j")
    rest = (s_i / size_i).sqrt()

    def loss(a: Any, b: Any) -> Any:
        return (rest**2 + b * b) * (size_i * rest**2 + size_j * a * a) / 2 - s_i * rest**2 - s_j * a * b

    of_a, of_b = slope(lambda a: loss(a, arb(0)), arb(0), 2), slope(lambda b: loss(arb(0), b), arb(0), 2)
    both = slope(lambda h: loss(h, h), arb(0), 2)
    mixed = (both - of_a - of_b) / 2
    equation = acb_poly([of_a * of_b - mixed**2, -(of_a + of_b), 1])
    below, above = sorted(equation.roots(tol=1e-35), key=lambda z: float(z.real.mid()))
    return [below.real, above.real]


def of_one_neuron(candidate: Candidate, bits: int, point: Point) -> Any:
    """Both eigenvalues of one neuron; the third is that of two."""
    return candidate.arb(bits, **point)[:2]


CLAIM = Claim(
    statement=saddles.STATEMENT,
    checks=(
        Certified(
            name="certified Hessian of one neuron",
            reference=certified_hessian,
            evaluate=of_one_neuron,
            against="the loss of one hidden neuron as a power series, and the roots of a characteristic polynomial",
            values=("h_-", "h_+"),
            points=(
                {"s_i": "1.9", "s_j": "0.7", "Lambda_i": "0.83", "Lambda_j": "1.6"},
                {"s_i": "0.6", "s_j": "1.3", "Lambda_i": "1.7", "Lambda_j": "0.45"},
            ),
        ),
        Precision(
            name="networks of one and two neurons",
            reference=curvatures,
            parameters=saddles.STATEMENT.parameters,
            count=3,
            against="Hessians of networks with one and two hidden neurons, by numerical differentiation",
        ),
        Replicas(
            name="Hessian at rest points",
            predict=spectra,
            replicas=3,
            full_replicas=5,
            bias=unfinished,
            bias_note=FINISHED,
            quick=partial(at_rest, **SMALL_ENDS),
            full=partial(at_rest, **MODEST_ENDS),
            style="stem",
            axis="number of the eigenvalue",
            quantity="eigenvalue",
            series=tuple(f"holds s = {held}" for held in ("1.7, 0.9", "2.6, 0.9", "2.6, 1.7", "0.9 alone")),
        ),
        Ladder(
            name="descent off a saddle",
            predict=growth,
            steps=(0.04, *STEPS[:3]),
            quick=partial(escape, **SMALL_ENDS),
            full=partial(escape, **WIDE_ENDS),
            axis="training time t / tau",
            quantity="logarithm of growth",
            picture=run_off,
            series=tuple(f"s = 1.7 beside held s = {held}" for held in (0.9, 2.6)),
        ),
    ),
    quantities=("h_{-}", "h_{+}", "h_{ij}"),
    convention=CONVENTION + " Curvatures are of that loss; rates are per tau.",
    independence="All weights are free and start at random; rest points are reached by training on data without "
    "some modes, and their Hessian is exact and of all weights.",
)
