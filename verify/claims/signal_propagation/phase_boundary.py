"""Boundary between order and chaos.

Explicit networks are run on both sides of the line, and the sigma_w is sought at which the distance of nearby inputs
neither grows nor shrinks: no Gaussian average and no fixed length is computed there. One of the activations is neither
odd nor even. The layers in which lengths settle and the polynomial through the growth move its root by less than a
thousandth at infinite width, as a test works out without noise; the width moves it by up to 0.4 / N of itself, which
the extrapolation removes, and the root of one replica of width 60 scatters by 5 %. Closed kernels give the averages of
the formula without an integral, ball arithmetic finds the critical length of tanh in Fourier integrals, and others have
published a point of its line.

For the shifted sine the two conditions, a length that is kept and a distance that is kept, are also known at any
width; the variances that fulfil them there approach the formula like 1 / N.
"""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import Any

import numpy as np

from derivations.activations import ERF, TANH, Activation
from derivations.signal_propagation import phase_boundary
from derivations.statement import Source
from numerics.measurement import Measurement
from numerics.signal_propagation.nearby_inputs import neutral_weight_scales
from numerics.solvers.length import lengths
from verify import certify
from verify.checks import Certified, FiniteSize, Literature, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, CandidateError, numpy_function
from verify.compile.nonlinearity import nonlinearity
from verify.evidence import Path, Plane
from verify.references import finite_width
from verify.references.mean_field import SHIFTED, closed_averages, sech_average

Line = tuple[Activation, float, float, float]  # activation, sigma_b, and the sigma_w between which networks are run

LINES: tuple[Line, ...] = (
    (TANH, 0.15, 1.0, 1.55),
    (TANH, 0.6, 1.3, 2.3),
    (ERF, 0.25, 0.95, 1.5),
    (SHIFTED, 0.48, 1.2, 1.65),
)
NAMES = {"tanh": "tanh", "erf": "error function", SHIFTED.name: "shifted sine"}
KEPT = 1.2  # length per neuron that networks of finite width keep, and with it the distance of nearby inputs

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
    for group, activation in enumerate((TANH, ERF, SHIFTED)):
        rows = [k for k, line in enumerate(LINES) if line[0] is activation]
        w2, b2 = candidate.numpy(phi=activation, q_star=q)
        real = b2 >= 0
        points = measured.values[0, rows]
        diagram.append(
            Path(
                label=NAMES[activation.name],
                group=group,
                theory=(tuple(w2[real]), tuple(b2[real])),
                measured=(tuple(points**2), tuple(measured.given["sigma_b"][rows] ** 2)),  # type: ignore[index]
            )
        )
    for group, (activation, bias, low, high) in enumerate(LINES):
        fine = np.linspace(low, high, 40)
        chi = lengths(nonlinearity(activation), fine, np.full_like(fine, bias)).chi1
        growth.append(
            Path(
                label=f"{NAMES[activation.name]}, sigma_b = {bias:g}",
                group=group,
                theory=(tuple(fine), tuple(chi - 1)),
                measured=(tuple(measured.given["sigma_w"][group]), tuple(measured.given["growth"][group])),  # type: ignore[index]
            )
        )
    width = int(measured.resolution["width"])
    return (
        Plane(
            title="Phase diagram: critical line, and where distances neither grow nor shrink",
            x_label="variance sigma_w^2 of the weights",
            y_label="variance sigma_b^2 of the biases",
            paths=tuple(diagram),
        ),
        Plane(
            title=f"Growth of the distance of nearby inputs, width {width}; lines: chi_1 - 1 at infinite width",
            x_label="standard deviation sigma_w of the weights",
            y_label="growth of distance^2 per layer",
            paths=tuple(growth),
        ),
    )


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


def critical_variances(dps: int, point: Point) -> list[float]:
    """sigma_w^2 and sigma_b^2 with which two layers behind N neurons keep the length KEPT and nearby distances."""
    from scipy import optimize

    def missed(variances: np.ndarray) -> list[float]:
        network = (math.sqrt(variances[0]), math.sqrt(variances[1]))

        def covariance(correlation: Any) -> Any:
            return finite_width.third_layer(float(point["N"]), network, KEPT, correlation) / KEPT

        return [float(covariance(1.0).real) - 1, finite_width.derivatives(covariance, 1.0)[0] - 1]

    return list(optimize.root(missed, [1.97, 0.23], tol=1e-14).x)


def wide_variances(candidate: Candidate, dps: int, point: Point) -> list[float]:
    """The formula for the same length."""
    return [float(value) for value in candidate.numpy(phi=SHIFTED, q_star=KEPT)]


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


CLAIM = Claim(
    statement=phase_boundary.STATEMENT,
    checks=(
        Precision(
            name="shifted sine and error function, closed forms",
            reference=closed_averages,
            same_law=True,
            against="the characteristic function of a Gaussian, and the arcsine kernel",
            points=({"phi": SHIFTED, "q_star": "0.83"}, {"phi": ERF, "q_star": "1.37"}),
            digits=(18, 24),
            evaluate=fast,
        ),
        Literature(
            name="critical tanh network with sigma_w^2 = 1.05",
            published="2.01e-5",
            source=Source(
                document="pennington2017resurrecting", where="experiments: critical tanh networks with sigma_w^2 = 1.05"
            ),
            evaluate=published_bias,
        ),
        FiniteSize(
            name="distances of nearby inputs in random networks",
            predict=crossing,
            quick=partial(neutral_weight_scales, lines=callables(LINES), places=5, settle=9, layers=12, networks=4),
            full=partial(
                neutral_weight_scales, lines=callables(LINES), places=7, settle=20, layers=40, networks=4, degree=4
            ),
            sizes=((60, 34), (92, 20), (152, 22)),
            full_sizes=((100, 60), (200, 40), (400, 16)),
            axis="standard deviation sigma_b of the biases",
            quantity="critical sigma_w",
            series=("tanh at 0.15 and 0.6, error function at 0.25, shifted sine at 0.48",),
            style="points",
            picture=pictures,
        ),
        Certified(
            name="critical tanh networks",
            reference=fourier_line,
            evaluate=on_line,
            against="Fourier integrals of sech^2 and sech^4, with the critical length found in them",
            bits=110,
            digits=20,
            values=("q*", "sigma_w^2", "sigma_b^2"),
            points=({"sigma_b^2": "0.05", "near": "0.570048"},),
        ),
        Rate(
            name="two layers of finite width",
            exact=critical_variances,
            against="the variances with which the shifted sine keeps length and distance at width N",
            points=({},),
            values=finite_width.LADDER,
            digits=finite_width.DIGITS,
            evaluate=wide_variances,
        ),
    ),
    quantities=("sigma_w**2", "sigma_b**2"),
    convention="Distances are Euclidean, per layer and over its width; sigma_w and sigma_b are standard deviations.",
    independence="Explicit networks with biases and unequal widths, run on both sides of the line.",
)
