"""Mistakes planted in the claims on what deep networks express with few neurons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.symbols import L, n, n_0, n_L
from tests.planted_mistakes import Mistake, with_experiment, with_formula, with_step
from verify.claim import Claim

REGIONS = "expressivity.linear_regions"


def component(number: int, wrong: sp.Expr) -> Callable[[Claim], Claim]:
    """Another right-hand side of one component."""

    def change(left: sp.Basic, right: sp.Basic) -> tuple[sp.Basic, sp.Basic]:
        return left, sp.Tuple(*(wrong if k == number else part for k, part in enumerate(right.args)))

    return with_formula(change)


def mistake(claim: str, kind: str, what: str, plant: Any, *checks: str) -> Mistake:
    """A mistake by position, since there are many."""
    return Mistake(claim=claim, kind=kind, what=what, plant=plant, checks=checks)


index = sp.Symbol("j", integer=True, nonnegative=True)
cells = sp.Sum(sp.binomial(n_L, index), (index, 0, n_0))
SAWTOOTH, LINES, CUBES = "sawtooth networks taken apart", "random single layers on lines", "folded cubes taken apart"
i = sp.Symbol("i", integer=True, positive=True)

MISTAKES = (
    mistake(REGIONS, "formula", "pieces right for up to three layers only", component(0, L**2 - L + 2), SAWTOOTH),
    mistake(REGIONS, "formula", "units right for one and two layers only", component(2, 2 * L - 1), SAWTOOTH),
    mistake(REGIONS, "formula", "units without a linear path beside them", component(2, 2**L), SAWTOOTH),
    mistake(REGIONS, "formula", "one piece a neuron", component(1, n), LINES),
    mistake(
        REGIONS,
        "formula",
        "folds right where the inputs divide the width only",
        component(3, (n / n_0) ** (n_0 * (L - 1)) * cells),
        CUBES,
    ),
    mistake(
        REGIONS,
        "formula",
        "cells right where the last layer has not more neurons than inputs only",
        component(3, sp.floor(n / n_0) ** (n_0 * (L - 1)) * 2**n_L),
        CUBES,
    ),
    mistake(
        REGIONS,
        "formula",
        "the last layer folds as well",
        component(3, sp.floor(n / n_0) ** (n_0 * L) * cells),
        CUBES,
    ),
    mistake(REGIONS, "experiment", "tents too flat to fold", with_experiment(SAWTOOTH, slope=0.95), SAWTOOTH),
    mistake(
        REGIONS,
        "step",
        "folds that do not change direction",
        with_step(3, obligation=sp.Symbol("u") - (1 - sp.Symbol("u"))),
        SAWTOOTH,
    ),
    mistake(
        "expressivity.parity",
        "formula",
        "terms right for up to three inputs only",
        component(0, 1 + n * (n - 1) / 2),
        "shortest normal forms and threshold networks",
    ),
    mistake(
        "expressivity.parity",
        "formula",
        "as many threshold units as terms",
        component(1, 2 ** (n - 1)),
        "shortest normal forms and threshold networks",
    ),
    mistake(
        "expressivity.parity",
        "experiment",
        "majority for parity",
        with_experiment("shortest normal forms and threshold networks", function="majority"),
        "shortest normal forms and threshold networks",
    ),
    mistake(
        "expressivity.sum_product_monomials",
        "formula",
        "monomials right for two pairs of layers only",
        component(0, 2 * 4 ** (i - 1)),
        "networks expanded",
    ),
    mistake(
        "expressivity.sum_product_monomials",
        "experiment",
        "sums before products",
        with_experiment("networks expanded", products_first=False, levels=(1, 2, 3)),
        "networks expanded",
    ),
)
