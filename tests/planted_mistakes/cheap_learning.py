"""Mistakes planted in the chapter on cheap learning, and in what shallow networks approximate beside it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from derivations.statement import LeadingOrder
from derivations.symbols import (
    B,
    K,
    L,
    N_c,
    S_c,
    alpha_1,
    b,
    beta,
    beta_1,
    d,
    det_h,
    f_2,
    h_1,
    h_11,
    h_12,
    k,
    l,
    lamda,
    moment,
    n,
    n_0,
    n_b,
    n_g,
    n_p,
    phi,
    pi_0,
    rho,
    sigma_2,
    sigma_4,
    u,
    v,
    x,
)
from numerics.measurement import Measurement
from tests.planted_mistakes import Mistake, with_check, with_experiment, with_formula, with_statement, with_step
from verify.claim import Claim

CLAIM = "cheap_learning.multiplication_gate"
CHAPTER = "cheap_learning"
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


def component(number: int, wrong: Any) -> Callable[[Claim], Claim]:
    """Another right-hand side of one component; `wrong` may be a function of the right one."""

    def change(left: sp.Basic, right: sp.Basic) -> tuple[sp.Basic, sp.Basic]:
        parts = list(right.args) if isinstance(right, sp.Tuple) else [right]
        parts[number] = wrong(parts[number]) if callable(wrong) else wrong
        return left, sp.Tuple(*parts) if isinstance(right, sp.Tuple) else parts[0]

    return with_formula(change)


def in_chapter(claim: str, kind: str, what: str, plant: Any, *checks: str) -> Mistake:
    """A mistake in another claim, by position; a claim without a chapter is one of cheap learning."""
    name = claim if "." in claim else f"{CHAPTER}.{claim}"
    return Mistake(claim=name, kind=kind, what=what, plant=plant, checks=checks)


def _last_gate(right: sp.Expr) -> list[sp.Basic]:
    """The squares of products of two factors, which the last gate multiplies."""
    y = [sp.Symbol(f"y_{j}", real=True) for j in (1, 2, 3, 4)]
    return [(y[0] * y[1]) ** 2, (y[2] * y[3]) ** 2]


index = sp.Symbol("j", integer=True, nonnegative=True)
OTHERS = (
    in_chapter(
        "boltzmann_softmax",
        "formula",
        "posteriors with an even prior: right where all categories are equally frequent only",
        with_formula(lambda left, right: (left, right.subs({sp.Symbol(f"mu_{j}", real=True): 0 for j in (1, 2, 3)}))),
        "urns counted",
    ),
    in_chapter(
        "boltzmann_softmax",
        "experiment",
        "priors of the first and the third category exchanged",
        with_experiment("urns counted", swapped=True),
        "urns counted",
    ),
    in_chapter(
        "monomial_count",
        "formula",
        "coefficients right for two variables only",
        component(0, (d + 1) * (d + 2) / 2),
        "products multiplied out",
    ),
    in_chapter(
        "gate_polynomials",
        "formula",
        "a gate for every factor of every monomial: right up to degree two only",
        component(0, lambda right: right * (d - 1)),
        "networks of gates built and run",
    ),
    in_chapter(
        "gate_polynomials",
        "formula",
        "layers of a chain of gates: right up to degree three only",
        component(1, d - 1),
        "networks of gates built and run",
    ),
    in_chapter(
        "gate_error",
        "formula",
        "the errors of the first two gates alone",
        component(0, lambda right: right.xreplace({part: 0 for part in _last_gate(right)})),
        "trees of gates run",
    ),
    in_chapter(
        "gate_error",
        "formula",
        "errors of a chain that double with each gate: right for two and three factors only",
        component(1, lambda right: right / (d - 1) * (2 ** (d - 1) - 1) / (1 + (d - 2) / 2)),
        "trees of gates run",
    ),
    in_chapter(
        "binary_hamiltonian",
        "formula",
        "tables without the last term: half of all, right for one bit only",
        component(2, 2 ** (2**n - 1)),
        "all tables taken apart",
    ),
    in_chapter(
        "binary_hamiltonian",
        "experiment",
        "signs for bits",
        with_experiment("all tables taken apart", signs=True),
        "all tables taken apart",
    ),
    in_chapter(
        "binary_hamiltonian",
        "step",
        "the determinant of the matrix of disjoint sets",
        with_step(3, obligation=sp.Matrix(4, 4, lambda row, column: int(row & column == 0)).det() + 1),
        "all tables taken apart",
    ),
    in_chapter(
        "bit_product",
        "formula",
        "a worst error that grows with the number of bits: right for two only",
        component(1, 1 / (1 + sp.exp(beta / k))),
        "neurons with whole odds",
    ),
    in_chapter(
        "bit_product",
        "experiment",
        "the threshold at k - 1 ones",
        with_experiment("neurons with whole odds", threshold=-1.0),
        "neurons with whole odds",
    ),
    in_chapter(
        "discrete_network_size",
        "formula",
        "terms of exactly d bits and fewer, but not the constant",
        component(0, sp.Sum(sp.binomial(n, index), (index, 1, d))),
        "networks for random Hamiltonians",
    ),
    in_chapter(
        "gaussian_hamiltonian",
        "definition",
        "the determinant of the coefficients, for that of the second derivatives",
        lambda claim: with_statement(claim, where=(sp.Eq(det_h, h_11 * sp.Symbol("h_22", positive=True) - h_12**2),)),
        "sums over a lattice",
    ),
    in_chapter(
        "gaussian_hamiltonian",
        "formula",
        "a mean that is right where the variables are independent only",
        component(0, -h_1 / (2 * h_11)),
        "points kept by rejection",
    ),
    in_chapter(
        "maximum_entropy",
        "formula",
        "the entropy of a Gaussian of the same moment: right for d = 2 only",
        component(1, sp.log(2 * sp.pi * sp.E * moment) / 2),
        "histograms that climb",
    ),
    in_chapter(
        "linear_symmetries",
        "formula",
        "orbits of the rotations, as if they left no place",
        component(2, n**2 / 4),
        "null spaces",
    ),
    in_chapter(
        "linear_symmetries",
        "formula",
        "orbits on a torus of odd size for every size",
        component(2, (n**2 + 3) / 4),
        "null spaces",
    ),
    in_chapter(
        "linear_symmetries",
        "experiment",
        "a reflection for the shift",
        with_experiment("null spaces", shifts=False),
        "null spaces",
    ),
    in_chapter(
        "locality",
        "formula",
        "the degree of pairs, whatever the neighbours: right for one neighbour only",
        component(0, sp.Integer(2) + 0 * n_b),
        "all graphs on up to six vertices",
    ),
    in_chapter(
        "locality",
        "formula",
        "terms of a ring for those of a chain",
        component(1, 2 * n + 1),
        "chains",
    ),
    in_chapter(
        "clique_count",
        "formula",
        "a bound that counts pairs only: right for cliques of two only",
        component(0, 1 + N_c * (S_c + S_c * (S_c - 1) / 2)),
        "separate cliques counted",
    ),
    in_chapter(
        "clique_count",
        "formula",
        "the page's bound: never broken, and attained by one clique only",
        component(0, N_c * 2**S_c),
        "separate cliques counted",
    ),
    in_chapter(
        "markov_inference",
        "formula",
        "the first state given the middle one, as if the middle one were seen",
        component(1, pi_0 * (1 - beta_1) / (pi_0 * (1 - beta_1) + (1 - pi_0) * alpha_1)),
        "walkers followed",
    ),
    in_chapter(
        "markov_inference",
        "experiment",
        "walkers that remember where they started",
        with_experiment("walkers followed", remembering=True),
        "walkers followed",
    ),
    in_chapter(
        "sufficient_statistics",
        "formula",
        "the number of all ones for the hidden bit: right for one group only",
        component(2, n * n_g + 1),
        "all data told apart",
    ),
    in_chapter(
        "information_distillation",
        "formula",
        "information that falls by the same factor with each copy",
        component(0, ((1 + rho) * sp.log(1 + rho) + (1 - rho) * sp.log(1 - rho)) / 2 * rho ** (2 * (l - 1))),
        "copies counted",
    ),
    in_chapter(
        "information_distillation",
        "formula",
        "terms of all sets of bits but the empty one: right for one bit only",
        component(1, 2**n - 1),
        "terms of a Hamiltonian",
    ),
    in_chapter(
        "renormalization",
        "formula",
        "a coupling that is halved l times",
        component(0, K / 2**l),
        "chains summed but for their ends",
    ),
    in_chapter(
        "renormalization",
        "formula",
        "powers of 2 l for powers of 2^l: right for one and two decimations only",
        component(0, sp.atanh(sp.tanh(K) ** (2 * l))),
        "chains summed but for their ends",
    ),
    in_chapter(
        "renormalization",
        "experiment",
        "a weak coupling to spins two steps away",
        with_experiment("correlations of the ends", second=2),
        "correlations of the ends",
    ),
    in_chapter(
        "function_count",
        "formula",
        "settings without the limit of all functions",
        component(0, 2**B),
        "polynomials modulo two",
    ),
    in_chapter(
        "flattening_cost",
        "formula",
        "half of the neurons: right for the activation x^n only",
        component(0, 2 ** (n - 1)),
        "networks searched for",
    ),
    in_chapter(
        "flattening_cost",
        "formula",
        "one neuron fewer: right with a bias of the output only",
        component(0, 2**n - 1),
        "networks searched for",
    ),
    in_chapter(
        "flattening_cost",
        "step",
        "the products over subsets with an order above n",
        with_step(2, obligation=sp.Integer(1)),
        "rank of the products at all signs",
    ),
    in_chapter(
        "compositional_trees",
        "experiment",
        "nodes that join three parts",
        with_experiment("trees run at all inputs", parts=3),
        "trees run at all inputs",
    ),
    in_chapter(
        "expressivity.universality",
        "formula",
        "the rate of a function with a kink",
        component(0, f_2 / (8 * n)),
        "networks for parabolas",
    ),
    in_chapter(
        "expressivity.sawtooth_approximation",
        "formula",
        "an interval saved by every piece: true as a bound, and met for no piece and the last only",
        component(0, sp.Max(0, 2 ** (L - 1) - n_p)),
        "functions with crossings in all places",
    ),
    in_chapter(
        "expressivity.region_maximum",
        "formula",
        "folds without the piece that one neuron facing left adds",
        component(1, (n / n_0) ** (n_0 * (L - 1)) * sp.Sum(sp.binomial(n, index), (index, 0, n_0))),
        "zigzags in the plane",
    ),
)


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
    *OTHERS,
)
