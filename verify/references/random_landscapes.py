"""Critical points of random landscapes: numerical derivatives of covariances, and few weights exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

from numerics.measurement import Measurement
from verify.checks.precision import Point

WEIGHTS = 7  # of the landscapes whose covariances are differentiated
POWER = mpmath.mpf("2.5")
LEVELS = (-0.7, -0.45, -0.2, 0.2, 0.45, 0.7)
SAMPLED: dict[str, Any] = {"size": 1.7, "tightness": 0.6}  # of the field of random waves
FEW_WEIGHTS = (
    "A field is Gaussian with dozens of waves for each weight only, so that there are few weights, and one curvature "
    "is "
    "a large part of them."
)
ONE_IN_N = "one curvature of the N that are counted, and of the mean curvature one part in N"

Kernel = Callable[[Any, Any, Any, Any], Any]


def field(point: Point) -> Kernel:
    """The covariance at (x_1, x_2) and (y_1, y_2) of a field whose covariance falls like a power of the distance."""
    slope, bend = mpmath.mpf(point["C_1"]), mpmath.mpf(point["C_2"])
    scale = (POWER + 1) * slope / bend

    def kernel(x: Any, z: Any, y: Any, w: Any) -> Any:
        half = ((x - y) ** 2 + (z - w) ** 2) / (2 * WEIGHTS)
        return WEIGHTS * slope * scale / POWER * (1 + half / scale) ** -POWER

    return kernel


def sphere(point: Point) -> Kernel:
    """The covariance of the spherical model of degree p at two points, by coordinates of the tangent plane."""
    degree = int(point["p"])

    def kernel(x: Any, z: Any, y: Any, w: Any) -> Any:
        lengths = (1 + (x**2 + z**2) / WEIGHTS) * (1 + (y**2 + w**2) / WEIGHTS)
        return WEIGHTS * ((1 + (x * y + z * w) / WEIGHTS) / mpmath.sqrt(lengths)) ** degree

    return kernel


def fraction_and_mean(kernel: Kernel, level: Any) -> tuple[Any, Any]:
    """The fraction of negative curvatures and the mean curvature at a level of the error per weight.

    The Hessian is split into elements that vary alone and a common shift, by its covariances; of all levels the one
    counts that is likeliest at a shift.
    """

    def moment(*orders: int) -> Any:
        return mpmath.diff(kernel, (0, 0, 0, 0), orders)

    across, common, tied = moment(1, 1, 1, 1), moment(2, 0, 0, 2), moment(0, 0, 2, 0) / WEIGHTS
    shift = level * common / tied
    end = -shift / mpmath.sqrt(WEIGHTS * across)
    below = mpmath.quad(lambda a: 2 * mpmath.sin(a) ** 2 / mpmath.pi, [mpmath.acos(end / 2), mpmath.pi])
    return below, shift


def mean_of_few(dps: int, point: Point) -> Any:
    """The mean curvature on a sphere of N weights, N even, at critical points of a level: exact, by Kac and Rice.

    Critical points of a level are weighted by the modulus of the determinant of the Hessian, sqrt(p (p - 1)) G - p u
    with a matrix G of the Gaussian orthogonal ensemble, which shifts the mean eigenvalue of G by its variance times the
    slope of the logarithm of the determinant's mean. That mean is the density of eigenvalues in one dimension more
    (Fyodorov, 2004), and the density a sum of Hermite functions (Mehta, Random matrices).
    """
    with mpmath.workdps(2 * dps):
        weights, degree, level = int(point["N"]), mpmath.mpf(point["p"]), mpmath.mpf(point["u"])
        scale = mpmath.sqrt(degree * (degree - 1))
        unit = mpmath.sqrt(mpmath.mpf(weights) / 2)
        place = degree * level / scale * unit
        value, slope = density_of_eigenvalues(weights, place)
        tilt = place + slope / value  # of the logarithm of the determinant's mean, without its sign
        return -degree * level - scale * 2 * unit * tilt / (weights * (weights - 1))


def density_of_eigenvalues(size: int, place: Any) -> tuple[Any, Any]:
    """Density, normalized to `size`, of eigenvalues with the weight exp(-y^2 / 2), and its slope; `size` is even."""
    at_place, at_zero = ([mpmath.pi ** mpmath.mpf("-0.25") * w] for w in (mpmath.exp(-(place**2) / 2), 1))
    for functions, y in ((at_place, place), (at_zero, 0)):
        functions.append(mpmath.sqrt(2) * y * functions[0])
        for k in range(1, size):
            functions.append(
                (mpmath.sqrt(2) * y * functions[k] - mpmath.sqrt(k) * functions[k - 1]) / mpmath.sqrt(k + 1)
            )
    inside = mpmath.pi ** mpmath.mpf("-0.25") * mpmath.sqrt(mpmath.pi / 2) * mpmath.erf(place / mpmath.sqrt(2))
    for k in range(1, size, 2):  # the integral of an even function from 0 to the place, from the one before
        inside = (mpmath.sqrt(k) * inside - mpmath.sqrt(2) * (at_place[k] - at_zero[k])) / mpmath.sqrt(k + 1)
    last, before, two = at_place[size], at_place[size - 1], at_place[size - 2]
    root = mpmath.sqrt(mpmath.mpf(size) / 2)
    bend = mpmath.sqrt(mpmath.mpf(size - 1) / 2) * two - root * last  # slope of the function before the last
    value = mpmath.fsum(f**2 for f in at_place[:size]) + root * before * inside
    return value, -2 * root * last * before + root * (bend * inside + before * last)


def both(dps: int, point: Point) -> list:
    """Fraction and mean in the field, then on the sphere."""
    level = mpmath.mpf(point["u"])
    with mpmath.workdps(2 * dps):
        return [*fraction_and_mean(field(point), level), *fraction_and_mean(sphere(point), level)]


def inside(point: Point) -> bool:
    """Whether the level is one at which curvatures have both signs, in the field and on the sphere."""
    return abs(float(point["u"])) * float(point["C_2"]) ** 0.5 / float(point["C_1"]) < 1.8


def covariance(measured: Measurement) -> dict[str, float]:
    """C_1 and C_2 of the sampled field, or of any where the sphere was sampled."""
    size, tightness = (float(measured.given.get(k, 1.0)) for k in ("size", "tightness"))
    return {"C_1": size * tightness, "C_2": size * tightness**2}
