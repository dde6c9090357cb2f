"""Mistakes planted in the claims on signal propagation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.signal_propagation import correlation_slope, phase_boundary
from derivations.statement import LeadingOrder, Limit
from derivations.symbols import K_II, K_JJ, D, Delta_chi, N, V_l, c_IJ, c_star, chi_1, l, n_I, phi, q_star, sigma_w, z
from tests.planted_mistakes import (
    Mistake,
    with_check,
    with_experiment,
    with_formula,
    with_shown,
    with_statement,
    with_step,
)
from verify.claim import Claim
from verify.claims.signal_propagation import correlation_depth as depth_entry
from verify.claims.signal_propagation import correlation_slope as slope_entry
from verify.claims.signal_propagation import gradient_depth as gradient_entry
from verify.claims.signal_propagation import kernel_recursion as kernel_entry
from verify.claims.signal_propagation import phase_boundary as boundary_entry
from verify.claims.signal_propagation import phases as phases_entry
from verify.claims.signal_propagation import stretch_factor as stretch_entry
from verify.claims.signal_propagation import variance_map as variance_entry
from verify.references.mean_field import callables, simulated

CHAPTER = "signal_propagation."


def swapped(left: sp.Basic, right: sp.Basic) -> tuple[Any, Any]:
    """The first two left-hand sides in the other order."""
    return sp.Tuple(left[1], left[0], *left[2:]), right


def at(place: int, change: Callable[[sp.Expr], sp.Expr]) -> Callable[[Claim], Claim]:
    """Change one right-hand side."""

    def changed(left: sp.Basic, right: sp.Basic) -> tuple[Any, Any]:
        parts = list(right) if isinstance(right, sp.Tuple) else [right]
        parts[place] = change(parts[place])
        return left, sp.Tuple(*parts) if isinstance(right, sp.Tuple) else parts[0]

    return with_formula(changed)


def with_definition(place: int, change: Callable[[sp.Expr], sp.Expr]) -> Callable[[Claim], Claim]:
    """Change one definition."""

    def plant(claim: Claim) -> Claim:
        where = list(claim.formula_statement.where)
        where[place] = sp.Eq(where[place].lhs, change(where[place].rhs), evaluate=False)
        return with_statement(claim, where=tuple(where))

    return plant


def with_domain(symbol: sp.Symbol, domain: sp.Set) -> Callable[[Claim], Claim]:
    """Give one parameter another domain."""

    def plant(claim: Claim) -> Claim:
        parameters = claim.formula_statement.parameters
        assert any(p.symbol == symbol for p in parameters)
        changed = (dataclasses.replace(p, domain=domain) if p.symbol == symbol else p for p in parameters)
        return with_statement(claim, parameters=tuple(changed))

    return plant


def with_rate(parameter: sp.Symbol, rate: sp.Expr) -> Callable[[Claim], Claim]:
    """State another rate of the limit."""
    return lambda claim: with_statement(claim, regime=Limit(parameter=parameter, towards=sp.oo, rate=rate))


def more(network: tuple, place: int, factor: float) -> tuple:
    """A network with one of its numbers multiplied, counted from the activation at 0."""
    return (*network[:place], network[place] * factor, *network[place + 1 :])


def mirrored(expression: sp.Expr) -> sp.Expr:
    """The slope at the other input taken at minus its place, which is the same where phi is odd."""
    z_2 = correlation_slope.z_2
    return expression.replace(
        lambda e: isinstance(e, GaussE) and e.variable == z_2,
        lambda e: GaussE(e.integrand.subs(correlation_slope.THERE, -correlation_slope.THERE), z_2),
    )


def planted(claim: str, kind: str, what: str, plant: Callable[[Claim], Claim], *checks: str, **rest: str) -> Mistake:
    """A mistake in a claim of this chapter."""
    return Mistake(claim=CHAPTER + claim, kind=kind, what=what, plant=plant, checks=checks, **rest)


MISTAKES = (
    planted(
        "critical_decay",
        "left side",
        "c^l for 1 - c^l",
        with_formula(lambda left, right: (sp.Tuple(sp.Symbol("c^l"), left[1]), right)),
        "increments of closed kernels",
    ),
    planted("correlation_depth", "left side", "both depths swapped", with_formula(swapped), "closed kernels iterated"),
    planted(
        "kurtosis_law",
        "left side",
        "mean square and kurtosis swapped",
        with_formula(swapped),
        "cumulants of the terms of a preactivation",
    ),
    planted(
        "phases",
        "experiment",
        "biases 3 % too large",
        with_experiment("pairs of inputs in chaotic networks", network=more(simulated(phases_entry.CHAOTIC), 2, 1.03)),
        "pairs of inputs in chaotic networks",
    ),
    planted(
        "correlation_slope",
        "experiment",
        "biases 3 % too large",
        with_experiment(
            "finite differences of the map of chaotic networks", network=more(simulated(slope_entry.CHAOTIC), 2, 1.03)
        ),
        "finite differences of the map of chaotic networks",
    ),
    planted(
        "correlation_depth",
        "formula",
        "c = 1 for c*: right in the ordered phase only",
        at(1, lambda _: -1 / sp.log(correlation_slope.STATEMENT.right[2])),
        "closed kernels iterated",
    ),
    planted(
        "correlation_depth",
        "experiment",
        "correlations at a length that is not q*",
        with_experiment(
            "ordered networks", squared_length=3 * depth_entry.settings(depth_entry.ORDERED)["squared_length"]
        ),
        "ordered networks",
    ),
    planted(
        "correlation_slope",
        "formula",
        "right for odd activations only",
        at(1, lambda e: -mirrored(e)),
        "closed kernel differentiated",
    ),
    planted(
        "correlation_slope", "regime", "rate 1 / sqrt(N)", with_rate(N, 1 / sp.sqrt(N)), "two layers of finite width"
    ),
    planted("correlation_depth", "regime", "rate 1 / N^2", with_rate(N, N**-2), "two layers of finite width"),
    planted("phase_boundary", "regime", "rate 1 / N^2", with_rate(N, N**-2), "two layers of finite width"),
    planted("stretch_factor", "regime", "rate 1 / sqrt(N)", with_rate(N, 1 / sp.sqrt(N)), "one layer of finite width"),
    planted("critical_decay", "regime", "rate 1 / l", with_rate(l, 1 / l), "closed kernels iterated"),
    planted(
        "critical_decay",
        "formula",
        "a correction of order 1 / l^2 with a wrong factor",
        at(0, lambda e: e * (1 + sp.Rational(1, 100) / l)),
        "increments of closed kernels",
    ),
    planted(
        "critical_decay",
        "step",
        "the inverse grows by 2 a",
        lambda claim: with_step(0, obligation=claim.steps()[0].residuals[0] - sp.Symbol("a", positive=True))(claim),
        "increments of closed kernels",
    ),
    planted(
        "variance_map",
        "formula",
        "right for relu only",
        with_formula(lambda left, right: (left, right.replace(GaussE, lambda *_: V_l / 2))),
        "tanh, Fourier integral",
    ),
    planted(
        "variance_map",
        "experiment",
        "weights 5 % too large",
        with_experiment(
            "random networks of unequal widths",
            networks=tuple(more(network, 1, 1.05) for network in callables(variance_entry.NETWORKS)),
        ),
        "random networks of unequal widths",
    ),
    planted(
        "kernel_recursion",
        "formula",
        "right for equal variances only, relu",
        at(1, lambda e: e.subs(sp.sqrt(K_II * K_JJ), (K_II + K_JJ) / 2)),
        "signs, arcs and neurons",
    ),
    planted(
        "kernel_recursion",
        "formula",
        "right for equal variances only, erf",
        at(2, lambda e: e.subs(sp.sqrt((1 + 2 * K_II) * (1 + 2 * K_JJ)), 1 + K_II + K_JJ)),
        "signs, arcs and neurons",
    ),
    planted(
        "kernel_recursion",
        "experiment",
        "weights 4 % too large",
        with_experiment(
            "pairs of inputs through random networks",
            networks=tuple(more(network, 1, 1.04) for network in callables(kernel_entry.NETWORKS)),
        ),
        "pairs of inputs through random networks",
    ),
    planted(
        "kurtosis_law",
        "definition",
        "N - 1 for N",
        with_definition(3, lambda e: e.subs(N, N - 1)),
        "cumulants of the terms of a preactivation",
    ),
    planted(
        "kurtosis_law",
        "domain",
        "no inputs",
        with_domain(N, sp.Range(0, sp.oo)),
        "cumulants of the terms of a preactivation",
    ),
    planted(
        "gaussian_measure", "domain", "equal inputs", with_domain(c_IJ, sp.Interval.Lopen(-1, 1)), "explicit kernels"
    ),
    planted(
        "gaussian_measure",
        "formula",
        "right for two inputs only",
        with_formula(lambda left, right: (left, right.subs((1 - n_I) / 2, -sp.Rational(1, 2)))),
        "explicit kernels",
    ),
    planted(
        "gaussian_measure",
        "experiment",
        "bumps of another width",
        with_experiment("neurons near zero for several inputs", scale=0.83),
        "neurons near zero for several inputs",
    ),
    planted(
        "maximum_entropy_ensemble",
        "experiment",
        "pairs with another correlation",
        with_experiment("spacings of sampled weights", correlation=0.67),
        "spacings of sampled weights",
    ),
    planted(
        "stretch_factor",
        "formula",
        "a wrong small correction for the layers",
        at(1, lambda e: e * (1 + D / 1000)),
        "tanh, Fourier integrals",
    ),
    planted(
        "stretch_factor",
        "experiment",
        "a first layer that is too long",
        with_experiment(
            "Jacobians of ordered tanh networks", squared_length=3 * stretch_entry.fixed_point(*stretch_entry.ORDERED)
        ),
        "Jacobians of ordered tanh networks",
    ),
    planted(
        "gradient_depth",
        "formula",
        "right for two layers of weights only",
        at(0, lambda e: e.replace(lambda p: p.is_Pow and p.base == chi_1, lambda p: chi_1**2)),
        "layer by layer",
    ),
    planted(
        "gradient_depth",
        "experiment",
        "weights 3 % too large",
        with_experiment(
            "change per layer, over sigma_w",
            networks=tuple(more(network, 1, 1.03) for network in gradient_entry.callables(gradient_entry.SCANNED)),
        ),
        "change per layer, over sigma_w",
    ),
    planted(
        "gradient_depth",
        "reference",
        "a digit of the published number",
        with_check("critical point of tanh networks", lambda check: dataclasses.replace(check, published="2.02e-5")),
        "critical point of tanh networks",
    ),
    planted(
        "phase_boundary",
        "experiment",
        "biases 20 % too large",
        with_experiment(
            "distances of nearby inputs in random networks",
            lines=tuple(more(line, 1, 1.2) for line in callables(boundary_entry.LINES)),
        ),
        "distances of nearby inputs in random networks",
    ),
    planted(
        "phase_boundary",
        "formula",
        "a small term of higher order",
        at(1, lambda e: e + phase_boundary.SQUARE**2 / 10**6),
        "shifted sine and error function, closed forms",
    ),
    planted(
        "phases",
        "formula",
        "the end of the other phase",
        at(1, lambda _: sp.Piecewise((c_star, chi_1 <= 1), (1, True))),
        "closed kernel iterated close to the transition",
    ),
    planted(
        "phases",
        "definition",
        "chi_1 of phi for that of phi'",
        with_definition(0, lambda _: sigma_w**2 * GaussE(phi(sp.sqrt(q_star) * z) ** 2, z)),
        "closed kernel iterated close to the transition",
    ),
    planted(
        "phases",
        "displayed step",
        "a wrong relation is shown",
        with_shown(0, lambda right: right**2),
    ),
    planted(
        "critical_exponents",
        "formula",
        "the exponent 1 / 2 of an order parameter",
        at(0, lambda right: sp.sqrt(right)),
        "where correlations settle",
    ),
    planted(
        "critical_exponents",
        "formula",
        "another amplitude below the boundary",
        at(2, lambda right: 2 * right),
        "how fast correlations settle below the boundary",
    ),
    planted(
        "critical_exponents",
        "regime",
        "terms of the second order stated as of the third",
        lambda claim: with_statement(claim, regime=LeadingOrder(parameter=Delta_chi, order=3)),
        "closed kernels close to the boundary",
    ),
)
