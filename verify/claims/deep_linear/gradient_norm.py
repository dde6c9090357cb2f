"""The first update of networks of 2 to 32 matrices, its length and what it learns of each mode.

All examples pass through the layers and automatic differentiation moves all weights, so the length counts whatever a
hidden direction might add. The reference differentiates the loss of a chain of single weights numerically.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import gradient_norm
from numerics.deep_linear.first_update import first_update
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import CONVENTION, DEEP_SINGULAR_VALUES, ON_EXAMPLES, fewest_layers
from verify.compile import Candidate
from verify.references.balls import (
    chain,
    numbers,
)

depths = partial(
    first_update,
    singular_values=DEEP_SINGULAR_VALUES,
    initial=(0.4, 1.9, 0.55),
    tau=1.7,
    networks=tuple((6, *((5, 8, 4, 7) * 8)[: depth - 1], 9) for depth in (2, 4, 8, 16, 32)),
)


def chain_gradient(dps: int, point: Point) -> list:
    """Gradient norm of (s - w_1 ... w_d)^2 / 2 at equal weights, and rate of the product, by numerical derivatives."""
    a, s, tau = (mpmath.mpf(point[k]) for k in ("a", "s", "tau"))
    count = point["N_l"] - 1
    weights = [mpmath.root(a, count)] * count

    def loss(shift: Any, layer: int) -> Any:
        return (s - mpmath.fprod(w + (shift if k == layer else 0) for k, w in enumerate(weights))) ** 2 / 2

    up = [mpmath.diff(lambda e, k=k: loss(e, k), 0) for k in range(count)]
    rate = mpmath.diff(lambda e: mpmath.fprod(w - e * slope / tau for w, slope in zip(weights, up, strict=True)), 0)
    return [mpmath.norm(up), rate]


def predicted_first_update(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Length of the first update of all modes together, and rates of the mode strengths, (1 + modes, networks)."""
    s, start = (np.asarray(measured.given[name])[:, None] for name in ("singular_values", "initial"))
    norm, rate = formula.numpy(N_l=measured.given["layers"], a=start, s=s, tau=measured.given["tau"])
    return np.concatenate([np.linalg.norm(norm, axis=0, keepdims=True), rate])


def certified_gradient(bits: int, point: Point) -> list[Any]:
    """The norm of the gradient of a chain of equal weights and the rate of its product, as power series."""
    a, s, tau = numbers(point, "a", "s", "tau")
    depth = point["N_l"] - 1
    gradient, _, rate = chain(a, s, depth)
    return [(depth * gradient**2).sqrt(), rate / tau]


CLAIM = Claim(
    statement=gradient_norm.STATEMENT,
    checks=(
        Certified(
            name="gradient of a chain in certified power series",
            reference=certified_gradient,
            against="the loss of a chain of equal weights, differentiated as a power series",
            values=("norm", "da/dt"),
            points=(
                {"a": "0.7", "s": "1.9", "tau": "1.3", "N_l": 2},
                {"a": "1.7", "s": "0.6", "tau": "0.8", "N_l": 6},
            ),
        ),
        Precision(
            name="gradient of a chain",
            reference=chain_gradient,
            parameters=gradient_norm.STATEMENT.parameters,
            count=8,
            points=({"a": "0.7", "s": "1.9", "tau": "1.3", "N_l": fewest_layers(gradient_norm.STATEMENT)},),
            against="the gradient of a chain of equal weights, differentiated numerically",
        ),
        Ladder(
            name="first update at five depths",
            predict=predicted_first_update,
            steps=tuple(0.001 / 2**k for k in range(5)),
            full_steps=tuple(0.0005 / 2**k for k in range(5)),
            quick=partial(depths, examples=24),
            full=partial(depths, examples=200),
            axis="number of matrices N_l - 1",
            quantity="gradient norm, rates of a (per t)",
            series=("gradient norm", *(f"rate of the mode with s = {s}" for s in DEEP_SINGULAR_VALUES)),
        ),
    ),
    quantities=(r"\|\nabla_{W} L\|", "Derivative(a(t), t)"),
    convention=CONVENTION,
    independence=ON_EXAMPLES + " The first update of all weights is measured, in networks of 2 to 32 matrices.",
)
