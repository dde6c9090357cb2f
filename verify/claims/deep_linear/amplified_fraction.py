"""Singular values of products of sampled Gaussian matrices are counted, and compared with the stated spectrum.

The formula is parametric, level and fraction by an angle. One reference solves the moment series of the product, a
polynomial equation, by Newton's method along a path around the spectrum and integrates it: no sines, no angle. The
other samples square matrices of growing size, multiplies them and counts singular values; it knows nothing of free
probability. How fast the law is approached is seen in its fourth moment, which Wick's theorem gives at any size.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
from flint import acb, arb, fmpq_poly

from derivations.deep_linear import amplified_fraction
from numerics.deep_linear.random_chains import singular_value_fractions
from numerics.measurement import Measurement
from verify import certify
from verify.checks import Certified, FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references import ball_spectra
from verify.references.balls import (
    fraction,
    numbers,
)
from verify.references.quadrature import gauss_legendre

directions = partial(singular_value_fractions, depths=(1, 2, 4), levels=tuple(np.arange(0.3, 1.61, 0.1)))
NODES, FEWER = 192, 24  # of Gauss-Legendre rules, of which fewer are enough for fifteen digits of a moment
ANGLES = 2000  # of a tabulated spectrum; linear interpolation then errs by less than 1e-6


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
        with certify.precision(mpmath.mp.prec):
            root, total, span = acb(1), acb(0), arb(low - high)
            for place, weight in gauss_legendre(NODES, mpmath.mp.prec):
                v = (1 + arb(place)) / 2  # from 0, at the far end, to 1
                z = acb(arb(high) + span * v, -v.sin_pi()).exp()
                for _ in range(60):
                    power = root**depth
                    step = (1 + root * power / z - root) / ((depth + 1) * power / z - 1)
                    root = (root - step).mid()
                    if abs(step) < arb(10) ** (-dps - 5):
                        break
                total += arb(weight) / 2 * root * acb(span, -arb.pi() * v.cos_pi())
    return [mpmath.exp(low / 2), -mpmath.mpf(total.imag) / mpmath.pi]


def fourth_moment_of_products(dps: int, point: Point) -> Any:
    """Mean fourth power of the singular values of a product of D Gaussian N x N matrices, exactly, by Wick's theorem.

    One matrix more takes the mean of tr A^2 / N to that of (tr A / N)^2 + (1 + 1/N) tr A^2 / N, and the mean of
    (tr A / N)^2 to that of (tr A / N)^2 + 2 tr A^2 / N^3, where A has the squared singular values.
    """
    size = mpmath.mpf(point["N"])
    squared_trace = fourth = mpmath.mpf(1)
    for _ in range(point["D"]):
        squared_trace, fourth = squared_trace + 2 * fourth / size**2, squared_trace + (1 + 1 / size) * fourth
    return fourth


def fourth_moment(formula: Candidate, dps: int, point: Point) -> Any:
    """The same of the law stated: its fourth power averaged over the fraction, along the angle."""

    def density(angle: Any) -> Any:
        level, _ = formula.mpmath(dps, D=point["D"], varphi=angle)
        return level**4 * mpmath.diff(lambda x: formula.mpmath(3 * dps, D=point["D"], varphi=x)[1], angle)

    half = mpmath.pi / (point["D"] + 1) / 2
    rule = gauss_legendre(FEWER, mpmath.mp.prec)
    return half * mpmath.fsum(weight * density(half * (1 + place)) for place, weight in rule)


def amplified(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Fraction of the singular values above each level, (depths, levels); the angle of a level is interpolated."""
    depths, levels = np.asarray(measured.given["depths"])[:, None], np.asarray(measured.axis)
    angles = np.pi / (depths + 1) * (np.arange(ANGLES) + 0.5) / ANGLES
    values, fractions = formula.numpy(D=depths, varphi=angles)
    # singular values fall as the angle grows
    return np.stack([np.interp(levels, v[::-1], f[::-1]) for v, f in zip(values, fractions, strict=True)])


def moment_root(point: Point) -> Any:
    """The root M of (1 + M)^(D + 1) = s^2 M above the axis."""
    equation = fmpq_poly([1, 1]) ** (point["D"] + 1) - fraction(point["s"]) ** 2 * fmpq_poly([0, 1])
    return ball_spectra.branch(equation)


def certified_spectrum(bits: int, point: Point) -> list[Any]:
    """A singular value and the fraction above it: by parts, the density's integral is that of D - 1 / M over M."""
    found = moment_root(point)
    return [*numbers(point, "s"), (found.arg() - point["D"] * found.imag) / flint.arb.pi()]


def at_the_root(candidate: Candidate, bits: int, point: Point) -> Any:
    """The formula at the angle of 1 + M."""
    return candidate.arb(bits, D=point["D"], varphi=(moment_root(point) + 1).arg())


CLAIM = Claim(
    statement=amplified_fraction.STATEMENT,
    checks=(
        Certified(
            name="certified roots of the moments' equation",
            reference=certified_spectrum,
            evaluate=at_the_root,
            against="complex roots of the polynomial equation of the moments",
            values=("s", "F"),
            points=({"D": 2, "s": "1.3"}, {"D": 5, "s": "0.7"}),
        ),
        Precision(
            name="moment series in the complex plane",
            reference=moment_series,
            count=3,
            parameters=amplified_fraction.STATEMENT.parameters,
            constraint=inside_the_spectrum,
            same_law=True,
            against="the moment series, followed along a detour around the spectrum and integrated",
        ),
        Rate(
            name="fourth moment of finite matrices",
            exact=fourth_moment_of_products,
            digits=15,
            points=({"D": 3},),
            values=("10", "100", "1000", "10000"),
            evaluate=fourth_moment,
            against="the fourth moment of singular values at finite N, which Wick's theorem gives exactly",
        ),
        FiniteSize(
            name="sampled products",
            predict=amplified,
            quick=directions,
            sizes=((16, 600), (24, 360), (36, 190), (54, 100)),
            full_sizes=((40, 1000), (60, 500), (90, 250), (140, 120)),
            axis="singular value s",
            quantity="fraction F of singular values above s",
            series=("1 matrix", "2 matrices", "4 matrices"),
        ),
    ),
    quantities=("s", "F(s)"),
    convention="The matrices are square and their entries have variance 1 / N; F counts singular values, not "
    "their squares.",
    independence="Matrices are sampled and multiplied, and their singular values are counted; no law of spectra is "
    "used.",
)
