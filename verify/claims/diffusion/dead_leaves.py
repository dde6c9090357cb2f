"""Correlations of pixels in sampled images of dead leaves, and the chance that one leaf covers two points.

Images are exact samples: leaves are laid from the top down until all is covered. The reference integrates the area that
two disks share over the chords of one of them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np

from derivations.diffusion import dead_leaves
from numerics.diffusion.leaves import correlations
from numerics.measurement import Measurement
from verify.checks import Certified, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import integral, numbers, root

RADIUS = 3.3


def by_chords(dps: int, point: Point) -> mpmath.mpf:
    """Leaves that cover both points over those that cover one: overlap of two disks by their chords, over the angle."""
    with mpmath.workdps(dps + 10):
        apart, radius = mpmath.mpf(point["h"]), mpmath.mpf(point["r_d"])
        top = mpmath.acos(apart / (2 * radius))  # at the height r sin(u) chords of both disks overlap
        both = mpmath.quad(lambda u: (2 * radius * mpmath.cos(u) - apart) * radius * mpmath.cos(u), [-top, 0, top])
        either = 2 * mpmath.quad(lambda u: 2 * (radius * mpmath.cos(u)) ** 2, [-mpmath.pi / 2, 0, mpmath.pi / 2]) - both
        return both / either


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Correlations at the distances."""
    return candidate.numpy(h=measured.axis, r_d=measured.given["radius"])


pixels = partial(correlations, radius=RADIUS, distances=(1, 2, 3, 4))


def certified_overlap(bits: int, point: Point) -> Any:
    """Leaves that cover both points over those that cover one: chords of both disks, integrated over the angle."""
    apart, radius = numbers(point, "h", "r_d")
    top = root(lambda u: u.cos() - apart / (2 * radius), point["near"])
    both = integral(lambda u: (2 * radius * u.cos() - apart) * radius * u.cos(), -top, top)
    one = integral(lambda u: 2 * (radius * u.cos()) ** 2, -flint.arb.pi() / 2, flint.arb.pi() / 2)
    return both / (2 * one - both)


def without_guess(candidate: Candidate, bits: int, point: Point) -> Any:
    """The formula at the point."""
    return candidate.arb(bits, h=point["h"], r_d=point["r_d"])


CLAIM = Claim(
    statement=dead_leaves.STATEMENT,
    checks=(
        Certified(
            name="certified overlap by chords",
            reference=certified_overlap,
            evaluate=without_guess,
            against="areas integrated over the chords of the disks",
            values=("C",),
            points=({"h": "0.7", "r_d": "1.9", "near": "1.386"}, {"h": "3.1", "r_d": "2.3", "near": "0.8313"}),
        ),
        Precision(
            name="overlap by chords",
            reference=by_chords,
            points=({"h": "0.7", "r_d": "1.9"}, {"h": "3.1", "r_d": "2.3"}, {"h": "1.7", "r_d": "4.1"}),
            against="areas integrated over the chords of the disks",
        ),
        Replicas(
            name="pixels of sampled images",
            predict=predicted,
            replicas=24,
            full_replicas=48,
            quick=partial(pixels, size=14, count=200),
            full=partial(pixels, size=24, count=220),
            axis="distance h (pixels)",
            quantity="correlation of two pixels",
            series=("pixels of sampled images",),
        ),
    ),
    quantities=("C_h",),
    convention="Distances and radii in pixels; greys uniform.",
    independence="Leaves are laid on sampled images until every pixel is covered; no area is computed.",
)
