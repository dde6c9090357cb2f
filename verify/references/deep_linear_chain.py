"""Independent evaluations and predictions for chains of matrices: their gradients, and what random ones amplify."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np
from flint import arb

from numerics.measurement import Measurement
from verify import certify
from verify.checks.precision import Point
from verify.compile import Candidate, CandidateError

LETTERS = ("W^1", "W^2", "W^3", "W^4")
NODES = 192  # of a Gauss-Legendre rule
ANGLES = 2000  # of a tabulated spectrum; linear interpolation then errs by less than 1e-6

# ---------------------------------------------------------------------------------------------- gradients of a chain


def chains(*widths: tuple[int, ...]) -> tuple[Point, ...]:
    """Points of the domain: networks of four matrices with these widths, with two examples each."""
    return tuple({"widths": w, "lambda_": f"0.{17 + 6 * k}"} for k, w in enumerate(widths))


@functools.lru_cache(maxsize=64)
def _matrices(dps: int, widths: tuple[int, ...]) -> tuple[tuple[Any, ...], Any, Any]:
    """Weights, inputs and outputs whose entries spread evenly over (-1, 1)."""
    turn = (mpmath.sqrt(5) - 1) / 2
    entries = (2 * mpmath.frac(k * turn) - 1 for k in itertools.count(3))

    def matrix(rows: int, columns: int) -> Any:
        return mpmath.matrix([[next(entries) for _ in range(columns)] for _ in range(rows)])

    weights = tuple(matrix(rows, columns) for columns, rows in itertools.pairwise(widths))
    return weights, matrix(widths[0], 2), matrix(widths[-1], 2)


def loss_differences(dps: int, point: Point) -> list:
    """Minus the learning rate times the derivative of the loss by every weight, by numerical differentiation."""
    weights, inputs, outputs = _matrices(dps, point["widths"])

    def loss(layer: int, row: int, column: int, shift: Any) -> Any:
        signal = inputs
        for k, weight in enumerate(weights):
            signal = weight * signal
            if k == layer:  # one weight is moved: its neuron hears more of one neuron below
                below = inputs
                for earlier in weights[:layer]:
                    below = earlier * below
                for example in range(inputs.cols):
                    signal[row, example] += shift * below[column, example]
        return mpmath.fsum(e**2 for e in outputs - signal) / 2

    return [
        -mpmath.mpf(point["lambda_"]) * mpmath.diff(functools.partial(loss, layer, row, column), 0)
        for layer, weight in enumerate(weights)
        for row in range(weight.rows)
        for column in range(weight.cols)
    ]


def _entries(found: Sequence[Any], shapes: Sequence[tuple[int, int]]) -> list:
    """The entries of matrices of the shapes expected, row by row; raises CandidateError for other shapes."""
    if [(m.rows, m.cols) if isinstance(m, mpmath.matrix) else None for m in found] != list(shapes):
        raise CandidateError("a change does not have the shape of its matrix")
    return [entry for matrix in found for entry in matrix]


def chain_steps(formula: Candidate, dps: int, point: Point) -> list:
    """The steps stated for the matrices of a point, entry by entry."""
    weights, inputs, outputs = _matrices(dps, point["widths"])
    letters = dict(zip(LETTERS, weights, strict=True)) | {"Sigma^31": outputs * inputs.T, "Sigma^11": inputs * inputs.T}
    found = formula.mpmath(dps, lambda_=point["lambda_"], **letters)
    return _entries(found, [(w.rows, w.cols) for w in weights])


def pass_through_chains(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Change of every weight over the learning rate, in networks of four, five or six matrices."""
    given, columns = measured.given, []
    for number in range(len(given) // 4):
        widths = [int(w) for w in np.asarray(given[f"widths {number}"])]
        ends = np.cumsum([a * b for a, b in itertools.pairwise(widths)])
        parts = np.split(np.asarray(given[f"weights {number}"]), ends[:-1])
        weights = [p.reshape(b, a) for p, (a, b) in zip(parts, itertools.pairwise(widths), strict=True)]
        sums = {
            "Sigma^31": mpmath.matrix(np.reshape(given[f"cross {number}"], (widths[-1], widths[0]))),
            "Sigma^11": mpmath.matrix(np.reshape(given[f"square {number}"], (widths[0], widths[0]))),
        }

        def steps(factors: Sequence[np.ndarray], own: range, sums: dict = sums) -> list:
            letters = {name: mpmath.matrix(m) for name, m in zip(LETTERS, factors, strict=True)}
            found = formula.mpmath(15, lambda_=1, **letters, **sums)
            return _entries([found[k] for k in own], [factors[k].shape for k in own])

        if len(weights) == len(LETTERS):
            columns += steps(weights, range(4))
        else:  # the first three matrices and the product of the others; then the product of the first ones and the last
            columns += steps([*weights[:3], _product(weights[3:])], range(3))
            columns += steps([_product(weights[:-3]), *weights[-3:]], range(7 - len(weights), 4))
    return np.array(columns, dtype=float)


def _product(weights: Sequence[np.ndarray]) -> np.ndarray:
    """The map of consecutive matrices, the first one acting first."""
    return functools.reduce(lambda total, weight: weight @ total, weights)


# ------------------------------------------------------------------------------------------- signals in random chains


def averaged_over_shells(dps: int, point: Point) -> list:
    """Mean square, mean logarithm and variance of the logarithm of a length, by quadrature over one layer's lengths.

    With r = e^u the density is e^(N u - N r^2 / (2 sigma_w^2)), and the trapezoid rule converges geometrically.
    """
    size, depth, sigma = point["N"], point["D"], mpmath.mpf(point["sigma_w"])
    low = -(dps + 8) * mpmath.log(10) / size - 3
    high = mpmath.log(dps + 8)
    step = mpmath.mpf(1) / 50
    grid = [low + k * step for k in range(int((high - low) / step) + 1)]
    weights = [mpmath.exp(size * u - size * mpmath.exp(2 * u) / 2) for u in grid]
    whole = mpmath.fsum(weights)
    logs = [u + mpmath.log(sigma) for u in grid]

    def mean(values: Sequence[Any]) -> Any:
        return mpmath.fdot(weights, values) / whole

    average = mean(logs)
    square = mpmath.fprod([mean([mpmath.exp(2 * v) for v in logs])] * depth)
    return [square, mpmath.fsum([average] * depth), mpmath.fsum([mean([(v - average) ** 2 for v in logs])] * depth)]


def by_recurrence(bits: int, point: Point) -> list:
    """The same as balls: one or two Gaussian numbers, whose logarithms have known moments, and pairs added to them.

    The sum of squares of two numbers is twice an exponential one, whose logarithm has mean -gamma and variance
    pi^2 / 6; that of one number has mean -gamma - ln 2 and variance pi^2 / 2. A pair added to n numbers raises the mean
    by 2 / n and lowers the variance by 4 / n^2.
    """
    size, sigma = point["N"], certify.ball(point["sigma_w"])
    gamma, log_2 = arb.const_euler(), arb(2).log()
    mean = -gamma - log_2 if size % 2 else log_2 - gamma
    variance = arb.pi() ** 2 / (2 if size % 2 else 6)
    for n in range(2 - size % 2, size, 2):
        mean, variance = mean + arb(2) / n, variance - arb(4) / n**2
    total = [arb(1), arb(0), arb(0)]
    for _ in range(point["D"]):
        total = [
            total[0] * sigma * sigma,
            total[1] + (mean - arb(size).log()) / 2 + sigma.log(),
            total[2] + variance / 4,
        ]
    return total


def signal_lengths(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Mean square, mean logarithm and mean squared logarithm behind each matrix, (networks, 3, matrices).

    Matrix by matrix: squares multiply, means and variances of logarithms add up.
    """
    outputs, variances = (np.asarray(measured.given[name]) for name in ("outputs", "variances"))
    square, mean, variance = formula.numpy(sigma_w=np.sqrt(outputs * variances), N=outputs, D=1)
    mean, variance = np.cumsum(mean, axis=1), np.cumsum(variance, axis=1)
    return np.stack([np.cumprod(square, axis=1), mean, variance + mean**2], axis=1)


def equal_layers(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The same with the statement's own depth, for networks whose matrices are alike in outputs and variance."""
    outputs, variances = (np.asarray(measured.given[name])[:, :1] for name in ("outputs", "variances"))
    square, mean, variance = formula.numpy(sigma_w=np.sqrt(outputs * variances), N=outputs, D=measured.axis)
    return np.stack([square, mean, variance + mean**2], axis=1)


# ------------------------------------------------------------------------------------------- spectra of random chains


def inside_the_spectrum(point: Point) -> bool:
    """Whether the angle lies inside the spectrum, and not so close to its ends that the quadrature is slow."""
    return 0.2 < float(point["varphi"]) * (point["D"] + 1) / np.pi < 0.85


def moment_series(dps: int, point: Point) -> list:
    """Level at which the moment series B has a given argument, and the fraction above it.

    B = 1 + B^(D + 1) / x is solved along the ray for the modulus at which x is real; the fraction is the integral of
    B / x along a detour through the half-plane below, from beyond the spectrum, where B is near 1, to x. Each root is
    followed from the one before.
    """
    depth, angle = point["D"], mpmath.mpf(point["varphi"])
    ray = mpmath.expj(angle)

    def level(modulus: Any) -> Any:
        return (modulus * ray) ** (depth + 1) / (modulus * ray - 1)

    def imaginary(modulus: Any) -> Any:
        return mpmath.im((modulus * ray) * mpmath.conj(modulus * ray - 1) * ray**depth)

    with mpmath.workdps(dps + 10):
        modulus = mpmath.findroot(imaginary, (1, mpmath.mpf(5) / 4))
        low = mpmath.log(mpmath.re(level(modulus)))
        high = mpmath.log(6 * (depth + 1))  # beyond the largest singular value's square, which is below e (D + 1)
        nodes, weights = _gauss_legendre(dps)
        root, total = mpmath.mpc(1), mpmath.mpc(0)
        for v, weight in zip(nodes, weights, strict=True):  # v from 0, at the far end, to 1
            z = mpmath.exp(high + (low - high) * v - mpmath.j * mpmath.sin(mpmath.pi * v))
            slope = low - high - mpmath.j * mpmath.pi * mpmath.cos(mpmath.pi * v)
            for _ in range(60):
                power = root**depth
                step = (1 + root * power / z - root) / ((depth + 1) * power / z - 1)
                root -= step
                if abs(step) < mpmath.mpf(10) ** (-dps - 5):
                    break
            total += weight * root * slope
    return [mpmath.exp(low / 2), -mpmath.im(total) / mpmath.pi]


@functools.lru_cache(maxsize=8)
def _gauss_legendre(dps: int) -> tuple[list, list]:
    """Nodes and weights on (0, 1), in order."""

    def middle(ball: Any) -> Any:
        mantissa, exponent = ball.mid().man_exp()
        return mpmath.ldexp(int(mantissa), int(exponent))

    with certify.precision(mpmath.mp.prec + 30):
        pairs = [arb.legendre_p_root(NODES, k, weight=True) for k in reversed(range(NODES))]
    return [(1 + middle(x)) / 2 for x, _ in pairs], [middle(w) / 2 for _, w in pairs]


def amplified(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Fraction of the singular values above each level, (depths, levels); the angle of a level is interpolated."""
    depths, levels = np.asarray(measured.given["depths"])[:, None], np.asarray(measured.axis)
    angles = np.pi / (depths + 1) * (np.arange(ANGLES) + 0.5) / ANGLES
    values, fractions = formula.numpy(D=depths, varphi=angles)
    # singular values fall as the angle grows
    return np.stack([np.interp(levels, v[::-1], f[::-1]) for v, f in zip(values, fractions, strict=True)])
