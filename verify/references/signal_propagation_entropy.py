"""Independent evaluations and predictions for the entropy of weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate

INPUTS, SIGMA_W, CORRELATION = 37, 1.7, 0.63


def entropies(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Entropy of a Gaussian weight and the three deficits."""
    return candidate.numpy(sigma_w=SIGMA_W, N=INPUTS, rho=CORRELATION)


def _entropy(density: Callable[[Any], Any], end: Any) -> Any:
    """Entropy of a symmetric density on (-end, end), by quadrature of -p ln p."""

    def term(w: Any) -> Any:
        p = density(w)
        return -p * mpmath.log(p) if p > 0 else mpmath.mpf(0)

    return 2 * mpmath.quad(term, mpmath.linspace(0, end, 9))


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
