"""Entropy of Gaussian weights, and what others lack.

Entropies of sampled weight matrices are estimated from the distances between neighbouring weights, which assumes no
density and fits none; uniform and Laplace weights and correlated pairs are sampled beside Gaussian ones. At high
precision -p ln p is integrated for every density; a pair has the entropy of one weight and of the other given the
first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb

from derivations.signal_propagation import maximum_entropy_ensemble
from derivations.statement import Source
from numerics.measurement import Measurement
from numerics.signal_propagation.weight_entropy import sampled_weights
from verify.checks import Certified, FiniteSize, Literature, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import average, fading, integral, numbers
from verify.references.quadrature import quadrature

INPUTS, SIGMA_W, CORRELATION = 37, 1.7, 0.63


def entropies(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Entropy of a Gaussian weight and the three deficits."""
    return candidate.numpy(sigma_w=SIGMA_W, N=INPUTS, rho=CORRELATION)


def _entropy(density: Callable[[Any], Any], end: Any) -> Any:
    """Entropy of a symmetric density on (-end, end), by quadrature of -p ln p."""

    def term(w: Any) -> Any:
        p = density(w)
        return -p * mpmath.log(p) if p > 0 else mpmath.mpf(0)

    return 2 * quadrature(term, mpmath.linspace(0, end, 9))


def integrated(dps: int, point: Point) -> list:
    """Entropies by quadrature; a pair has that of one weight and of the other given the first."""
    with mpmath.workdps(dps + 10):
        weight, correlation = mpmath.mpf(point["sigma_w"]), mpmath.mpf(point["rho"])
        scale = weight / mpmath.sqrt(int(point["N"]))
        far = mpmath.sqrt(2 * mpmath.mp.dps * mpmath.log(10) + 20)
        rest, edge, b = scale * mpmath.sqrt(1 - correlation**2), scale * mpmath.sqrt(3), scale / mpmath.sqrt(2)
        gaussian = _entropy(lambda w: mpmath.npdf(w, 0, scale), far * scale)
        given_first = _entropy(lambda w: mpmath.npdf(w, 0, rest), far * rest)
        uniform = _entropy(lambda w: 1 / (2 * edge), edge)
        laplace = _entropy(lambda w: mpmath.exp(-w / b) / (2 * b), far**2 / 2 * b)
        return [gaussian, gaussian - uniform, gaussian - laplace, gaussian - given_first]


def certified_entropies(bits: int, point: Point) -> list[Any]:
    """Entropy of a Gaussian weight and its excess over those of others of its variance; information of a pair."""
    gain, rho = numbers(point, "sigma_w", "rho")
    variance, pi = gain**2 / point["N"], flint.arb.pi()
    gaussian = average(lambda z: z * z / 2, (1, 2, 0), even=True) + (2 * pi * variance).log() / 2
    uniform = (12 * variance).log() / 2
    laplace = (2 * (variance / 2).sqrt()).log() + fading(lambda x: x, 1, 1)
    shared = integral(lambda r: r / (1 - r * r), arb(0), rho)
    return [gaussian, gaussian - uniform, gaussian - laplace, shared]


def shaping_gain(candidate: Candidate) -> float:
    """Ten times the decimal logarithm of the power that a uniform amplitude costs beyond a Gaussian one."""
    return 20 * float(candidate.numpy(sigma_w=1.3, N=7, rho=0.4)[1]) / math.log(10)


CLAIM = Claim(
    statement=maximum_entropy_ensemble.STATEMENT,
    checks=(
        Literature(
            name="ultimate shaping gain in decibels",
            published="1.53",
            source=Source(document="forney1989multidimensional", where="ultimate shaping gain of pi e / 6"),
            evaluate=shaping_gain,
            seen="in texts that cite the paper",
        ),
        Certified(
            name="certified entropies",
            reference=certified_entropies,
            against="integrals of -p ln p, and of the rate at which information grows with the correlation",
            values=("S", "over uniform", "over Laplace", "of a pair"),
            points=({"sigma_w": "1.3", "N": 7, "rho": "0.43"}, {"sigma_w": "0.6", "N": 20, "rho": "-0.71"}),
        ),
        Precision(
            name="entropies integrated",
            reference=integrated,
            against="quadrature of -p ln p for every density",
            points=({"sigma_w": "1.3", "N": 7, "rho": "0.43"}, {"sigma_w": "0.6", "N": 23, "rho": "-0.81"}),
            digits=(20, 30),
        ),
        FiniteSize(
            name="spacings of sampled weights",
            predict=entropies,
            quick=partial(
                sampled_weights,
                inputs=INPUTS,
                sigma_w=SIGMA_W,
                correlation=CORRELATION,
            ),
            sizes=((400, 90), (800, 30), (1600, 36)),
            full_sizes=((800, 300), (1600, 200), (3200, 100)),
            size_name="neurons",
        ),
    ),
    quantities=("S", "S-S_{uniform}", "S-S_{Laplace}", "2S-S_{pair}"),
    convention="Entropies are in nats, of a weight as it stands in the matrix, not of sqrt(N) times a weight.",
    independence="Distances between neighbouring weights of sampled matrices; no density is assumed or fitted.",
)
