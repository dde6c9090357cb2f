"""Four neurons that multiply their two inputs.

The network is evaluated as it stands, neuron by neuron, at scales of its input weights that go to zero, and its limit
and first correction are compared; a second network is trained on products and must find the bias at which the
correction vanishes. References expand the four neurons in power series, by extrapolation and in ball arithmetic.
"""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import Any

import flint
import mpmath
import numpy as np
import sympy as sp

from derivations.activations import GELU, SIGMOID, SIN, SOFTPLUS, TANH, Activation
from derivations.cheap_learning import multiplication_gate
from derivations.symbols import x as ARGUMENT
from numerics.cheap_learning.multiplication import gate_sweep, trained_gate
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, Ladder, Precision, Property, Rate
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Backend, Candidate, mpmath_function, numpy_function, torch_function

POINTS = (
    {"phi": SIGMOID, "b": "1.3", "u": "0.7", "v": "0.43", "lamda": "0.37"},
    {"phi": SOFTPLUS, "b": "0", "u": "-0.83", "v": "0.57", "lamda": "0.71"},
    {"phi": TANH, "b": "-0.6", "u": "0.37", "v": "-1.21", "lamda": "0.23"},
    {"phi": GELU, "b": "0.45", "u": "0.91", "v": "0.64", "lamda": "0.53"},
)

GATES = ((SIGMOID, 1.3), (SOFTPLUS, 0.0), (TANH, -0.6), (SIN, 0.9))  # activation and bias of the networks simulated
START = 1.0  # bias at which training starts


def _sweep(**run: Any) -> Measurement:
    return gate_sweep(
        activations=[numpy_function(a) for a, _ in GATES],
        biases=[b for _, b in GATES],
        curvatures=[float(numpy_function(a, 2)(np.asarray(b))) / 2 for a, b in GATES],
        **run,
    )


def _training(**run: Any) -> Measurement:
    curvature = float(numpy_function(SIGMOID, 2)(np.asarray(START))) / 2
    return trained_gate(activation=torch_function(SIGMOID), bias=START, curvature=curvature, **run)


def four_neurons(point: Point, scale: Any, tiny: Any) -> tuple[Any, Any]:
    """Sum over the four neurons, and by what the output divides it; the curvature is a difference of step `tiny`."""
    activation = mpmath_function(point["phi"])
    b, u, v = (mpmath.mpf(point[name]) for name in "buv")
    curvature = (activation(b + tiny) + activation(b - tiny) - 2 * activation(b)) / (2 * tiny**2)
    neurons = ((1, 1, 1), (-1, -1, 1), (1, -1, -1), (-1, 1, -1))
    total = mpmath.fsum(sign * activation(b + scale * (first * u + second * v)) for first, second, sign in neurons)
    return total, 8 * curvature * scale**2


def expansion(point: Point, tiny: Any) -> tuple[Any, Any]:
    """Limit of the output for a vanishing scale, and its coefficient of the square of the scale, from two scales."""
    near, far = (total / weight for total, weight in (four_neurons(point, scale, tiny) for scale in (tiny, 2 * tiny)))
    slope = (far - near) / (3 * tiny**2)
    return near - slope * tiny**2, slope


def output_below_fourth_order(dps: int, point: Point) -> Any:
    """The output up to the square of the scale, from the expansion of the network."""
    with mpmath.workdps(7 * dps):
        limit, slope = expansion(point, mpmath.mpf(10) ** -dps)
        return limit + slope * mpmath.mpf(point["lamda"]) ** 2


def vanishing_scale(dps: int, point: Point) -> Any:
    """The output for a vanishing scale."""
    with mpmath.workdps(7 * dps):
        return expansion(point, mpmath.mpf(10) ** -dps)[0]


def output_of_network(dps: int, point: Point) -> Any:
    """The output at the point's scale, with the curvature of the activation itself."""
    with mpmath.workdps(4 * dps):
        total, weight = four_neurons(point, mpmath.mpf(point["lamda"]), mpmath.mpf(10) ** -dps)
        return total / weight


def neurons_alone(dps: int, point: Point) -> Any:
    """Sum over the four neurons, 0 where they cancel to six times the digits asked for."""
    with mpmath.workdps(7 * dps):
        total, _ = four_neurons(point, mpmath.mpf(point["lamda"]), mpmath.mpf(10) ** -dps)
        return mpmath.chop(total, tol=mpmath.mpf(10) ** (-6 * dps))


def relative_error(dps: int, point: Point) -> Any:
    """Relative error of the network's product at the point's scale."""
    with mpmath.workdps(7 * dps):
        total, weight = four_neurons(point, mpmath.mpf(point["lamda"]), mpmath.mpf(10) ** -dps)
        return total / weight / (mpmath.mpf(point["u"]) * mpmath.mpf(point["v"])) - 1


class Series(Backend):
    """Power series whose coefficients are balls: automatic differentiation with proven digits."""

    table = MappingProxyType({sp.exp: lambda a: a.exp(), sp.log: lambda a: a.log(), sp.sin: lambda a: a.sin()})

    def number(self, value: Any) -> Any:
        return certify.ball(value)

    def power(self, base: Any, exponent: Any, node: sp.Pow) -> Any:
        return base ** int(node.exp)


def power_series(bits: int, point: Point) -> Any:
    """The network as a power series in the scale, cut off below the fourth order."""
    with certify.precision(bits):
        b, u, v, scale = (certify.ball(point[name]) for name in ("b", "u", "v", "lamda"))

        def along(direction: Any) -> Any:
            return Series().evaluate(point["phi"].expression, {ARGUMENT: flint.arb_series([b, direction], prec=6)})

        total = along(u + v) + along(-u - v) - along(u - v) - along(v - u)
        return (total[2] + total[4] * scale**2) / (8 * along(flint.arb(1))[2])


def predicted_error(candidate: Candidate, dps: int, point: Point) -> Any:
    """Relative error that the formula has as a product."""
    return candidate.mpmath(dps, **point) / (mpmath.mpf(point["u"]) * mpmath.mpf(point["v"])) - 1


def predicted_expansion(candidate: Candidate, activation: Activation, b: Any, u: Any, v: Any) -> tuple[Any, Any]:
    """The formula for a vanishing scale, and its coefficient of the square of the scale, from two scales."""
    whole, half = (candidate.numpy(phi=activation, b=b, u=u, v=v, lamda=scale) for scale in (0.4, 0.2))
    slope = (whole - half) / 0.12
    return whole - 0.16 * slope, slope


def outputs_along_first_factor(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Output and change with the scale along the first factor, two rows for each of `GATES`."""
    first, second = np.asarray(measured.given["first"]), np.asarray(measured.given["second"])
    return np.stack([predicted_expansion(candidate, a, b, first, second[k]) for k, (a, b) in enumerate(GATES)])


def trained_network(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Bias at which the first error vanishes; equal biases; errors before and after; the product elsewhere."""
    low, high = START, 4.0
    for _ in range(6):
        grid = np.linspace(low, high, 41)
        slope = predicted_expansion(candidate, SIGMOID, grid, 0.7, 0.4)[1]
        turns = np.flatnonzero(slope[:-1] * slope[1:] <= 0)
        if turns.size == 0:
            return np.full(measured.values.shape, np.inf)  # the formula names no bias to train towards
        low, high = grid[turns[0]], grid[turns[0] + 1]
    (u, v), (left, right) = np.transpose(measured.given["batch"]), np.asarray(measured.given["other"])
    step = measured.resolution["step"]

    def error(bias: float) -> float:
        output = candidate.numpy(phi=SIGMOID, b=bias, u=u, v=v, lamda=step)
        return float(np.sqrt(np.mean(((output - u * v) / step**2) ** 2)))

    return np.array([low, 0.0, error(START), error(low), predicted_expansion(candidate, SIGMOID, low, left, right)[0]])


def asymmetry(candidate: Candidate, point: Point, dps: int) -> list:
    """Exchange of the factors, sign of either factor, and the trade of scale against inputs."""

    def gate(u: Any, v: Any, scale: Any) -> Any:
        return candidate.mpmath(dps, phi=SIGMOID, b=point["b"], u=u, v=v, lamda=scale)

    u, v, scale = (mpmath.mpf(point[name]) for name in ("u", "v", "lamda"))
    value = gate(u, v, scale)
    others = (gate(v, u, scale), -gate(-u, v, scale), -gate(u, -v, scale), gate(scale * u, scale * v, 1) / scale**2)
    return [(value - other) / (abs(value) + abs(other)) for other in others]


CLAIM = Claim(
    statement=multiplication_gate.STATEMENT,
    checks=(
        Precision(
            name="network at a tiny scale",
            reference=output_below_fourth_order,
            points=POINTS,
            against="the sum over the four neurons, its expansion in the scale extrapolated from two tiny scales",
        ),
        Certified(
            name="network as a certified power series",
            reference=power_series,
            points=POINTS[:2],
            against="the power series of the four neurons in ball arithmetic",
        ),
        Rate(
            name="network at scales over decades",
            exact=output_of_network,
            points=tuple({name: value for name, value in point.items() if name != "lamda"} for point in POINTS),
            values=("1e-1", "1e-2", "1e-3", "1e-4"),
            digits=40,
            against="the output of the four neurons",
        ),
        Property(
            name="symmetries",
            residual=asymmetry,
            parameters=multiplication_gate.STATEMENT.parameters,
            sentence="symmetric, odd in each factor, and trading the scale of the weights for that of the inputs",
            constraint=lambda point: min(abs(float(point["u"])), abs(float(point["v"]))) > 0.01,
            examples=12,
        ),
        Ladder(
            name="four neurons",
            predict=outputs_along_first_factor,
            quick=_sweep,
            full=functools.partial(_sweep, count=400),
            order=2,
            steps=(0.4, 0.2, 0.1, 0.05),
            full_steps=(0.4, 0.2, 0.1, 0.05, 0.025),
            axis="first factor u",
            quantity="output",
            style="points",
            series=tuple(f"{a.name}, {what}" for a, _ in GATES for what in ("output", "change with the scale")),
        ),
        Ladder(
            name="network trained to multiply",
            predict=trained_network,
            order=2,
            steps=(0.4, 0.2, 0.1),
            quick=_training,
            full=functools.partial(_training, examples=500),
            full_steps=(0.4, 0.2, 0.1, 0.05),
        ),
    ),
    quantities=("m(lamda, u, v)",),
    convention="sigma_k are derivatives over k!; the output weights are plus or minus 1/(8 sigma_2 lambda^2).",
    independence="The network sums over its neurons; training starts at the gate, is told products only and moves nine "
    "parameters.",
    printed={
        "E8": Ordeal(
            fails=Precision(
                name="logistic network without bias",
                reference=neurons_alone,
                points=({**POINTS[0], "b": "0"},),
                against="the four neurons at bias 0, which cancel, so that no finite output weight gives a product",
            ),
            holds=Precision(
                name="logistic network with a bias",
                reference=vanishing_scale,
                points=POINTS[:1],
                against="the logistic network with a bias, for a vanishing scale",
            ),
        ),
        "E6a": Ordeal(
            fails=Precision(
                name="network at a growing scale",
                reference=relative_error,
                evaluate=predicted_error,
                points=tuple({**POINTS[0], "lamda": scale} for scale in ("1e2", "1e4", "1e6")),
                against="the relative error of the network, which tends to -1 as the scale grows",
            ),
        ),
    },
)
