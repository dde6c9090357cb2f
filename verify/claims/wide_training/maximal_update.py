"""Maximal-update parametrization.

Random networks of few and of many neurons take one real step of gradient descent, and what it changes is measured: in a
layer that reads an input, and in one that reads as many entries as it has neurons. The exponents are those of the
standard, of the NTK and of the maximal-update parametrization, with learning rates that fall with the width or do not.
One activation is neither odd nor even.

At high precision averages are sums over a grid of two neurons' preactivations and output weights, and exponents are a
linear system, solved by numbers.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.activations import SIN, TANH, Activation
from derivations.wide_training import maximal_update
from numerics.measurement import Measurement
from numerics.wide_training.first_steps import first_steps
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, numpy_function, torch_function
from verify.evidence import Path, Plane
from verify.references.mean_field import SHIFTED

Exponents = tuple[float, float, float, float, float]  # a and b of the layer, a and b of the output layer, c
INPUTS, HIDDEN = 7, 0
MAXIMAL = 0.65  # exponent of the standard deviation of weights
KINDS: tuple[tuple[Activation, int, Exponents], ...] = (
    (SHIFTED, INPUTS, (0.0, 0.0, 0.0, 0.5, 1.0)),
    (SHIFTED, HIDDEN, (0.0, 0.5, 0.0, 0.5, 1.0)),
    (TANH, HIDDEN, (0.5, 0.0, 0.5, 0.0, 0.0)),
    (SHIFTED, INPUTS, (-0.65, MAXIMAL, 0.35, MAXIMAL, 0.3)),
    (SHIFTED, HIDDEN, (-0.15, MAXIMAL, 0.35, MAXIMAL, 0.3)),
)
PICTURED = {
    0: "standard, first layer",
    1: "standard, hidden layer",
    2: "NTK, hidden layer",
    4: "maximal update, hidden",
}
SETTINGS: dict[str, Any] = {"square": 0.8, "target": 1.4, "rate": 0.3}
NOTHING = {"phi": TANH, "N": 3, "K_II": 1.3, "R_h": 0.3, "S_o": 0.4, "T_o": 0.7, "y": 0.6}  # where not asked


def letters(exponents: Exponents, width: np.ndarray, entries: np.ndarray) -> dict[str, Any]:
    """What layers with these exponents have for the letters of the formula."""
    a_h, b_h, a_o, b_o, c = exponents
    length, rate = entries * SETTINGS["square"], SETTINGS["rate"]
    return {
        "K_II": length * width ** (-2 * a_h - 2 * b_h),
        "R_h": rate * length * width ** (-c - 2 * a_h),
        "S_o": width ** (-2 * a_o - 2 * b_o),
        "T_o": rate * width ** (-c - 2 * a_o),
    }


def changes(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The three changes, (networks, 3, widths); exponents of the maximal update are the formula's own."""
    found = []
    assert measured.axis is not None
    for (activation, reads, exponents), entries in zip(KINDS, np.asarray(measured.given["entries"]), strict=True):
        if exponents[1] == MAXIMAL:
            first, hidden, last, c = maximal(candidate)
            exponents = (first if reads else hidden, MAXIMAL, last, MAXIMAL, c)
        known = {"phi": activation, "N": measured.axis, "y": SETTINGS["target"], "b^mu": MAXIMAL}
        both = known | letters(exponents, measured.axis, entries)
        found.append([np.broadcast_to(side, entries.shape) for side in candidate.numpy(**both)[:3]])
    return np.array(found)


def maximal(candidate: Candidate) -> Any:
    """Exponents of the maximal update."""
    return [float(v) for v in candidate.numpy(**NOTHING, **{"b^mu": MAXIMAL})[3:]]


def moved_features(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """The root of the mean squared change over the width."""
    stated, paths = changes(candidate, measured), []
    assert measured.axis is not None
    widths = tuple(map(float, measured.axis))
    for group, (kind, label) in enumerate(PICTURED.items()):
        theory, found = (tuple(map(float, np.sqrt(np.abs(values[kind, 0])))) for values in (stated, measured.values))
        paths.append(Path(label=label, group=group, theory=(widths, theory), measured=(widths, found)))
    return (
        Plane(
            title="What one step changes",
            x_label="width N",
            y_label="change of a preactivation",
            paths=tuple(paths),
            log_x=True,
            log_y=True,
        ),
    )


def two_neurons(dps: int, point: Point) -> list[float]:
    """Changes by sums over a grid of two neurons, and exponents by a linear system."""
    activation, step = point["phi"], 0.4 if dps < 12 else 0.3
    names = ("K_II", "R_h", "S_o", "T_o", "y", "b^mu")
    variance, by_weight, spread, by_signal, target, b = (float(point[name]) for name in names)
    nodes, shares = np.polynomial.hermite_e.hermegauss(5)
    grid = np.arange(-9, 9 + step / 2, step)
    mass, shares = np.exp(-(grid**2) / 2), shares / shares.sum()
    mass /= mass.sum()
    share = np.einsum("i,j,k,l->ijkl", shares, shares, mass, mass)
    last, field = nodes * np.sqrt(spread), grid * np.sqrt(variance)  # the former with their multiplier
    v, r, h, k = np.meshgrid(last, last, field, field, indexing="ij")
    phi, slope = (numpy_function(activation, order) for order in (0, 1))
    error = v * phi(h) + r * phi(k) - target
    moved = by_weight * error * v * slope(h)
    by_output = -by_signal * error * (phi(h) ** 2 + phi(k) ** 2)
    by_layer = -by_weight * error * ((v * slope(h)) ** 2 + (r * slope(k)) ** 2)
    return [float((share * part).sum()) for part in (moved**2, by_output, by_layer)] + counted(b)


def counted(b: float) -> list[float]:
    """a of three layers and c: N correlated terms are of the order N, others of its root."""
    powers = np.array(  # of a_1, a_2, a_3, c; and what stands beside them
        [
            [1, 0, 0, 0, -b],  # signals of the first layer
            [0, 1, 0, 0, 0.5 - b],  # those of a hidden layer, N terms that are not correlated
            [0, 2, 1, 1, 1 - b],  # change in a hidden layer, N correlated terms
            [0, 0, 2, 1, 1],  # change of the output, N correlated terms
        ]
    )
    return [float(v) for v in np.linalg.solve(powers[:, :4], powers[:, 4])]


def in_float64(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The formula in float64."""
    return [float(v) for v in candidate.numpy(**{k: v if k == "phi" else float(v) for k, v in point.items()})]


STEPS = partial(
    first_steps,
    networks=tuple((torch_function(activation), reads, exponents) for activation, reads, exponents in KINDS),
    **SETTINGS,
)

CLAIM = Claim(
    statement=maximal_update.STATEMENT,
    checks=(
        Precision(
            name="two neurons on a grid",
            reference=two_neurons,
            against="sums over a grid of two neurons' preactivations and output weights; exponents by a linear system",
            points=(
                {
                    **{"phi": SHIFTED, "N": 2, "K_II": "0.4", "R_h": "0.3", "S_o": "0.6", "T_o": "1.3", "y": "1.4"},
                    **{"b^mu": "0.7"},
                },
                {
                    **{"phi": SIN, "N": 2, "K_II": "0.6", "R_h": "1.1", "S_o": "0.3", "T_o": "0.8", "y": "-0.7"},
                    **{"b^mu": "-0.4"},
                },
            ),
            digits=(10, 13),
            evaluate=in_float64,
        ),
        Replicas(
            name="one step of random networks",
            predict=changes,
            quick=partial(STEPS, widths=(4, 11, 36), neurons=2200),
            full=partial(STEPS, widths=(5, 17, 64), neurons=20000),
            replicas=30,
            full_replicas=60,
            axis="width N",
            picture=moved_features,
        ),
    ),
    quantities=(r"\mathbb{E}\, \Delta h^2", r"\Delta f_o", r"\Delta f_h", "a_1^mu", "a_2^mu", "a_3^mu", "c^mu"),
    convention="Multipliers N^-a, standard deviations N^-b and a learning rate epsilon N^-c, for each layer as it "
    "stands; no layer has biases.",
    independence="Networks take a step along the gradient of their loss by automatic differentiation; no average is "
    "known.",
)
