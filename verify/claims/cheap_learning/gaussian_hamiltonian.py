"""Gaussians are quadratic Hamiltonians.

Moments and normalization are sums over a fine lattice at high precision, and those of points drawn by rejection, which
knows the Hamiltonian and nothing of Gaussians. The density as the page prints it is summed in the same way.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from derivations.cheap_learning import gaussian_hamiltonian
from numerics.cheap_learning.rejection import moments
from numerics.measurement import Measurement
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate

POINTS = (
    {"h_1": "0.7", "h_2": "-0.4", "h_11": "0.9", "h_22": "0.6", "h_12": "0.55"},
    {"h_1": "-0.3", "h_2": "0.8", "h_11": "0.7", "h_22": "1.3", "h_12": "-0.45"},
)
HAMILTONIANS = ((-1.9, 0.4, 0.9, 0.8, 0.6), (2.6, -1.3, 0.8, -0.7, 0.7), (1.7, 2.1, 1.1, 0.9, 0.5))
STEP, ENDS = "0.4", 30  # of the lattice: what it leaves out is below 1e-18, its step costs less


def lattice_sums(dps: int, point: Point, *, linear: int = 1, pairs: int = 1, constant: int = 1) -> list[Any]:
    """Mean, variance and covariance of exp(-H), and the logarithm of its integral, by sums over a lattice.

    `linear`, `pairs` and `constant` multiply the linear terms, the mixed one, and the logarithm.
    """
    a, b, c, e, d = (mpmath.mpf(point[name]) for name in ("h_1", "h_2", "h_11", "h_22", "h_12"))
    step, places = mpmath.mpf(STEP), range(-ENDS, ENDS + 1)
    first = {k: mpmath.exp(-linear * a * step * k - c * (step * k) ** 2) for k in places}
    second = {k: mpmath.exp(-linear * b * step * k - e * (step * k) ** 2) for k in places}
    mixed = mpmath.exp(-pairs * d * step**2)
    powers = {k: mixed**k for k in range(-(ENDS**2), ENDS**2 + 1)}
    rows = {m: [(k, second[k] * powers[m * k]) for k in places] for m in places}
    inner = {m: (mpmath.fsum(w for _, w in row), mpmath.fsum(k * w for k, w in row)) for m, row in rows.items()}
    total = mpmath.fsum(first[m] * inner[m][0] for m in places)
    mean = mpmath.fsum(m * first[m] * inner[m][0] for m in places) / total
    other = mpmath.fsum(first[m] * inner[m][1] for m in places) / total
    square = mpmath.fsum(m * m * first[m] * inner[m][0] for m in places) / total
    product = mpmath.fsum(m * first[m] * inner[m][1] for m in places) / total
    moments = [step * mean, step**2 * (square - mean**2), step**2 * (product - mean * other)]
    return [*moments, constant * mpmath.log(total * step**2)]


def sampled_moments(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Mean, variance, covariance and normalization, for each Hamiltonian."""
    rows = np.asarray(measured.given["coefficients"])
    letters = dict(zip(("h_1", "h_2", "h_11", "h_12", "h_22"), rows.T, strict=True))
    mean, variance, covariance, constant = candidate.numpy(**letters)
    return np.stack([mean, variance, covariance, np.exp(constant)], axis=1)


_MOMENTS = functools.partial(moments, coefficients=HAMILTONIANS)


def _lattice(name: str, linear: int = 1, pairs: int = 1, constant: int = 1) -> Precision:
    return Precision(
        name=name,
        reference=functools.partial(lattice_sums, linear=linear, pairs=pairs, constant=constant),
        points=POINTS,
        digits=(20, 30),
        against="sums over a lattice" if constant > 0 else "sums over a lattice, of the density as it is printed",
    )


CLAIM = Claim(
    statement=gaussian_hamiltonian.STATEMENT,
    checks=(
        _lattice("sums over a lattice"),
        Replicas(
            name="points kept by rejection",
            predict=sampled_moments,
            quick=functools.partial(_MOMENTS, proposals=55_000),
            full=functools.partial(_MOMENTS, proposals=200_000),
            replicas=30,
            full_replicas=60,
        ),
    ),
    quantities=("m_1", "C_11", "C_12", "h"),
    convention="H is -log p, natural logarithm, each pair of variables once.",
    independence="Points proposed evenly and kept by their energy; no matrix is inverted, no square completed.",
    printed={
        "E29": Ordeal(
            fails=_lattice("density of the Hamiltonian"),
            holds=_lattice("density as printed", linear=-1, pairs=2, constant=-1),
        )
    },
)
