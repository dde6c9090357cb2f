"""The law of a weight after many steps, in the letters of three conventions.

The simulation makes steps on minibatches drawn with and without replacement, from one start, and takes mean and
variance after five numbers of steps. It knows no time, no noise scale and no convention. The reference is the exact
law of the update rule over all minibatches, at learning rates down to 10^-5.
"""

from __future__ import annotations

import functools
import itertools

import mpmath
import numpy as np

from derivations.sgd_noise import langevin_conventions
from numerics.measurement import Measurement
from numerics.sgd_noise.bowls import spread_after_steps
from verify.checks import FiniteSize, Rate
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate

POINTS = (
    {"t": "1.3", "h": "0.83", "theta_0": "1.4", "B": 3, "slopes": ("1.1", "-0.3", "-1.7", "0.9")},
    {"t": "0.4", "h": "1.7", "theta_0": "-0.6", "B": 2, "slopes": ("2.1", "-0.3", "-1.7", "0.4", "-0.5")},
)


def after_steps(dps: int, point: Point) -> list:
    """Mean and variances after t/epsilon steps of the update rule, over all minibatches; slopes grow like the root."""
    rate = mpmath.mpf(point["epsilon"])
    slopes = [mpmath.mpf(x) / mpmath.sqrt(rate) for x in point["slopes"]]
    middle, steps = mpmath.fsum(slopes) / len(slopes), steps_of(point)
    kept, found = 1 - rate * mpmath.mpf(point["h"]), []
    for batches in (
        itertools.product(slopes, repeat=point["B"]),
        itertools.combinations(slopes, point["B"]),
    ):
        noise = [rate * (mpmath.fsum(batch) / point["B"] - middle) for batch in batches]
        found.append(mpmath.fsum(x * x for x in noise) / len(noise) * (1 - kept ** (2 * steps)) / (1 - kept**2))
    return [mpmath.mpf(point["theta_0"]) * kept**steps, found[0], found[0], found[1]]


def steps_of(point: Point) -> int:
    """The number of steps in the time t."""
    return round(mpmath.mpf(point["t"]) / mpmath.mpf(point["epsilon"]))


def law(candidate: Candidate, dps: int, point: Point) -> list:
    """The formula for those slopes."""
    slopes = [mpmath.mpf(x) for x in point["slopes"]]
    middle = mpmath.fsum(slopes) / len(slopes)
    variance = mpmath.fsum((x - middle) ** 2 for x in slopes) / len(slopes) / mpmath.mpf(point["epsilon"])
    letters = {name: point[name] for name in ("epsilon", "h", "theta_0", "B")}
    return candidate.mpmath(dps, n=steps_of(point), N=len(slopes), Gamma=variance, **letters)


def law_of_weight(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula after each number of steps, with the variance of the examples' linear terms."""
    given, gradients = measured.given, np.asarray(measured.given["gradients"])
    return np.array(
        candidate.numpy(
            n=measured.axis,
            theta_0=given["start"],
            epsilon=given["learning_rate"],
            h=given["curvature"],
            Gamma=float(np.var(gradients)),
            B=given["batch"],
            N=gradients.size,
        )
    )


SETTING = functools.partial(spread_after_steps, curvature=1.3, examples=9, batch=3, start=1.2, steps=(4, 8, 14, 22, 30))
MANY_STEPS = FiniteSize(
    name="after many steps",
    predict=law_of_weight,
    sizes=((1, 32), (2, 32), (4, 32)),
    full_sizes=((1, 64), (2, 64), (4, 64)),
    quick=functools.partial(SETTING, learning_rate=0.04, spread=9.0, chains=1200),
    full=functools.partial(SETTING, learning_rate=0.04, spread=9.0, chains=6000),
    axis="steps n from the start",
    quantity="mean and variance of the weight theta",
    series=("mean", "variance, A", "variance, B", "variance, C"),
    size_name="steps per unit of time",
)

CLAIM = Claim(
    statement=langevin_conventions.STATEMENT,
    checks=(
        Rate(
            name="exact law of many steps",
            exact=after_steps,
            evaluate=law,
            points=POINTS,
            values=("1e-1", "1e-2", "1e-3", "1e-4", "1e-5"),
            digits=30,
            against="mean and variance after t/epsilon steps of the update rule, over all minibatches",
        ),
        MANY_STEPS,
    ),
    quantities=("m_n", "V_A", "V_B", "V_C"),
    convention="Mean loss, dt = epsilon in A; summed loss, dt = epsilon/N in B and C. With n steps per unit of time "
    "epsilon is n times smaller and the examples spread sqrt(n) times wider.",
    independence="Steps on sampled minibatches, counted; no time, no noise scale and no convention is known.",
    printed={"E7": Ordeal(fails=MANY_STEPS)},
)
