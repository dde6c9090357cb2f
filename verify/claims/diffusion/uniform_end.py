"""Dye in a box: cells that exchange it, and images of drops behind the walls.

The reference adds the Gaussian clouds of two drops and of all their mirror images; it has no cosines. The simulation
has cells and rates of jumps.
"""

from __future__ import annotations

from functools import partial

import mpmath
import numpy as np

from derivations.diffusion import uniform_end
from numerics.diffusion.boxes import divergences_without_a_potential
from numerics.measurement import Measurement
from verify.checks import Ladder, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

DROPS = ((0.1, 0.3), (0.0, 0.2), (0.4, 0.9))
NODES = 40  # of the trapezoid rule between the walls, over which the density continues evenly


def by_images(dps: int, point: Point) -> mpmath.mpf:
    """Divergence of two drops from the uniform density; each has images behind both walls."""
    time, constant, length = (mpmath.mpf(point[name]) for name in ("t", "D_x", "ell"))
    spread = 2 * constant * time
    clouds = [
        (share, sign * place * length + 2 * k * length)
        for share, place in ((mpmath.mpf(s), mpmath.mpf(p)) for s, p in point["drops"])
        for sign in (1, -1)
        for k in range(-14, 15)
    ]
    total = mpmath.mpf(0)
    for node in range(NODES + 1):
        x = length * node / NODES
        density = mpmath.fsum(share * mpmath.exp(-((x - c) ** 2) / (2 * spread)) for share, c in clouds)
        ratio = length * density / mpmath.sqrt(2 * mpmath.pi * spread)
        total += (mpmath.mpf(1) / 2 if node in (0, NODES) else 1) * ratio * mpmath.log(ratio)
    return total / NODES


def stated(candidate: Candidate, dps: int, point: Point) -> mpmath.mpf:
    """The formula, with the mean of the cosine over the drops."""
    mean = mpmath.fsum(mpmath.mpf(s) * mpmath.cos(mpmath.pi * mpmath.mpf(p)) for s, p in point["drops"])
    return candidate.mpmath(dps, t=point["t"], D_x=point["D_x"], ell=point["ell"], c_1=mean)


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Divergences, (drops, T), with the mean of the cosine over an evenly spread drop."""
    low, high = np.pi * np.asarray(measured.given["drops"]).T[..., None]
    mean = (np.sin(high) - np.sin(low)) / (high - low)
    length, constant = measured.given["length"], measured.given["constant"]
    return candidate.numpy(t=measured.axis, D_x=constant, ell=length, c_1=mean)


LENGTH, CONSTANT = 1.6, 0.7

CLAIM = Claim(
    statement=uniform_end.STATEMENT,
    checks=(
        Ladder(
            name="cells in a box",
            predict=predicted,
            steps=tuple(LENGTH / n for n in (20, 40, 80, 160)),
            full_steps=tuple(LENGTH / n for n in (40, 80, 160, 320)),
            order=2,
            quick=partial(
                divergences_without_a_potential,
                length=LENGTH,
                constant=CONSTANT,
                drops=DROPS,
                times=tuple(np.arange(3.4, 4.15, 0.1)),
            ),
            axis="time t",
            quantity="divergence from the uniform density (nats)",
            series=tuple(f"drop from {low} to {high} of the box" for low, high in DROPS),
        ),
        Rate(
            name="later and later times",
            exact=by_images,
            evaluate=stated,
            points=(
                {"drops": (("0.6", "0.17"), ("0.4", "0.42")), "D_x": "0.7", "ell": "1.3"},
                {"drops": (("0.3", "0.61"), ("0.7", "0.93")), "D_x": "1.6", "ell": "2.1"},
            ),
            values=("0.5", "0.8", "1.1", "1.4"),
            digits=30,
            against="the divergence of two drops with all their mirror images",
        ),
    ),
    quantities=("D_unif",),
    convention="The diffusion equation with constant D_x between walls that reflect; nats.",
    independence="Cells exchange dye at rates that hold for any potential; no cosine is assumed.",
)
