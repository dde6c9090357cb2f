"""Measurements that l1 minimization needs: linear programs, a projection onto the cone, and the law at finite N.

The exact law at finite N comes from the faces of the cone: the chance that a Gaussian vector is nearest to one of them
is an integral over the level times one over a wave number (the external and the internal angle of the polytope). It
contains no limit; its mean and variance must come to the formula like 1 / N. The linear programs know no cone.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np
from flint import acb

from derivations.high_dimensional_statistics import l1_transition
from numerics.high_dimensional_statistics.sparse_recovery import measurements_needed, projected_vectors
from numerics.measurement import Measurement
from verify.checks import Certified, FiniteSize, Precision, Rate, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, CandidateError
from verify.evidence import Path, Plane
from verify.references.balls import average, numbers
from verify.references.quadrature import quadrature

FRACTIONS, SIZE, SHARES = (0.1, 0.25, 0.5), 100, (0.1, 0.3)
LOW, HIGH = 1e-3, 6.0  # thresholds between which every share is found
GRID, NEAREST = 200, 1e-14  # thresholds of a grid, and how near to each other the last ones are
PROGRAMS = "Each number of measurements takes half a dozen programs of 100 unknowns, and is a whole number."


def by_quadrature(dps: int, point: Point) -> list:
    """All four from integrals over the Gaussian density, with f from the derivative of the mean distance."""
    with mpmath.workdps(dps + 10):
        t = mpmath.mpf(point["t"])
        reach = mpmath.sqrt(2 * mpmath.mp.dps * mpmath.log(10)) + 3
        density = functools.cache(mpmath.npdf)  # at the same places for every power
        beyond, line = mpmath.linspace(t, t + reach, 4), mpmath.linspace(-reach, reach, 5)

        def moment(k: int, ends: list) -> Any:
            return quadrature(lambda x: (x - t) ** k * density(x), ends)

        m, s, q = (2 * moment(k, beyond) for k in (1, 2, 4))
        kept, lost = (moment(k, line) for k in (2, 4))
        share = 2 * m / (2 * t + 2 * m)  # f times 2 t is (1 - f) times 2 m where the mean distance is stationary
        level = share * kept + (1 - share) * s
        slopes = 4 * share + 4 * (1 - share) * (s - m**2)
        curved = 2 * share + 2 * (1 - share) * 2 * quadrature(density, beyond)
        spread = share * (lost - kept**2) + (1 - share) * (q - s**2)
        return [share, level, mpmath.mpf(1) / 2 - slopes / (2 * curved), spread - 2 * level]


@functools.cache
def law(size: int, kept: int) -> tuple[float, float]:
    """Mean number of measurements that a signal of `size` entries needs, `kept` of them not zero, and the variance.

    The projection of a Gaussian vector has j free entries off the support with the probability (k + j) (2 pi k)^(-1/2)
    C(N - k, j) times an integral over the level t of exp(-(k + j) t^2 / 2) erf(t / sqrt 2)^(N - k - j), times the mean
    of exp(-S^2 / 2 k), where S is the sum of j half-normal numbers: an integral over its characteristic function, moved
    in the complex plane to where it is largest.
    """
    from scipy import special

    j = np.arange(size - kept + 1)[:, None]
    u = np.linspace(-20, 3, 1500)  # logarithm of the level
    level = -(kept + j) * np.exp(2 * u) / 2 + (size - kept - j) * np.log(special.erf(np.exp(u) / np.sqrt(2))) + u
    external = special.logsumexp(level, axis=1) + np.log(u[1] - u[0])
    root, low, high = np.sqrt(2 * kept), np.zeros(j.shape), np.full(j.shape, 10.0 * size)
    for _ in range(70):
        middle = (low + high) / 2
        slope = middle + j / root * (2 * middle / root - 2 / np.sqrt(np.pi) / special.erfcx(middle / root))
        low, high = np.where(slope < 0, middle, low), np.where(slope < 0, high, middle)
    wave = np.linspace(-9, 9, 121) + 1j * low
    exponent = -(wave**2) / 2 + j * np.log(special.wofz(wave / root))
    largest = np.max(exponent.real, axis=1)
    inner = np.sum(np.exp(exponent - largest[:, None]).real, axis=1) * 18 / 120 / np.sqrt(2 * np.pi)
    chosen = special.gammaln(size - kept + 1) - special.gammaln(j + 1) - special.gammaln(size - kept - j + 1)
    front = np.log(kept + j) - np.log(2 * np.pi * kept) / 2 + chosen
    chance = np.exp(front[:, 0] + external + largest + np.log(inner))
    dimension = kept - 1 + j[:, 0]
    failing = 2 * np.array([np.sum(chance[(dimension > m) & ((dimension - m) % 2 == 1)]) for m in range(size)])
    mean = float(np.sum(failing))
    return mean, float(np.sum((2 * np.arange(size) + 1) * failing)) - mean**2


def at_finite_size(dps: int, point: Point) -> list:
    """Mean per entry, what two sizes say of the next order, and variance per entry."""
    size, share = int(point["N"]), float(point["f"])
    (mean, variance), (twice, _) = law(size, round(share * size)), law(2 * size, round(2 * share * size))
    return [mpmath.mpf(mean / size), mpmath.mpf(2 * mean - twice), mpmath.mpf(variance / size)]


def at_shares(candidate: Candidate, shares: np.ndarray) -> np.ndarray:
    """The four quantities at the thresholds where the formula's f is each of some, (4, shares).

    The first change of sign on a grid is looked at again on a finer one. Raises CandidateError where there is none.
    """
    low, high = np.full((len(shares), 1), LOW), np.full((len(shares), 1), HIGH)
    while np.max(high - low) > NEAREST:
        places = low + (high - low) * np.linspace(0, 1, GRID)
        above = np.asarray(candidate.numpy(t=places)[0]) > shares[:, None]
        changed = above[:, 1:] != above[:, :-1]
        if not np.all(np.any(changed, axis=1)):
            raise CandidateError(f"no threshold for each f of {shares}")
        first = np.argmax(changed, axis=1)[:, None]
        low, high = np.take_along_axis(places, first, axis=1), np.take_along_axis(places, first + 1, axis=1)
    return np.asarray(candidate.numpy(t=(low + high)[:, 0] / 2), dtype=float)


def at_point(candidate: Candidate, dps: int, point: Point) -> list:
    """What the formula says of the limits, for a given f."""
    return [mpmath.mpf(float(value)) for value in at_shares(candidate, np.array([float(point["f"])]))[1:, 0]]


def per_entry(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Measurements needed per entry at that size, by f."""
    assert measured.axis is not None
    size = float(measured.given["size"])
    found = at_shares(candidate, measured.axis)
    return np.asarray(found[1] + found[2] / size)


def next_order(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """What the exact mean at that size has beyond its first two orders, from the exact means at two larger sizes.

    Of alpha N + m + c / N at N, 2 N and 4 N the last term is what is left of 2 f(N) - 3 f(2 N) + f(4 N), times 4 / 3.
    """
    assert measured.axis is not None
    size, shares = int(measured.given["size"]), measured.axis
    first, twice, last = (
        np.array([law(n, round(float(share) * n))[0] for share in shares]) for n in (size, 2 * size, 4 * size)
    )
    return np.abs(2 * first - 3 * twice + last) * 4 / 3 / size


def of_projection(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Squared length and variance of the dimension, per entry."""
    assert measured.axis is not None
    return at_shares(candidate, measured.axis)[[1, 3]]


def success(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Share of the signals that are found with M measurements, and the normal law of that mean and variance."""
    from scipy import special

    assert measured.axis is not None
    size, counts, paths = float(measured.given["size"]), np.asarray(measured.given["count"]), []
    for number, share in enumerate(measured.axis):
        _, level, offset, width = at_shares(candidate, np.array([share]))[:, 0]
        middle, spread = size * level + offset, np.sqrt(size * width)
        fine = np.linspace(middle - 4 * spread, middle + 4 * spread, 60)
        seen = np.unique(counts[:, number])
        paths.append(
            Path(
                label=f"f = {share:g}",
                group=number,
                theory=(tuple(fine / size), tuple(special.ndtr((fine - middle) / spread))),
                measured=(
                    tuple((seen + 0.5) / size),
                    tuple(float(np.mean(counts[:, number] <= m)) for m in seen),
                ),
            )
        )
    return (
        Plane(
            title="Signals found", x_label="measurements per entry", y_label="share that is found", paths=tuple(paths)
        ),
    )


def certified_cone(bits: int, point: Point) -> list[Any]:
    """All four from Gaussian averages beyond the threshold, with f from the derivative of the mean distance."""
    (t,) = numbers(point, "t")
    bound = (1 + t) ** 4

    def distances(power: int, beyond: Any = None) -> Any:
        return average(lambda x: (x - t) ** power, (bound, power, 0), beyond=beyond)

    mean, square, fourth = (2 * distances(power, t) for power in (1, 2, 4))
    kept, lost = (distances(power) for power in (2, 4))
    share = mean / (t + mean)  # f times 2 t is (1 - f) times 2 m where the mean distance is stationary
    level = share * kept + (1 - share) * square
    slopes = 4 * share + 4 * (1 - share) * (square - mean**2)
    curved = 2 * share + 4 * (1 - share) * average(lambda x: acb(1), beyond=t)
    spread = share * (lost - kept**2) + (1 - share) * (fourth - square**2)
    return [share, level, (1 - slopes / curved) / 2, spread - 2 * level]


CLAIM = Claim(
    statement=l1_transition.STATEMENT,
    checks=(
        Certified(
            name="certified averages beyond the threshold",
            reference=certified_cone,
            against="Gaussian averages of the distances, their slopes and curvature",
            values=("f", "alpha_c", "m_1", "w^2"),
            points=({"t": "0.37"}, {"t": "1.63"}),
        ),
        Precision(
            name="Gaussian integrals",
            reference=by_quadrature,
            points=({"t": "0.37"}, {"t": "1.9"}),
            digits=(16, 24),
            against="integrals over the Gaussian density of the distances, their slopes and curvature",
            same_law=True,
        ),
        Rate(
            name="faces of the cone at finite N",
            exact=at_finite_size,
            points=({"f": "0.1"}, {"f": "0.3"}),
            values=("20", "50", "120", "300"),
            against="external and internal angles of all faces of the cone at N entries",
            evaluate=at_point,
        ),
        FiniteSize(
            name="projected Gaussian vectors",
            predict=of_projection,
            quick=functools.partial(projected_vectors, fractions=SHARES, samples=400),
            full=functools.partial(projected_vectors, fractions=SHARES, samples=2000),
            sizes=((40, 60), (80, 50), (160, 40)),
            full_sizes=((60, 120), (120, 100), (240, 80)),
            size_name="entries",
        ),
        Replicas(
            name="linear programs",
            coarse=PROGRAMS,
            predict=per_entry,
            quick=functools.partial(measurements_needed, fractions=FRACTIONS, size=SIZE),
            replicas=40,
            full_replicas=600,
            bias=next_order,
            bias_note="the term of order 1 / N^2 per entry, from the exact mean at this N and two larger ones",
            axis="share f of entries that are not zero",
            quantity="measurements needed per entry",
            picture=success,
        ),
    ),
    quantities=("f", "alpha_c", "m_1", "w^2"),
    convention="Measurements are counted per entry of the signal; N is the number of its entries.",
    independence="Linear programs find signals, or fail to; no cone, distance or curve is known to them.",
)
