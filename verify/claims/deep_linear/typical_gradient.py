"""Gradients of sampled deep linear networks: the mean of their logarithm, and their mean square.

Automatic differentiation gives the gradient by every matrix. One reference finds the weights that preserve the mean
logarithm from integrals over the length behind one matrix, without gamma functions; networks of unequal widths follow
the formula matrix by matrix.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.deep_linear import typical_gradient
from derivations.statement import Source
from numerics.deep_linear.random_gradients import gradient_norms
from numerics.measurement import Measurement
from verify.checks import Certified, Literature, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import numbers
from verify.references.quadrature import over_shells

SQUARE = (((6,) * 7, 1.0), ((9,) * 7, 1.25), ((11,) * 7, 0.8))  # widths and gain
UNEQUAL = (((5, 8, 6, 11, 7), 0.8), ((9, 6, 13, 7, 10), 1.5))


def by_shells(dps: int, point: Point) -> list:
    """Weights that preserve the mean logarithm, typical gradient and mean square, by sums over one matrix's lengths."""
    size, layers, sigma = point["N"], point["D"] - 1, mpmath.mpf(point["sigma_w"])
    logarithm, _, square = over_shells(dps, size)
    typical = mpmath.exp(mpmath.fsum([mpmath.log(sigma) + logarithm] * layers))
    return [mpmath.exp(-logarithm), typical, mpmath.fprod([sigma**2 * square] * layers)]


def of_square_networks(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Mean logarithm and mean square of the gradient by every matrix, (networks, 2, matrices)."""
    inputs, gains = np.asarray(measured.given["inputs"]), np.asarray(measured.given["gains"])[:, None]
    _, typical, square = formula.numpy(sigma_w=gains, N=inputs, D=inputs.shape[1])
    return np.stack([np.log(typical), square], axis=1)


def of_unequal_networks(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The same where widths differ, from two matrices at a time, one of which is passed.

    A signal takes from a matrix as many independent numbers as it has outputs, an error sent back as many as inputs.
    """
    inputs, outputs, gains = (np.asarray(measured.given[name]) for name in ("inputs", "outputs", "gains"))
    gains = gains[:, None]
    forth = np.log(formula.numpy(sigma_w=gains * np.sqrt(outputs / inputs), N=outputs, D=2)[1:])
    back = np.log(formula.numpy(sigma_w=gains, N=inputs, D=2)[1:])
    before = np.cumsum(forth, axis=-1) - forth
    after = np.cumsum(back[..., ::-1], axis=-1)[..., ::-1] - back
    typical, square = before + after
    return np.stack([typical, np.exp(square)], axis=1)


gradients = partial(
    Replicas,
    replicas=14_000,
    full_replicas=200_000,
    axis="number l of the matrix",
    quantity="gradient's mean logarithm, and mean square",
)


def certified_lengths(bits: int, point: Point) -> list[Any]:
    """The typical length behind a matrix, from that of one or two Gaussian numbers to which pairs are added."""
    (gain,) = numbers(point, "sigma_w")
    size, depth = point["N"], point["D"]
    odd = size % 2
    logarithm = -flint.arb.const_euler() - (flint.arb(2).log() if odd else -flint.arb(2).log())
    for below in range(2 - odd, size, 2):  # E ln chi^2 with two more numbers is larger by 2 over their number
        logarithm += flint.arb(2) / below
    typical = (logarithm / 2).exp() / flint.arb(size).sqrt()
    square = gain**2
    for _ in range(depth - 2):
        square *= gain**2
    return [1 / typical, (gain * typical) ** (depth - 1), square]


def one_number(candidate: Candidate) -> float:
    """Mean logarithm of the square of one Gaussian number, which the typical scale of one weight compensates."""
    scale = float(candidate.numpy(sigma_w=1.3, N=1, D=3)[0])
    return -2 * math.log(scale) if scale > 0 else math.nan


CLAIM = Claim(
    statement=typical_gradient.STATEMENT,
    checks=(
        Literature(
            name="logarithm of a squared Gaussian number",
            published="-1.2704",
            source=Source(document="kim1998stochastic", where="mean of the logarithm of a chi-squared number"),
            evaluate=one_number,
        ),
        Certified(
            name="typical lengths from pairs of Gaussian numbers",
            reference=certified_lengths,
            against="the mean logarithm of one or two Gaussian numbers, to which pairs are added",
            values=("sigma_w typical", "typical gradient"),
            points=({"sigma_w": "1.3", "N": 7, "D": 4}, {"sigma_w": "0.8", "N": 10, "D": 3}),
        ),
        Precision(
            name="lengths behind one matrix",
            reference=by_shells,
            count=3,
            parameters=typical_gradient.STATEMENT.parameters,
            points=({"sigma_w": "1.3", "N": 1, "D": 4}, {"sigma_w": "0.9", "N": 6, "D": 1}),
            against="sums over the lengths behind one matrix, multiplied over the matrices",
        ),
        gradients(
            name="square networks",
            predict=of_square_networks,
            quick=partial(gradient_norms, networks=SQUARE),
            series=("logarithm, N = 6, gain 1", "square", "logarithm, N = 9, gain 1.25", "square"),
        ),
        gradients(
            name="networks of unequal widths",
            predict=of_unequal_networks,
            quick=partial(gradient_norms, networks=UNEQUAL),
            series=("logarithm, gain 0.8", "square", "logarithm, gain 1.5", "square"),
        ),
    ),
    quantities=(
        r"\sigma_w^{\mathrm{typ}}",
        r"\exp \mathrm{E} \ln \frac{|\nabla_{W^l} L|}{|x| |e|}",
        r"\mathrm{E} \frac{|\nabla_{W^l} L|^2}{|x|^2 |e|^2}",
    ),
    convention="The weights of a matrix have variance sigma_w^2 over the number of its inputs; input and error have "
    "norm 1.",
    independence="Sampled networks are differentiated automatically by all their weights; no law of lengths is used.",
)
