"""Losses of one and the same prediction, seen as one of data, noise and velocity, at eight levels of noise.

Noise and velocity are solved for from what is observed and the predicted datum. Half of the levels have
a^2 + sigma^2 = 1; the others do not.
"""

from __future__ import annotations

from functools import partial

import mpmath
import numpy as np

from derivations.diffusion import loss_weights
from numerics.diffusion.losses import losses_of_a_prediction
from numerics.measurement import Measurement
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate

PRESERVING = ((0.96, 0.8, 0.6, 0.28), (0.28, 0.6, 0.8, 0.96))
OTHER = ((1.0, 1.0, 0.7, 1.6), (0.4, 1.7, 0.5, 1.3))


def solved(dps: int, point: Point) -> list:
    """The weights from three numbers: a datum, a noise, and a wrong prediction of the datum."""
    with mpmath.workdps(dps + 10):
        a, sigma, largest = (mpmath.mpf(point[name]) for name in ("a", "sigma", "gamma"))
        x, noise, guess = mpmath.mpf("0.37"), mpmath.mpf("-1.21"), mpmath.mpf("0.82")
        z, v = a * x + sigma * noise, a * noise - sigma * x
        # a x + sigma e = z and a e - sigma x = v, solved for what a predicted datum implies.
        guessed_noise = mpmath.lu_solve(
            mpmath.matrix([[sigma, 0], [a, -1]]), mpmath.matrix([z - a * guess, sigma * guess])
        )
        data, of_noise = (guess - x) ** 2, (guessed_noise[0] - noise) ** 2
        of_velocity = (guessed_noise[1] - v) ** 2
        counted = min(a**2 / sigma**2, largest)
        return [of_noise / data, of_velocity / data, max(of_noise, data) / data, counted * data / of_velocity]


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The weights at every level, (4, levels)."""
    given = measured.given
    return candidate.numpy(a=given["signals"], sigma=given["noises"], gamma=given["truncation"])


def bias(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """A ratio of means over n examples is off by a few parts of n."""
    return 5 * np.abs(measured.values) / measured.resolution["examples"]


def levels(name: str, *sets: tuple[tuple[float, ...], tuple[float, ...]]) -> Replicas:
    """The losses at some levels of noise."""
    signals, noises = (sum((s[k] for s in sets), ()) for k in (0, 1))
    loss = partial(losses_of_a_prediction, signals=signals, noises=noises, truncation=2.3)
    return Replicas(
        name=name,
        predict=predicted,
        replicas=24,
        full_replicas=64,
        quick=partial(loss, examples=4000),
        full=partial(loss, examples=20_000),
        bias=bias,
        bias_note="ratios of means over the examples of a replica",
    )


def exact(name: str, *points: Point) -> Precision:
    """The weights of single examples."""
    return Precision(
        name=name,
        reference=solved,
        points=points,
        against="the errors of one example, noise and velocity solved for from the predicted datum",
    )


SINGLE = exact(
    "single examples",
    {"a": "0.9", "sigma": "1.3", "gamma": "3.1"},
    {"a": "1.7", "sigma": "0.6", "gamma": "4.7"},
    {"a": "0.6", "sigma": "0.7", "gamma": "0.45"},
)

CLAIM = Claim(
    statement=loss_weights.STATEMENT,
    checks=(SINGLE, levels("losses at eight levels of noise", PRESERVING, OTHER)),
    quantities=("W_epsilon", "W_v", "W_max", "w_v"),
    convention="z = a x + sigma epsilon, v = a epsilon - sigma x; SNR = a^2 / sigma^2.",
    independence="Noise and velocity are solved for from what is observed; losses are means of squared errors.",
    printed={
        "U25": Ordeal(
            fails=levels("levels with other amplitudes", OTHER),
            holds=levels("levels with a^2 + sigma^2 = 1", PRESERVING),
        ),
        "U26": Ordeal(fails=SINGLE),
    },
)
