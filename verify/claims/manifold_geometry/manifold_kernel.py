"""Autocorrelation of the image of a circle, layer by layer, for error functions.

Networks of unequal widths are evaluated at equally spaced angles, and the autocorrelation is read off the power spectra
of their neurons. The reference averages products of error functions over two Gaussian fields on a grid, without the
arcsine. The claim is about error functions only; what other activations do is left to the recursion of the kernel.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import flint
import mpmath
import numpy as np
from flint import arb

from derivations.manifold_geometry import manifold_kernel
from numerics.manifold_geometry.autocorrelation import autocorrelation
from numerics.measurement import Measurement
from verify.checks import Certified, FiniteSize, Precision, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.manifold_geometry import outputs_at_fixed_point
from verify.compile import Candidate
from verify.references import finite_width
from verify.references.balls import integral, numbers
from verify.references.mean_field import ERROR_FUNCTION, Network, fixed_point

ORDERED_ERRORS = (ERROR_FUNCTION[0], 0.8, 0.4)  # activation, sigma_w, sigma_b
BETWEEN = 0.9  # angle between two points of the circle


def _autocorrelation(phase: str, network: Network) -> FiniteSize:
    run = functools.partial(autocorrelation, circles=16, **outputs_at_fixed_point(*network, points=16))
    return FiniteSize(
        name=f"Fourier transforms over the circle in {phase} networks",
        predict=functools.partial(autocorrelation_by_layer, network),
        quick=functools.partial(run, layers=5),
        full=functools.partial(run, layers=8),
        sizes=((64, 70), (128, 34), (256, 34)),
        full_sizes=((200, 500), (400, 180), (800, 80)),
        axis="difference Delta of the angles (radians)",
        quantity="autocorrelation q_Delta",
        series=tuple(f"layer {layer}" for layer in range(2, 6)),
    )


def autocorrelation_by_layer(network: Network, candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The autocorrelation at layers 2, 3, ..., iterated from the circle, (layers, differences)."""
    (_, sigma_w, sigma_b), q = network, fixed_point(*network)
    known = {"Delta": measured.axis, "sigma_w": sigma_w, "sigma_b": sigma_b, "q_star": q}
    kernel, _ = candidate.numpy(q_Delta=0.0, **known)
    rows = []
    for _ in range(len(measured.values)):
        # A wrong formula may leave the range of an autocorrelation; it is off at the layer where it does.
        _, kernel = candidate.numpy(q_Delta=np.clip(kernel, -q, q), **known)
        rows.append(kernel)
    return np.array(rows)


def circle_and_average_over_two_fields(dps: int, point: Point) -> list:
    """Both layers without a closed form: a slanted circle, and an average over two Gaussian fields on a grid."""
    with mpmath.workdps(dps + 5):
        q, gap, before, sigma_w, sigma_b = (
            mpmath.mpf(point[name]) for name in ("q_star", "Delta", "q_Delta", "sigma_w", "sigma_b")
        )
        turned = [(mpmath.cos(t), mpmath.sin(t)) for t in (mpmath.mpf("0.4"), mpmath.mpf("0.4") + gap)]
        axes = ((2, -1, 2), (2, 2, -1))  # orthogonal, of length 3
        here, there = ([c * a / 3 + s * b / 3 for a, b in zip(*axes, strict=True)] for c, s in turned)
        circle = q * mpmath.fsum(a * b for a, b in zip(here, there, strict=True))
        step, reach = mpmath.mpf(5) / (2 * dps), mpmath.sqrt(2 * dps * mpmath.log(10) + 10)
        nodes = [k * step for k in range(-int(reach / step), int(reach / step) + 1)]
        weights = [step * mpmath.npdf(z) for z in nodes]
        common, own = before / mpmath.sqrt(q), mpmath.sqrt(q - before**2 / q)
        inner = [
            mpmath.fsum(w * mpmath.erf(common * z + own * y) for y, w in zip(nodes, weights, strict=True))
            for z in nodes
        ]
        outer = mpmath.fsum(
            w * mpmath.erf(mpmath.sqrt(q) * z) * mean for z, w, mean in zip(nodes, weights, inner, strict=True)
        )
        return [circle, sigma_b**2 + sigma_w**2 * outer]


def exact_covariance(dps: int, point: Point) -> float:
    """The autocorrelation at layer 3 of the ordered network, behind N neurons in layer 1."""
    q = fixed_point(*ORDERED_ERRORS)
    return finite_width.third_layer_of_errors(float(point["N"]), ORDERED_ERRORS[1:], q, q * math.cos(BETWEEN))


def two_layers_on(candidate: Candidate, dps: int, point: Point) -> float:
    """The formula from the circle to layer 3."""
    (_, sigma_w, sigma_b), q = ORDERED_ERRORS, fixed_point(*ORDERED_ERRORS)
    known = {"Delta": BETWEEN, "sigma_w": sigma_w, "sigma_b": sigma_b, "q_star": q}
    kernel, _ = candidate.numpy(q_Delta=0.0, **known)
    for _ in range(2):
        _, kernel = candidate.numpy(q_Delta=np.clip(kernel, -q, q), **known)
    return float(kernel)


def certified_kernels(bits: int, point: Point) -> list[Any]:
    """The circle's covariance, integrated from a quarter of a turn, and that of erf by Price's theorem."""
    length, angle, both, gain, bias = numbers(point, "q_star", "Delta", "q_Delta", "sigma_w", "sigma_b")
    pi = flint.arb.pi()
    circle = integral(lambda u: length * u.sin(), angle, pi / 2)

    def slopes(k: Any, analytic: bool) -> Any:
        return ((1 + 2 * length) ** 2 - 4 * k * k).rsqrt(analytic=analytic) * 4 / pi

    return [circle, bias**2 + gain**2 * integral(slopes, arb(0), both, cuts=True)]


CLAIM = Claim(
    statement=manifold_kernel.STATEMENT,
    checks=(
        Certified(
            name="certified slopes over the covariance",
            reference=certified_kernels,
            against="integrals over the angle, and of products of slopes over the covariance",
            values=("q^1", "q^l"),
            points=(
                {"q_star": "1.37", "Delta": "0.7", "q_Delta": "0.53", "sigma_w": "1.7", "sigma_b": "0.3"},
                {"q_star": "0.61", "Delta": "2.3", "q_Delta": "-0.29", "sigma_w": "2.4", "sigma_b": "0.8"},
            ),
        ),
        Precision(
            name="slanted circle and average over two Gaussian fields",
            reference=circle_and_average_over_two_fields,
            against="a circle in a slanted plane, and the average of erf times erf on a grid in two dimensions",
            points=({"q_star": "1.37", "Delta": "0.7", "q_Delta": "0.53", "sigma_w": "1.7", "sigma_b": "0.3"},),
            digits=(11, 14),
        ),
        _autocorrelation("chaotic", ERROR_FUNCTION),
        _autocorrelation("ordered", ORDERED_ERRORS),
        Rate(
            name="third layer of finite width",
            exact=exact_covariance,
            against="the exact covariance of layer 3 of error functions behind N neurons",
            points=({},),
            values=("32", "128", "512", "2048"),
            digits=12,
            evaluate=two_layers_on,
        ),
    ),
    quantities=("q^1_Delta", "q^l_Delta"),
    convention="Angles in radians; the autocorrelation is the mean over circle and neurons, and q* at difference 0.",
    independence="Explicit networks of unequal widths at equally spaced angles, power spectra of their neurons.",
)
