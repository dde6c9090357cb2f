"""Autocorrelation of the image of a circle, for error functions."""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from derivations.activations import Activation
from derivations.manifold_geometry import manifold_kernel
from numerics.manifold_geometry.autocorrelation import autocorrelation
from numerics.measurement import Measurement
from verify.checks import FiniteSize, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, numpy_function
from verify.references.mean_field import ERROR_FUNCTION, fixed_point

ORDERED_ERRORS = (ERROR_FUNCTION[0], 0.8, 0.4)  # activation, sigma_w, sigma_b


def _autocorrelation(phase: str, network: tuple[Activation, float, float]) -> FiniteSize:
    run = functools.partial(autocorrelation, circles=6, **settings(network, points=24))
    return FiniteSize(
        name=f"Fourier transforms over the circle in {phase} networks",
        predict=functools.partial(by_layer, network),
        quick=functools.partial(run, layers=5),
        full=functools.partial(run, layers=8),
        sizes=((80, 70), (160, 36), (320, 20)),
        full_sizes=((250, 600), (500, 200), (1000, 60)),
        axis="difference of the angles",
        quantity="autocorrelation",
        series=tuple(f"layer {layer}" for layer in range(2, 6)),
    )


def settings(network: tuple, points: int) -> dict[str, Any]:
    """The settings of an experiment on networks at their fixed point."""
    activation, sigma_w, sigma_b = network
    return {
        "sigma_w": sigma_w,
        "sigma_b": sigma_b,
        "squared_length": fixed_point(*network),
        "activation": numpy_function(activation),
        "points": points,
    }


def by_layer(network: tuple, candidate: Candidate, measured: Measurement) -> np.ndarray:
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


def averaged(dps: int, point: Point) -> list:
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


CLAIM = Claim(
    statement=manifold_kernel.STATEMENT,
    checks=(
        Precision(
            name="slanted circle and average over two Gaussian fields",
            reference=averaged,
            against="a circle in a slanted plane, and the average of erf times erf on a grid in two dimensions",
            points=({"q_star": "1.37", "Delta": "0.7", "q_Delta": "0.53", "sigma_w": "1.7", "sigma_b": "0.3"},),
            digits=(11, 14),
        ),
        _autocorrelation("chaotic", ERROR_FUNCTION),
        _autocorrelation("ordered", ORDERED_ERRORS),
    ),
    convention="Angles in radians; the autocorrelation is the mean over circle and neurons, and q* at difference 0.",
    independence="Explicit networks of unequal widths at equally spaced angles, power spectra of their neurons.",
)
