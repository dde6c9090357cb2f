"""Mistakes planted in the claim on four neurons that multiply."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from derivations.statement import LeadingOrder
from derivations.symbols import b, lamda, phi, sigma_2, sigma_4, u, v, x
from numerics.measurement import Measurement
from tests.planted_mistakes import Mistake, with_check, with_formula, with_statement, with_step
from verify.claim import Claim

CLAIM = "cheap_learning.multiplication_gate"
TINY, SCALES, FOUR = "network at a tiny scale", "network at scales over decades", "four neurons"


def order(power: int) -> Callable[[Claim], Claim]:
    """Another order of the error."""
    return lambda claim: with_statement(claim, regime=LeadingOrder(parameter=lamda, order=power))


def right_side(wrong: sp.Expr) -> Callable[[Claim], Claim]:
    """Another right-hand side."""
    return with_formula(lambda left, right: (left, wrong))


def with_definitions(place: Any, divisor: int) -> Callable[[Claim], Claim]:
    """The fourth Taylor coefficient at another place, or over another number."""

    def plant(claim: Claim) -> Claim:
        first, _ = claim.formula_statement.where
        fourth = phi(x).diff(x, 4).subs(x, place) / divisor
        return with_statement(claim, where=(first, sp.Eq(sigma_4, fourth)))

    return plant


def elsewhere(experiment: Callable[..., Measurement], **run: Any) -> Measurement:
    """The sweep with second inputs that are 1 % larger than it says."""
    measured = experiment(**run)
    return dataclasses.replace(
        measured, given={**measured.given, "second": np.asarray(measured.given["second"]) / 1.01}
    )


def mistake(kind: str, what: str, plant: Any, *checks: str) -> Mistake:
    """A mistake by position, since there are many."""
    return Mistake(claim=CLAIM, kind=kind, what=what, plant=plant, checks=checks)


ratio = 2 * sigma_4 / sigma_2 * lamda**2
MISTAKES = (
    *(mistake("regime", f"an error of order {power} of the scale", order(power), SCALES) for power in (2, 3, 6)),
    mistake("formula", "first error right for equal factors only", right_side(u * v * (1 + 2 * ratio * u * v)), TINY),
    mistake("formula", "no first error: right where the fourth derivative vanishes only", right_side(u * v), TINY),
    mistake("formula", "first error of a square", right_side(u * v * (1 + ratio * (u + v) ** 2)), TINY),
    mistake(
        "formula",
        "a term of the order that is left out, with a coefficient of its own",
        right_side(u * v * (1 + ratio * (u**2 + v**2) + lamda**4)),
        TINY,
    ),
    mistake("formula", "a term between the orders", right_side(u * v * (1 + ratio * (u**2 + v**2) + lamda**3)), SCALES),
    mistake("formula", "sigma_4 without its 4!", with_definitions(b, 1), TINY),
    mistake("formula", "sigma_4 at bias 0: right for softplus there only", with_definitions(0, 24), TINY),
    mistake("formula", "sigma_4 at the opposite bias: right for even derivatives only", with_definitions(-b, 24), TINY),
    mistake(
        "left side",
        "the scale left out on the left",
        with_formula(lambda left, right: (left * lamda**2, right)),
        TINY,
    ),
    mistake(
        "experiment",
        "second inputs that are 1 % off",
        with_check(FOUR, lambda check: dataclasses.replace(check, quick=functools.partial(elsewhere, check.quick))),
        FOUR,
    ),
    mistake(
        "step",
        "(u + v)^4 - (u - v)^4 without its second cube",
        with_step(6, obligation=(u + v) ** 4 - (u - v) ** 4 - 8 * u**3 * v),
        TINY,
    ),
)
