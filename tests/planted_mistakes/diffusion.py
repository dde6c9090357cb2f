"""Mistakes planted in the claims on diffusion models."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.diffusion import (
    bits_per_dimension,
    cosine_schedule,
    dead_leaves,
    forward_kernel,
    inpainting,
    likelihood_bound,
    posterior_variance,
    reverse_kernel,
    sampler_variance,
    second_law,
    step_entropies,
    transient_entropy_decrease,
    uniform_end,
    universality_of_diffusion,
)
from derivations.statement import LeadingOrder, Limit
from derivations.symbols import (
    SNR,
    N,
    a,
    alphabar_n,
    alphabar_s,
    alphabar_t,
    beta_t,
    energy,
    eta,
    mu_0,
    n,
    sigma,
    t,
    v_0,
)
from numerics.measurement import Measurement
from tests.planted_mistakes import Mistake, with_check, with_formula, with_shown, with_statement, with_step
from verify.claim import Claim

Change = Callable[[Claim], Claim]
GRID, SMALLER = "densities on a grid", "smaller and smaller steps"
SKIPPED, KERNELS = "chains with and without skipped steps", "product of two kernels"


def right_side(wrong: Callable[[sp.Expr], sp.Basic]) -> Change:
    """Another right-hand side."""
    return with_formula(lambda left, right: (left, wrong(right)))


def component(number: int, wrong: Callable[[sp.Expr], sp.Expr]) -> Change:
    """Another right-hand side of one component."""

    def change(left: sp.Basic, right: sp.Basic) -> tuple[sp.Basic, sp.Basic]:
        return left, sp.Tuple(*(wrong(part) if k == number else part for k, part in enumerate(right.args)))

    return with_formula(change)


def with_definition(symbol: sp.Symbol, wrong: sp.Expr) -> Change:
    """Another definition of a symbol of the formula."""

    def plant(claim: Claim) -> Claim:
        where = claim.formula_statement.where
        assert symbol in {d.lhs for d in where}
        changed = tuple(sp.Eq(d.lhs, wrong, evaluate=False) if d.lhs == symbol else d for d in where)
        return with_statement(claim, where=changed)

    return plant


def order(power: int) -> Change:
    """Another order of the error in the step."""
    return lambda claim: with_statement(claim, regime=LeadingOrder(parameter=beta_t, order=power))


def misgiven(name: str, **given: Any) -> Change:
    """An experiment that says something else of what it did: values, or functions of what was given."""

    def change(check: Any) -> Any:
        def run(**arguments: Any) -> Measurement:
            measured = check.quick(**arguments)
            wrong = {k: v(measured.given[k]) if callable(v) else v for k, v in given.items()}
            return dataclasses.replace(measured, given={**measured.given, **wrong})

        return dataclasses.replace(check, quick=run)

    return with_check(name, change)


def scaled(name: str, factor: float) -> Change:
    """An experiment whose values are all off by a factor."""

    def change(check: Any) -> Any:
        def run(**arguments: Any) -> Measurement:
            measured = check.quick(**arguments)
            errors = None if measured.errors is None else measured.errors * factor
            return dataclasses.replace(measured, values=measured.values * factor, errors=errors)

        return dataclasses.replace(check, quick=run)

    return with_check(name, change)


def mistake(claim: str, kind: str, what: str, plant: Any, *checks: str) -> Mistake:
    """A mistake by position, since there are many."""
    return Mistake(claim=f"diffusion.{claim}", kind=kind, what=what, plant=plant, checks=checks)


skipped = posterior_variance.skipped

MISTAKES = (
    mistake(
        "forward_kernel",
        "definition",
        "steps of one size, right where the schedule is flat only",
        with_definition(alphabar_n, (1 - forward_kernel.step_variance(1)) ** n),
        "moments carried from step to step",
    ),
    mistake(
        "forward_kernel",
        "formula",
        "every cumulant decays like the variance, right for the second only",
        component(2, lambda part: alphabar_n * forward_kernel.kappa_3),
        "chains from three points",
    ),
    mistake(
        "forward_kernel",
        "formula",
        "no correction for the noise, right for data of variance 1 only",
        component(1, lambda part: sp.S.One),
        "moments carried from step to step",
    ),
    mistake(
        "forward_kernel",
        "step",
        "noise that has a third cumulant",
        with_step(1, obligation=forward_kernel.cumulants_after(forward_kernel.STATEMENT.right, beta_t)[2] - beta_t),
        "moments carried from step to step",
    ),
    mistake(
        "reverse_kernel",
        "formula",
        "the kurtosis for the skewness: s^2/48 of the fourth derivative, right for neither",
        right_side(
            lambda right: (
                beta_t**4
                / 48
                * reverse_kernel.over_the_line(
                    energy(reverse_kernel.y).diff(reverse_kernel.y, 4) ** 2 * reverse_kernel.WEIGHT
                )
                / reverse_kernel.over_the_line(reverse_kernel.WEIGHT)
            )
        ),
        GRID,
    ),
    mistake("reverse_kernel", "regime", "an error of order 5", order(5), SMALLER),
    mistake(
        "reverse_kernel",
        "formula",
        "a mean without the density: right for a flat one only",
        right_side(lambda right: right.replace(sp.exp, lambda _: sp.exp(-(reverse_kernel.y**2) / 2))),
        GRID,
    ),
    mistake(
        "binary_reverse",
        "formula",
        "the law of Gaussian steps, an exponent of 3",
        right_side(lambda right: right * beta_t),
        "two to five bits",
    ),
    mistake("binary_reverse", "regime", "an error of order 4", order(4), SMALLER),
    mistake(
        "binary_reverse",
        "experiment",
        "divergences that are 2 % too large",
        scaled("two to five bits", 1.02),
        "two to five bits",
    ),
    mistake(
        "posterior_variance",
        "definition",
        "betas of skipped steps that are added up, right to first order only",
        with_definition(skipped, sp.log(alphabar_s / alphabar_t)),
        KERNELS,
    ),
    mistake(
        "posterior_variance",
        "formula",
        "the variance of x_s without what x_t says of it",
        component(2, lambda part: 1 - alphabar_s),
        KERNELS,
    ),
    mistake(
        "posterior_variance",
        "experiment",
        "pairs of steps that are counted from 1",
        misgiven(SKIPPED, pairs=lambda pairs: np.asarray(pairs) - 1),
        SKIPPED,
    ),
    mistake(
        "sampler_variance",
        "formula",
        "the variance of the marginal law, which no sampler with large steps reaches",
        right_side(lambda right: 1 - alphabar_s * (1 - v_0)),
        "update by Bayes' rule",
    ),
    mistake(
        "sampler_variance",
        "definition",
        "the noise of the forward step for that of the posterior",
        with_definition(sampler_variance.new_noise, eta * sp.sqrt(1 - alphabar_t / alphabar_s)),
        "update by Bayes' rule",
    ),
    mistake(
        "cosine_schedule",
        "formula",
        "the logarithm of the ratio of amplitudes",
        right_side(lambda right: sp.Tuple(*(part / 2 for part in right.args))),
        "product of clipped betas",
    ),
    mistake(
        "cosine_schedule",
        "formula",
        "the cosine without the one at the start, right without an offset only",
        right_side(lambda right: right.subs(cosine_schedule.theta_0, 0)),
        "product of clipped betas",
    ),
    mistake(
        "cosine_schedule",
        "domain",
        "a clip at less than 3/4, which reaches the last step but one",
        with_check(
            "product of clipped betas",
            lambda check: dataclasses.replace(check, points=({"i": 4, "n": 25, "s": "0.008", "beta_max": "0.6"},)),
        ),
        "product of clipped betas",
    ),
    mistake(
        "loss_weights",
        "formula",
        "SNR + 1 for the velocity: right where a^2 + sigma^2 = 1 only",
        component(1, lambda part: SNR + 1),
        "losses at eight levels of noise",
    ),
    mistake(
        "loss_weights",
        "definition",
        "the ratio of amplitudes for that of their squares",
        with_definition(SNR, a / sigma),
        "single examples",
    ),
    mistake(
        "step_entropies",
        "formula",
        "entropies of forward and reverse step equal: right for data of variance 1 only",
        component(1, lambda part: step_entropies.entropy(beta_t)),
        "narrow and wide data",
    ),
    mistake(
        "step_entropies",
        "experiment",
        "the step after the one that is given",
        misgiven("narrow and wide data", step=lambda step: step - 1),
        "narrow and wide data",
    ),
    mistake(
        "second_law",
        "formula",
        "a divergence that grows: diffusion run backwards",
        right_side(lambda right: right.subs(t, -t)),
        "cells in a bowl",
    ),
    mistake(
        "second_law",
        "formula",
        "data without a mean",
        right_side(lambda right: right.subs(mu_0, 0)),
        "cells in a bowl",
    ),
    mistake(
        "second_law",
        "step",
        "a flux that runs up the slope",
        with_step(0, obligation=sp.diff(second_law.x**2, second_law.x)),
        "cells in a bowl",
    ),
    mistake(
        "uniform_end",
        "regime",
        "an error that decays like the sixth power of the first cosine",
        lambda claim: with_statement(
            claim, regime=Limit(parameter=t, towards=sp.oo, rate=sp.exp(-6 * uniform_end.DECAY))
        ),
        "later and later times",
    ),
    mistake(
        "uniform_end",
        "formula",
        "walls that let the dye around: the cosine of a ring",
        right_side(lambda right: uniform_end.first**2 * sp.exp(-8 * uniform_end.DECAY)),
        "cells in a box",
    ),
    mistake(
        "uniform_end",
        "experiment",
        "drops given in units of half the box",
        misgiven("cells in a box", drops=lambda drops: np.asarray(drops) / 2),
        "cells in a box",
    ),
    mistake(
        "transient_entropy_decrease",
        "formula",
        "work at a constant lag, right for long times only",
        component(0, lambda part: transient_entropy_decrease.speed**2 * t),
        "particles in a dragged trap",
    ),
    mistake(
        "transient_entropy_decrease",
        "formula",
        "the variance equal to the mean, half of what it is",
        component(1, lambda part: part.replace(sp.erfc, lambda x: sp.erfc(x * sp.sqrt(2)))),
        "particles in a dragged trap",
    ),
    mistake(
        "transient_entropy_decrease",
        "experiment",
        "work that is 5 % too large",
        scaled("particles in a dragged trap", 1.05),
        "particles in a dragged trap",
    ),
    mistake(
        "fluctuation_theorem",
        "experiment",
        "a reverse protocol that starts in the wrong equilibrium",
        misgiven("particles in a trap that stiffens", **{"protocols 1": lambda p: np.asarray(p)[::-1]}),
        "particles in a trap that stiffens",
    ),
    mistake(
        "likelihood_bound",
        "formula",
        "the entropy of the data for both, right for long chains only",
        right_side(lambda right: sp.Tuple(*[-sp.log(2 * sp.pi * sp.E * v_0) / 2] * 2, right[2])),
        "integrals over data and ends",
    ),
    mistake(
        "likelihood_bound",
        "formula",
        "paths weighed without the density of their data",
        component(2, lambda part: sp.exp(likelihood_bound.BOUND)),
        "chains that learn each reverse step",
    ),
    mistake(
        "likelihood_bound",
        "definition",
        "what the chain makes without the spread of its ends",
        with_definition(likelihood_bound.made, v_0 * (1 - alphabar_t) / likelihood_bound.v_t),
        "integrals over data and ends",
    ),
    mistake(
        "universality_of_diffusion",
        "formula",
        "the mean over one cluster of the square itself, right where the clusters are far apart only",
        right_side(
            lambda right: right.replace(
                GaussE, lambda body, variable: GaussE(body * sp.tanh(universality_of_diffusion.PLACE) ** 2, variable)
            )
        ),
        "chains on a grid",
    ),
    mistake(
        "universality_of_diffusion",
        "left side",
        "what the whole chain misses, for what it misses per unit of duration",
        with_formula(lambda left, right: (universality_of_diffusion.missed, right)),
        "chains on a grid",
    ),
    mistake(
        "inpainting",
        "formula",
        "replacement that samples the conditional law",
        right_side(lambda right: sp.Tuple(*right.args[:2], *right.args[:2])),
        "samples filled in",
    ),
    mistake(
        "inpainting",
        "regime",
        "a bias that vanishes like the square of the number of steps",
        lambda claim: with_statement(claim, regime=Limit(parameter=n, towards=sp.oo, rate=n**-2)),
        "moments carried through more and more steps",
    ),
    mistake(
        "inpainting",
        "formula",
        "the other half of the bias only: mean right, variance as conditional",
        component(3, lambda part: 1 - inpainting.rho**2),
        "moments carried through more and more steps",
    ),
    mistake(
        "bits_per_dimension",
        "formula",
        "no price of the noise within a level: right for fine levels only",
        component(0, lambda right: right + bits_per_dimension.TOO_MANY),
        "finer and finer levels",
    ),
    mistake(
        "bits_per_dimension",
        "formula",
        "levels of a Gaussian for their noisy density: no price of dequantization",
        component(2, lambda right: right - bits_per_dimension.FINENESS),
        "finer and finer levels",
    ),
    mistake(
        "bits_per_dimension",
        "regime",
        "an error like the inverse square of the number of levels",
        lambda claim: with_statement(claim, regime=Limit(parameter=N, towards=sp.oo, rate=N**-2)),
        "finer and finer levels",
    ),
    mistake(
        "variance_exploding_prior",
        "formula",
        "the prior of all data for that given the datum",
        component(0, lambda part: (part * 2 - sp.log(1 + v_0)) / 2),
        "log ratios integrated",
    ),
    mistake(
        "variance_exploding_prior",
        "displayed step",
        "a divergence of all data that is shown without its logarithm",
        with_shown(2, lambda right: sp.Tuple(right.args[0], right.args[0])),
        "log ratios integrated",
    ),
    mistake(
        "dead_leaves",
        "formula",
        "leaves that cover both points over all leaves that cover the first",
        right_side(lambda right: dead_leaves.common / (sp.pi * dead_leaves.radius**2)),
        "overlap by chords",
    ),
    mistake(
        "dead_leaves",
        "experiment",
        "a radius that is given as a diameter",
        misgiven("pixels of sampled images", radius=lambda radius: 2 * radius),
        "pixels of sampled images",
    ),
)
