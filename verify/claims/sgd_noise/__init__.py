"""Chapter sgd_noise: minibatch noise, its Langevin limit, and the stationary state of stochastic gradient descent."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from numerics.sgd_noise.minibatch_descent import settled_histogram
from verify.checks import FiniteSize

UNITS = "L is the mean loss over the training set and a step lasts a time equal to the learning rate: g = epsilon/(2B)."
LADDER = " With n steps per unit of time epsilon is n times smaller and the examples spread sqrt(n) times wider."
TILTED = (0.0, 0.12, -0.45, 0.0, 0.18)


def histogram(
    name: str, experiment: Any, predict: Any, rate: float, spread: dict[str, float], chains: int = 256, **setting: Any
) -> FiniteSize:
    """Stationary histograms; the full profile starts at half the learning rate, with the same noise per time.

    Between two wells starts are forgotten like exp(-0.15 t): after a time of 20 their rest is a standard error.
    """
    common = {"edges": tuple(np.linspace(-2.1, 2.1, 13)), "settle": 32.0, "duration": 35.0, **setting}
    louder = {key: value * 2**0.5 for key, value in spread.items()}
    return FiniteSize(
        name=name,
        predict=predict,
        sizes=((1, 32), (2, 32), (4, 32)),
        full_sizes=((1, 64), (2, 64), (4, 64)),
        quick=functools.partial(experiment, learning_rate=rate, chains=chains, **spread, **common),
        full=functools.partial(experiment, learning_rate=rate / 2, chains=800, **louder, **common),
        axis="weight theta",
        quantity="stationary density p",
        series=(name,),
        size_name="steps per unit of time",
    )


EVEN_NOISE = functools.partial(
    histogram,
    experiment=settled_histogram,
    rate=0.04,
    spread={"tilt": 12.0, "bend": 0.0},
    landscape=TILTED,
    examples=14,
    batch=3,
)
