"""Errors that arrive at the first hidden layer of networks that learn the sampled features of a tree.

The loss is differentiated automatically by the activity of that layer in the middle of training, in networks of two
and of four matrices; the formula sees the mode strength of that time, or the singular values alone where it says how
large the error becomes, and when. The reference differentiates the loss of a chain of numbers and looks for its largest
value without the formula.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import depth_n_mode, mode_logistic
from derivations.semantic_development import error_signal
from numerics.measurement import Measurement
from numerics.semantic_development import random_starts as small_weights
from numerics.semantic_development.error_signals import backpropagated, largest
from numerics.semantic_development.trees import Tree
from numerics.streams import Stream
from verify.checks import Certified, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.semantic_development import FROM_RANDOM_WEIGHTS, LEARNING_STEPS, TIME_CONVENTION, random_starts
from verify.compile import Candidate, candidate
from verify.references.balls import mode, numbers, stationary, travel
from verify.references.layers_in_motion import NODES, WEIGHTS, time_to_strength

# two branches with three and two items
SAMPLED = Tree(parents=((0, 0), (0, 0, 0, 1, 1)), flips=((0.1, 0.15), (0.1, 0.1, 0.2, 0.1, 0.15)))
FEATURES = SAMPLED.sample(features=24, replicas=1, generator=Stream(1, ("error signal",)).generator())[0].T / np.sqrt(
    24
)
TIMES = tuple(np.arange(0.4, 5.61, 0.4))
training: dict[str, Any] = {"tree": SAMPLED, "features": 24, "initial": 0.03, "tau": 1.7}
SHALLOW, DEEP = (7,), (7, 9, 6)  # widths of the hidden layers


def by_chain(dps: int, point: Point) -> list:
    """Error at the first activity of a chain of equal weights, its largest value and the strength and time of that."""
    a, s = (mpmath.mpf(point[k]) for k in ("a", "s"))
    count = point["N_l"] - 1

    def sent(strength: Any) -> Any:
        weight = mpmath.root(strength, count)
        above = weight ** (count - 1)
        return -mpmath.diff(lambda h: (s - above * h) ** 2 / 2, weight)

    place = mpmath.findroot(lambda x: mpmath.diff(sent, x), (s / 4, s / 2.1))
    return [sent(a), place, sent(place), time_to_strength(dps, {**point, "a_f": s / 3})]


def over_time(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Norm of the error of each mode in a network of two matrices, at the strength that its curve has, (modes, T)."""
    g = measured.given
    values = np.asarray(g["singular_values"])[:, None]
    grown = candidate(mode_logistic.STATEMENT).numpy(t=measured.axis, s=values, a_0=g["initial"], tau=g["tau"])
    return formula.numpy(N_l=g["layers"], a=grown, s=values, a_0=g["initial"], tau=g["tau"])[0]


def at_the_largest(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strength, norm and time of the largest error of each mode, (3, modes)."""
    g = measured.given
    values = np.asarray(g["singular_values"])
    found = formula.numpy(N_l=g["layers"], a=0.7, s=values, a_0=g["initial"], tau=g["tau"])[1:]
    return np.stack([np.broadcast_to(part, values.shape) for part in found])


def at_the_largest_of_deep(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The same, with the time that the rate of learning at any depth takes to the stated strength."""
    g, rate = measured.given, candidate(depth_n_mode.STATEMENT)
    found, s = at_the_largest(formula, measured), np.asarray(g["singular_values"])[:, None]
    start, end = np.log(float(g["initial"])), np.log(found[0][:, None])
    a = np.exp(start + (end - start) * (1 + NODES) / 2)  # Gauss-Legendre along the logarithm of the strength
    slowness = a / rate.numpy(N_l=g["layers"], a=a, s=s, tau=g["tau"])
    return np.stack([found[0], found[1], (end[:, 0] - start) / 2 * (slowness @ WEIGHTS)])


largest_errors = partial(
    Ladder,
    steps=(0.08, 0.04, 0.02, 0.01),
    full_steps=LEARNING_STEPS,
    axis="number of the mode",
    quantity="mode strength, norm, time t / tau",
)


def certified_largest(bits: int, point: Point) -> list[Any]:
    """Norm of the error at the first activity, its largest value with the strength there, and the time of two layers.

    With weights w = a^(1 / D) the error is w^(D - 1) (s - w^D), a polynomial whose stationary point is proved.
    """
    strength, s, start, tau = numbers(point, "a", "s", "a_0", "tau")
    depth = point["N_l"] - 1

    def signal(w: Any) -> Any:
        return w ** (depth - 1) * (s - w**depth)

    top = stationary(signal, point["near"])
    time = travel(mode(s, tau), start, s / 3)  # of two layers, whose errors are largest at a third
    return [signal(strength.root(depth)), top**depth, signal(top), time]


def without_guess(candidate: Candidate, bits: int, point: Point) -> list[Any]:
    """The formula at the point."""
    return candidate.arb(bits, **{name: value for name, value in point.items() if name != "near"})


CLAIM = Claim(
    statement=error_signal.STATEMENT,
    checks=(
        Certified(
            name="certified largest error",
            reference=certified_largest,
            evaluate=without_guess,
            against="the stationary point of the error over the weight, and an integral of one over the rate",
            values=("delta", "a_max", "delta_max", "t_max"),
            points=(
                {"N_l": 3, "a": "0.21", "s": "1.7", "a_0": "0.013", "tau": "1.3", "near": "0.7528"},
                {"N_l": 5, "a": "0.37", "s": "0.9", "a_0": "0.021", "tau": "0.8", "near": "0.788"},
            ),
        ),
        Precision(
            name="a chain of equal weights",
            reference=by_chain,
            count=3,
            parameters=error_signal.STATEMENT.parameters,
            points=({"N_l": 3, "a": "0.21", "s": "1.7", "a_0": "0.013", "tau": "1.3"},),
            digits=(20, 30),
            against="the loss of a chain of equal weights, differentiated numerically, and both layers integrated",
        ),
        Ladder(
            name="errors in a network of two matrices",
            predict=over_time,
            steps=(0.08, 0.04, 0.02, 0.01),
            full_steps=LEARNING_STEPS,
            quick=partial(backpropagated, hidden=SHALLOW, times=TIMES, **training),
            axis="training time t (tau = 1.7)",
            quantity="error at the first hidden layer",
            series=tuple(f"mode {k}" for k in range(1, 6)),
        ),
        largest_errors(
            name="largest errors in a network of two matrices",
            predict=at_the_largest,
            quick=partial(largest, hidden=SHALLOW, until=9.2, **training),
            series=("mode strength", "norm", "time"),
        ),
        largest_errors(
            name="largest errors in a network of four matrices",
            predict=at_the_largest_of_deep,
            quick=partial(largest, hidden=DEEP, until=16.0, **training),
            series=("mode strength", "norm", "time"),
        ),
        random_starts(
            name="errors after a random start",
            predict=over_time,
            quick=partial(
                small_weights.backpropagated, properties=FEATURES, initial=1e-5, tau=1.7, times=(6.8, 7.3, 8.0, 8.8)
            ),  # earlier the weakest mode has not outgrown what of its start is no product of both layers
            axis="training time t (tau = 1.7)",
            quantity="error at the first hidden layer",
            series=tuple(f"mode {k}" for k in range(1, 6)),
        ),
    ),
    quantities=(r"\delta", r"a_{\max}", r"\delta_{\max}", "t_max"),
    convention=TIME_CONVENTION + " Features are +1 or -1 over the root of their number.",
    independence="Sampled features of an irregular tree are learned by all weights from a decoupled start; errors come "
    "from automatic differentiation by the hidden activity." + FROM_RANDOM_WEIGHTS,
)
