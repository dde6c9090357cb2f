"""Independent evaluations and predictions for the line between order and chaos."""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from derivations.activations import ERF, SIN, TANH, Activation
from numerics.measurement import Measurement
from numerics.solvers.length import lengths
from verify import certify
from verify.checks.precision import Point
from verify.compile import Candidate, CandidateError, numpy_function
from verify.compile.nonlinearity import nonlinearity
from verify.evidence import Path, Plane
from verify.references.manifold_geometry import sech_average

Line = tuple[Activation, float, float, float]  # activation, sigma_b, and the sigma_w between which networks are run
LINES: tuple[Line, ...] = (
    (TANH, 0.15, 1.0, 1.55),
    (TANH, 0.3, 1.05, 1.75),
    (TANH, 0.6, 1.3, 2.3),
    (ERF, 0.25, 0.95, 1.5),
)
SHORTEST, LONGEST = 0.05, 4.0  # lengths among which the critical one is sought
GRID, ROUNDS = 9, 3


def callables(lines: tuple[Line, ...]) -> tuple[tuple, ...]:
    """The lines as the experiment takes them: with a function in place of the activation."""
    return tuple((numpy_function(activation), *numbers) for activation, *numbers in lines)


def critical(candidate: Candidate, activation: Activation, biases: tuple[float, ...]) -> np.ndarray:
    """q* and sigma_w^2 on the line at these values of sigma_b, (2, biases); nan where the formula never gives them."""
    squares = np.array(biases) ** 2
    q = np.tile(np.geomspace(SHORTEST, LONGEST, GRID), (len(biases), 1))
    rows = np.arange(len(biases))
    for _ in range(ROUNDS):
        w2, b2 = candidate.numpy(phi=activation, q_star=q)
        above = (b2[:, 1:] >= squares[:, None]) & (b2[:, :-1] < squares[:, None])
        cell = np.argmax(above, axis=1)
        low, high = q[rows, cell], q[rows, cell + 1]
        share = (squares - b2[rows, cell]) / (b2[rows, cell + 1] - b2[rows, cell])
        found = np.stack([low + share * (high - low), w2[rows, cell] + share * (w2[rows, cell + 1] - w2[rows, cell])])
        found[:, ~above.any(axis=1)] = np.nan
        q = np.linspace(low, high, GRID, axis=1)
    return found


def crossing(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """sigma_w of the line at the biases of LINES, (1, lines)."""
    found = np.empty((1, len(LINES)))
    for activation in {line[0].name: line[0] for line in LINES}.values():
        rows = [k for k, line in enumerate(LINES) if line[0] is activation]
        found[0, rows] = np.sqrt(np.abs(critical(candidate, activation, tuple(LINES[k][1] for k in rows))[1]))
    return found


def pictures(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """The phase diagram, and the growth over sigma_w on each line."""
    q = np.geomspace(0.02, 6, 50)
    diagram, growth = [], []
    for group, activation in enumerate((TANH, ERF)):
        rows = [k for k, line in enumerate(LINES) if line[0] is activation]
        w2, b2 = candidate.numpy(phi=activation, q_star=q)
        points = measured.values[0, rows]
        diagram.append(
            Path(
                label=activation.name,
                group=group,
                theory=(tuple(w2), tuple(b2)),
                measured=(tuple(points**2), tuple(measured.given["sigma_b"][rows] ** 2)),  # type: ignore[index]
            )
        )
    for group, (activation, bias, low, high) in enumerate(LINES):
        fine = np.linspace(low, high, 40)
        chi = lengths(nonlinearity(activation), fine, np.full_like(fine, bias)).chi1
        growth.append(
            Path(
                label=f"{activation.name}, sigma_b = {bias:g}",
                group=group,
                theory=(tuple(fine), tuple(chi - 1)),
                measured=(tuple(measured.given["sigma_w"][group]), tuple(measured.given["growth"][group])),  # type: ignore[index]
            )
        )
    width = int(measured.resolution["width"])
    return (
        Plane(
            title="Phase diagram: critical line, and where distances neither grow nor shrink",
            x_label="sigma_w^2",
            y_label="sigma_b^2",
            paths=tuple(diagram),
        ),
        Plane(
            title=f"Growth of the distance of nearby inputs, width {width}; lines: chi_1 - 1 at infinite width",
            x_label="sigma_w",
            y_label="growth of distance^2 per layer",
            paths=tuple(growth),
        ),
    )


# ----------------------------------------------------------------------------------------------- high precision, balls


def closed_averages(dps: int, point: Point) -> list:
    """The line from closed forms of the averages: characteristic function of a Gaussian, and an arcsine."""
    q = mpmath.mpf(point["q_star"])
    if point["phi"] is SIN:
        square, gradient = (1 - mpmath.exp(-2 * q)) / 2, (1 + mpmath.exp(-2 * q)) / 2
    elif point["phi"] is ERF:
        square, gradient = 2 / mpmath.pi * mpmath.asin(2 * q / (1 + 2 * q)), 4 / mpmath.pi / mpmath.sqrt(1 + 4 * q)
    else:
        raise ValueError(f"no closed form for {point['phi'].name}")
    return [1 / gradient, q - square / gradient]


@functools.cache
def critical_length(bias2: str, near: str, bits: int) -> Any:
    """q* of tanh on the line at this sigma_b^2, as a ball, from Fourier integrals of sech^2 and sech^4."""

    def condition(q: Any) -> Any:
        return (q - certify.ball(bias2)) * _fourth(q) - 1 + sech_average(q, lambda s: 1)

    def slope(q: Any) -> Any:
        return (
            _fourth(q)
            - (q - certify.ball(bias2)) * sech_average(q, lambda s: s * (s + 4) / 12)
            - sech_average(q, lambda s: s / 2)
        )

    return certify.root(condition, slope, near, bits)


def _fourth(q: Any) -> Any:
    return sech_average(q, lambda s: (s + 4) / 6)


def fourier_line(bits: int, point: Point) -> list:
    """q*, sigma_w^2 and sigma_b^2 of tanh, from those integrals."""
    with certify.precision(bits):
        q = critical_length(point["sigma_b^2"], point["near"], bits)
        return [q, 1 / _fourth(q), certify.ball(point["sigma_b^2"])]


def on_line(candidate: Candidate, bits: int, point: Point) -> list:
    """The same q*, and the variances that the formula gives there."""
    q = critical_length(point["sigma_b^2"], point["near"], bits)
    return [q, *candidate.arb(bits, phi=TANH, q_star=q)]


def fast(candidate: Candidate, dps: int, point: Point) -> Any:
    """The formula in float64, which is enough for a tolerance of ten digits and a hundred times as fast."""
    return [float(value) for value in candidate.numpy(phi=point["phi"], q_star=float(point["q_star"]))]


def published_bias(candidate: Candidate) -> float:
    """sigma_b^2 of the critical tanh network with sigma_w^2 = 1.05."""
    from scipy import optimize

    def excess(q: float) -> float:
        return float(candidate.numpy(phi=TANH, q_star=q)[0]) - 1.05

    if excess(1e-4) * excess(0.9) > 0:
        raise CandidateError("no critical tanh network has sigma_w^2 = 1.05")
    q = optimize.brentq(excess, 1e-4, 0.9, xtol=1e-12)
    return float(candidate.numpy(phi=TANH, q_star=q)[1])
