"""Chapter sgd_noise: minibatch noise, its Langevin limit, and the stationary state of stochastic gradient descent."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import sympy as sp

from derivations.sgd_noise import boltzmann, fokker_planck_stationary, langevin_limit, minibatch_covariance
from derivations.statement import Parameter
from numerics.sgd_noise.minibatch_descent import change_of_means, stationary_histogram, valley_histogram
from numerics.sgd_noise.minibatch_steps import step_covariance
from verify.checks import FiniteSize, Precision, Property, Replicas
from verify.claim import Claim, Ordeal
from verify.compile import numpy_function
from verify.references import sgd_noise as reference

UNITS = "L is the mean loss over the training set and a step lasts a time equal to the learning rate: g = epsilon/(2B)."
LADDER = " With n steps per unit of time epsilon is n times smaller and the examples spread sqrt(n) times wider."


# ------------------------------------------------------------------------------- minibatch_covariance

SETS = (
    {"N": 6, "B": 4, "epsilon": "0.37"}, {"N": 7, "B": 3, "epsilon": "0.081"}, {"N": 5, "B": 5, "epsilon": "0.52"},
)  # fmt: skip

ALL_MINIBATCHES = Precision(
    name="all minibatches", reference=reference.enumerated, points=SETS, evaluate=reference.of_set,
    against="the covariance over all minibatches of a small data set, enumerated in exact fractions",
)  # fmt: skip

MINIBATCH = Claim(
    statement=minibatch_covariance.STATEMENT,
    checks=(
        ALL_MINIBATCHES,
        Replicas(
            name="network steps", predict=reference.of_network, replicas=32, full_replicas=64,
            quick=functools.partial(
                step_covariance, inputs=7, hidden=5, labels=3, examples=24, batch=9, learning_rate=0.3, tracked=3,
                draws=1500,
            ),
            full=functools.partial(
                step_covariance, inputs=30, hidden=20, labels=10, examples=64, batch=24, learning_rate=0.3, tracked=4,
                draws=4000,
            ),
            axis="pair of weights", quantity="covariance of the step", series=("with replacement", "without"),
        ),
    ),
    convention="F has the divisor N, the step is -epsilon times the gradient of the minibatch's mean loss.",
    independence="Minibatch gradients come from automatic differentiation; only single-example gradients are given.",
    printed={
        "E7b": Ordeal(
            fails=ALL_MINIBATCHES,
            holds=dataclasses.replace(
                ALL_MINIBATCHES, name="minibatches drawn with replacement",
                reference=lambda dps, point: reference.enumerated(dps, point)[:1],
                evaluate=lambda formula, dps, point: reference.of_set(formula, dps, point)[:1],
            ),
        )
    },
)  # fmt: skip


# ------------------------------------------------------------------------------- langevin_limit

SMALL_SETS = (
    {"theta": "0.83", "epsilon": "0.17", "B": 3, "N": 4, "f": "wave"},
    {"theta": "-1.24", "epsilon": "0.062", "B": 4, "N": 5, "f": "bump"},
    {"theta": "0.45", "epsilon": "0.29", "B": 5, "N": 3, "f": "bump"},
)
STARTS = tuple(np.linspace(-1.9, 1.7, 7))


def _one_step(learning_rate: float, chains: int) -> functools.partial:
    spread = 2.5 / learning_rate**0.5
    return functools.partial(
        change_of_means, landscape=(0.0, 0.3, -0.45, 0.0, 0.18), tilt=spread, bend=spread, examples=40, batch=4,
        learning_rate=learning_rate, starts=STARTS, chains=chains,
        functions=tuple(map(numpy_function, reference.TESTS.values())),
    )  # fmt: skip


ONE_STEP = FiniteSize(
    name="one step", predict=reference.mean_change,
    sizes=((1, 32), (2, 32), (4, 32)), full_sizes=((1, 64), (2, 64), (4, 64)),
    quick=_one_step(learning_rate=0.05, chains=8000), full=_one_step(learning_rate=0.02, chains=60000),
    axis="weight before the step", quantity="change of the mean over the learning rate", series=tuple(reference.TESTS),
)  # fmt: skip

LANGEVIN = Claim(
    statement=langevin_limit.STATEMENT,
    checks=(
        Precision(
            name="all minibatches", reference=reference.tiny_step, points=SMALL_SETS, evaluate=reference.mean_rate,
            against="the mean of f over all minibatches, enumerated at a learning rate of 10^-60 and 10^-100",
        ),
        ONE_STEP,
    ),
    convention=UNITS + LADDER,
    independence="The simulation makes steps with sampled minibatches and knows neither F nor g nor a derivative of f.",
    printed={"E7": Ordeal(fails=ONE_STEP)},
)  # fmt: skip


# ------------------------------------------------------------------------------- fokker_planck_stationary

KNOWN = tuple(p for p in fokker_planck_stationary.STATEMENT.parameters if p.name in ("epsilon", "B", "N"))
FAMILY = tuple(
    Parameter(symbol=sp.Symbol(name, real=True), meaning=meaning, domain=sp.S.Reals, typical=typical)
    for name, meaning, typical in (
        ("tilt", "slope of the loss at 0", (-0.2, 0.2)), ("well", "depth of the double well", (0.3, 0.9)),
        ("heat", "g F at 0", (0.12, 0.4)), ("slant", "F'/F at 0", (-0.8, 0.8)), ("bulge", "F''/(2F) at 0", (0.4, 0.9)),
    )
)  # fmt: skip
WELL_POINT = {"tilt": "0.11", "well": "0.7", "end": "4.5", "theta": ("-1.3", "-0.4", "0.7", "1.6")}
UNEVEN = {**WELL_POINT, "heat": "0.21", "slant": "0.4", "bulge": "0.67", "epsilon": "0.17", "B": 3, "N": 57}
EVEN = {**WELL_POINT, "heat": "0.37", "slant": "0", "bulge": "0", "epsilon": "0.083", "B": 4, "N": 35}


def _histogram(
    name: str, experiment: Any, predict: Any, rate: float, spread: dict[str, float], **setting: Any
) -> FiniteSize:
    """Stationary histograms; the full profile starts at half the learning rate, with the same noise per time."""
    common = {"edges": tuple(np.linspace(-2.1, 2.1, 13)), "settle": 30.0, "duration": 20.0, **setting}
    louder = {key: value * 2**0.5 for key, value in spread.items()}
    return FiniteSize(
        name=name, predict=predict, sizes=((1, 32), (2, 32), (4, 32)), full_sizes=((1, 64), (2, 64), (4, 64)),
        quick=functools.partial(experiment, learning_rate=rate, chains=256, **spread, **common),
        full=functools.partial(experiment, learning_rate=rate / 2, chains=800, **louder, **common),
        axis="weight", quantity="stationary density", series=(name,), size_name="steps per unit of time",
    )  # fmt: skip


TILTED = (0.0, 0.12, -0.45, 0.0, 0.18)
UNEVEN_NOISE = _histogram(
    "weight-dependent noise", stationary_histogram, reference.bin_density, rate=0.06,
    spread={"tilt": 12.7, "bend": 12.7}, landscape=(0.0, 0.1, -0.45, 0.0, 0.18), examples=40, batch=4,
)  # fmt: skip
EVEN_NOISE = functools.partial(
    _histogram,
    experiment=stationary_histogram,
    rate=0.064,
    spread={"tilt": 9.5, "bend": 0.0},
    landscape=TILTED,
    examples=200,
    batch=3,
)
VALLEY = _histogram(
    "two weights in a curved valley", valley_histogram, reference.bin_valley, rate=0.05, spread={"tilt": 11.0},
    landscape=TILTED, stiffness=1.7, curve=0.6, examples=60, batch=5,
)  # fmt: skip

STATIONARY = Claim(
    statement=fokker_planck_stationary.STATEMENT,
    checks=(
        Precision(
            name="zero current", reference=reference.zero_current, evaluate=reference.uneven_density,
            points=(UNEVEN,), digits=(15, 20),
            against="the equation of zero current integrated by Taylor series and normalized (the formula in float64)",
        ),
        UNEVEN_NOISE,
        Property(
            name="mean rates vanish", residual=reference.weak_form, parameters=(*FAMILY, *KNOWN), examples=2, dps=16,
            sentence="the density integrates to one and the means of theta, theta^2 and theta^3 are stationary",
        ),
    ),
    convention=UNITS + LADDER,
    independence="The simulation descends on sampled minibatches of losses; it knows neither F nor g nor a density.",
    printed={
        "E7": Ordeal(fails=UNEVEN_NOISE),
        "E32": Ordeal(fails=UNEVEN_NOISE, holds=EVEN_NOISE("constant noise", predict=reference.bin_density)),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------- boltzmann

ONE_WEIGHT = EVEN_NOISE("double well", predict=reference.bin_boltzmann)
BOWL = EVEN_NOISE("quadratic bowl", predict=reference.bin_boltzmann, landscape=(0.0, 0.0, 0.4))

BOLTZMANN = Claim(
    statement=boltzmann.STATEMENT,
    checks=(
        Precision(
            name="zero current", reference=reference.zero_current, evaluate=reference.even_density,
            points=(EVEN,), digits=(15, 20),
            against="the equation of zero current integrated by Taylor series and normalized (the formula in float64)",
        ),
        ONE_WEIGHT,
        BOWL,
        VALLEY,
    ),
    convention=UNITS + LADDER,
    independence="The simulation descends on sampled minibatches of losses; it knows no temperature.",
    printed={"E7": Ordeal(fails=VALLEY)},
)  # fmt: skip

CLAIMS = (MINIBATCH, LANGEVIN, STATIONARY, BOLTZMANN)
