"""Rates of modes in networks of two to seven matrices, against one law for any number of matrices.

The reference descends the loss of a chain of single weights, one derivative a weight, without the power of the formula;
the experiments train whole matrices of unequal widths and read off times of passage, or fit rate against strength.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import depth_n_mode
from numerics.deep_linear.passage_times import descent_times, rate_fit
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import (
    CHAINS,
    CONVENTION,
    DEEP_SINGULAR_VALUES,
    FULL_STEPS,
    STEPS,
    TRAINED,
    WIDE_CHAINS,
    balanced,
    fewest_layers,
)
from verify.compile import Candidate
from verify.references.balls import (
    chain,
    numbers,
)
from verify.references.layers_in_motion import columns, passage

power_law = partial(
    rate_fit,
    singular_values=DEEP_SINGULAR_VALUES,
    initial=0.06,
    tau=1.7,
    times=((0.6, 1.2, 1.8), (0.8, 1.6, 2.2), (0.6, 1.2, 1.8), (0.6, 1.2, 1.6), (0.6, 1.0, 1.4), (0.6, 0.8, 1.2)),
)

deep = partial(
    descent_times,
    singular_values=DEEP_SINGULAR_VALUES,
    tau=1.7,
    levels=tuple(np.arange(0.2, 0.91, 0.1)),
    strengths=tuple(balanced(len(chain) - 1, (0.09, 0.06, 0.08)) for chain in CHAINS),
)


def chain_in_motion(dps: int, point: Point) -> Any:
    """Rate of the product of d equal weights that descend (s - w_1 ... w_d)^2 / 2, differentiated numerically."""
    a, s, tau = (mpmath.mpf(point[k]) for k in ("a", "s", "tau"))
    count = point["N_l"] - 1
    weights = [mpmath.root(a, count)] * count

    def loss(shift: Any, layer: int) -> Any:
        return (s - mpmath.fprod(w + (shift if k == layer else 0) for k, w in enumerate(weights))) ** 2 / 2

    down = [-mpmath.diff(lambda e, k=k: loss(e, k), 0) / tau for k in range(count)]
    return mpmath.diff(lambda e: mpmath.fprod(w + e * v for w, v in zip(weights, down, strict=True)), 0)


def deep_passages(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times at which modes pass the levels, (networks and modes, levels)."""
    layers, s, start = columns(measured, "layers", "singular_value", "initial")
    tau = measured.given["tau"]
    return passage(lambda a: formula.numpy(N_l=layers, a=a, s=s, tau=tau), start, s * measured.axis)


def predicted_power_law(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Exponent of the strength in rate / (s - a), and its factor, for each depth."""
    layers, s, tau = measured.given["layers"], 2.6, measured.given["tau"]
    a = np.array([0.3, 1.7])[:, None]
    with np.errstate(all="ignore"):
        logs = np.log(formula.numpy(N_l=layers, a=a, s=s, tau=tau) / (s - a))
    exponent = (logs[1] - logs[0]) / np.log(a[1] / a[0])
    return np.stack([exponent, np.exp(logs[0] - exponent * np.log(a[0]))], axis=1)


def certified_rate(bits: int, point: Point) -> Any:
    """The rate of the product of a chain of equal weights that descends its loss, as a power series."""
    a, s, tau = numbers(point, "a", "s", "tau")
    return chain(a, s, point["N_l"] - 1)[2] / tau


CLAIM = Claim(
    statement=depth_n_mode.STATEMENT,
    checks=(
        Certified(
            name="chain of weights in certified power series",
            reference=certified_rate,
            against="the loss of a chain of equal weights, differentiated as a power series",
            values=("da/dt",),
            points=(
                {"a": "0.7", "s": "1.9", "tau": "1.3", "N_l": 2},
                {"a": "1.7", "s": "0.6", "tau": "0.8", "N_l": 6},
            ),
        ),
        Precision(
            name="chain in motion",
            reference=chain_in_motion,
            parameters=depth_n_mode.STATEMENT.parameters,
            count=8,
            points=({"a": "0.7", "s": "1.9", "tau": "1.3", "N_l": fewest_layers(depth_n_mode.STATEMENT)},),
            against="a chain of equal weights that descends its loss, differentiated numerically",
        ),
        Ladder(
            name="rate against strength",
            predict=predicted_power_law,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(power_law, networks=CHAINS, examples=24),
            full=partial(power_law, networks=WIDE_CHAINS, examples=100),
        ),
        Ladder(
            name="training at six depths",
            predict=deep_passages,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(deep, networks=CHAINS, examples=24),
            full=partial(deep, networks=WIDE_CHAINS, examples=100),
            axis="mode strength a / s",
            quantity="time of passage t (tau = 1.7)",
            series=tuple(f"{len(chain)} layers, s = {s}" for chain in CHAINS for s in DEEP_SINGULAR_VALUES),
        ),
    ),
    quantities=("Derivative(a(t), t)",),
    convention=CONVENTION,
    independence=TRAINED + " The layers are balanced at the start only.",
)
