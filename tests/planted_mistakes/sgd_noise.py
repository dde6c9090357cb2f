"""Mistakes planted in the claims on the noise of stochastic gradient descent."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from derivations.sgd_noise import (
    boltzmann,
    discrete_chain,
    fokker_planck_stationary,
    gradient_noise_scale,
    langevin_conventions,
    langevin_limit,
    langevin_sampling,
    noise_scale,
    ornstein_uhlenbeck,
    regression_noise,
    reshuffling,
    senses_of_noise,
    softmax_gradient,
    stationary_covariance,
    stationary_current,
)
from derivations.sgd_noise.stationary_current import F_rr, F_rt, varrho
from derivations.statement import LeadingOrder, Limit
from derivations.symbols import B, N, epsilon, g, gradient_noise, loss, theta
from numerics.measurement import Measurement
from tests.planted_mistakes import Mistake, with_check, with_experiment, with_formula, with_statement, with_step
from verify.claim import Claim

BOWL, ONE_STEP = "means of powers on a bowl", "all minibatches at a finite learning rate"
ITO, CIRCLING = "mean rates by Ito's rule", "descent on losses that are turned against each other"


class OneMinibatch:
    """A generator of random numbers that gives every chain the same minibatch."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator

    def __getattr__(self, name: str) -> Any:
        return getattr(self.generator, name)

    def integers(self, low: int, high: int, size: int | tuple[int, int], **kinds: Any) -> np.ndarray:
        """One column of numbers for all, or one number where a number stands for a minibatch."""
        if isinstance(size, int):
            return np.repeat(self.generator.integers(low, high, size=1, **kinds), size)
        return np.repeat(self.generator.integers(low, high, size=(size[0], 1), **kinds), size[1], axis=1)


class OneStream:
    """A stream whose generators give every chain the same minibatch."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def generator(self) -> Any:
        """The stream's generator, with one minibatch for all chains."""
        return OneMinibatch(self.stream.generator())


def one_minibatch_for_all(experiment: Callable[..., Measurement], stream: Any, **run: Any) -> Measurement:
    """The experiment with one minibatch for all chains and replicas."""
    return experiment(stream=OneStream(stream), **run)


def with_one_minibatch(name: str, **arguments: Any) -> Callable[[Claim], Claim]:
    """One minibatch for all chains and replicas of one check."""

    def change(check: Any) -> Any:
        quick = functools.partial(one_minibatch_for_all, functools.partial(check.quick, **arguments))
        return dataclasses.replace(check, quick=quick)

    return with_check(name, change)


def unsettled(name: str, **arguments: Any) -> Callable[[Claim], Claim]:
    """Other times of one check's experiment."""
    return with_check(name, lambda check: dataclasses.replace(check, quick=functools.partial(check.quick, **arguments)))


def with_noise_at_zero(body: sp.Expr, limits: sp.Tuple) -> sp.Expr:
    """The integral of the exponent, with the noise where the weight is 0."""
    return sp.Integral(loss(limits[0]).diff(limits[0]), limits) / gradient_noise(0)


def rate(power: sp.Rational) -> Callable[[Claim], Claim]:
    """Another power of the learning rate for the error."""

    def plant(claim: Claim) -> Claim:
        return with_statement(claim, regime=Limit(parameter=epsilon, towards=sp.S.Zero, rate=epsilon**power))

    return plant


def right_side(wrong: Callable[[sp.Expr], sp.Expr]) -> Callable[[Claim], Claim]:
    """Another right-hand side."""
    return with_formula(lambda left, right: (left, wrong(right)))


def with_definition(symbol: sp.Symbol, wrong: sp.Expr) -> Callable[[Claim], Claim]:
    """Another definition of a symbol of the formula."""

    def plant(claim: Claim) -> Claim:
        where = claim.formula_statement.where
        assert symbol in {d.lhs for d in where}
        return with_statement(claim, where=tuple(sp.Eq(d.lhs, wrong) if d.lhs == symbol else d for d in where))

    return plant


def component(number: int, wrong: sp.Expr) -> Callable[[Claim], Claim]:
    """Another right-hand side of one component."""

    def change(left: sp.Basic, right: sp.Basic) -> tuple[sp.Basic, sp.Basic]:
        return left, sp.Tuple(*(wrong if k == number else part for k, part in enumerate(right.args)))

    return with_formula(change)


def with_the_opposite_twist(experiment: Callable[..., Measurement], **run: Any) -> Measurement:
    """The experiment with the opposite twist, given as it should be."""
    measured = experiment(**{**run, "twist": -0.9, "chains": 60})
    return dataclasses.replace(measured, given={**measured.given, "twist": 0.9})


def order(power: int) -> Callable[[Claim], Claim]:
    """Another order of the error in the learning rate."""
    return lambda claim: with_statement(claim, regime=LeadingOrder(parameter=epsilon, order=power))


def controlled_by_itself(check: Any) -> Any:
    """The check with what must show the trend for its control."""
    return dataclasses.replace(check, control=check.quick)


def mirrored(check: Any) -> Any:
    """The check with losses that are turned the other way round, and fewer replicas."""
    quick = functools.partial(with_the_opposite_twist, check.quick)
    return dataclasses.replace(check, quick=quick, sizes=((1, 24), (2, 24), (4, 24)))


def mistake(claim: str, kind: str, what: str, plant: Any, *checks: str) -> Mistake:
    """A mistake by position, since there are many."""
    return Mistake(claim=f"sgd_noise.{claim}", kind=kind, what=what, plant=plant, checks=checks)


f, T = langevin_limit.f, boltzmann.T
STRATONOVICH = g * gradient_noise(theta).diff(theta) * f(theta).diff(theta) / 2
SLOPE = stationary_current.SLOPE
EVEN = -loss(varrho).diff(varrho) / (g * F_rr(varrho))
HALF = sp.Rational(1, 2)


def _of_bowls() -> tuple[Mistake, ...]:
    """In the stationary and the transient spread of descent in bowls."""
    covariance, bowl = stationary_covariance, "three weights in a bowl"
    conventions, gamma, curved = langevin_conventions, boltzmann.Gamma, noise_scale.h
    without_divisor = conventions.spread(N * curved, conventions.g_C * gamma, conventions.t_N)
    scale = "learning rate and batch together"
    return (
        mistake(
            "stationary_covariance",
            "formula",
            "the Langevin limit: right for small learning rates only",
            component(0, epsilon * covariance.F_ij / (B * (covariance.h_i + covariance.h_j))),
            bowl,
        ),
        mistake(
            "stationary_covariance",
            "formula",
            "the geometric mean of curvatures: right on the diagonal only",
            component(
                0,
                epsilon
                * covariance.F_ij
                / (B * (2 * sp.sqrt(covariance.h_i * covariance.h_j) - epsilon * covariance.h_i * covariance.h_j)),
            ),
            bowl,
        ),
        mistake(
            "stationary_covariance",
            "experiment",
            "a covariance of chains that have not settled",
            with_experiment(bowl, relaxations=0.4),
            bowl,
        ),
        mistake(
            "stationary_covariance",
            "step",
            "the covariance of draws without replacement",
            with_step(1, obligation=covariance.STATEMENT.right[0] * (N - B) / (N - 1) - covariance.STATEMENT.right[0]),
            "all minibatches",
        ),
        mistake(
            "reshuffling",
            "formula",
            "minibatches of an epoch that are independent of each other",
            component(2, reshuffling.STATEMENT.right[1]),
            "three drawings",
        ),
        mistake(
            "reshuffling",
            "formula",
            "inside an epoch as at its end",
            component(3, reshuffling.END),
            "three drawings",
        ),
        mistake(
            "reshuffling",
            "definition",
            "as many examples as minibatches in an epoch: N = M",
            with_definition(reshuffling.C, gamma / (reshuffling.M - 1)),
            "three drawings",
        ),
        mistake(
            "noise_scale",
            "formula",
            "the Langevin limit at any learning rate",
            component(0, g * gamma / curved),
            scale,
        ),
        mistake(
            "noise_scale",
            "formula",
            "as many updates as the limit takes: right for small learning rates only",
            component(1, 1 / (epsilon * curved)),
            scale,
        ),
        *(
            mistake(
                "langevin_conventions",
                "regime",
                f"an error of order {power} of the learning rate",
                rate(power),
                "exact law of many steps",
            )
            for power in (HALF, sp.Integer(2))
        ),
        mistake(
            "langevin_conventions",
            "formula",
            "convention C with the divisor N",
            component(3, without_divisor),
            "exact law of many steps",
        ),
        mistake(
            "langevin_conventions",
            "definition",
            "convention C for batches that are small against the training set only",
            with_definition(conventions.g_C, epsilon * N / B),
            "exact law of many steps",
        ),
        mistake(
            "langevin_limit",
            "formula",
            "the drift of Stratonovich's sense, seen after many steps",
            right_side(lambda right: right + STRATONOVICH),
            "many steps",
        ),
    )


def _of_forms_in_use() -> tuple[Mistake, ...]:
    """In chains, samplers and the gradient noise scale."""
    chain, pair = discrete_chain, gradient_noise_scale
    process = ornstein_uhlenbeck
    return (
        mistake(
            "discrete_chain",
            "formula",
            "the variance of the sum of all noise: right for parts near 0 only",
            component(1, chain.s**2 / (1 - chain.l) ** 2),
            "lopsided noise",
        ),
        mistake(
            "discrete_chain",
            "formula",
            "one step more",
            component(0, chain.s**2 * (1 - chain.l ** (2 * chain.n + 2)) / (1 - chain.l**2)),
            "lopsided noise",
        ),
        mistake(
            "ornstein_uhlenbeck",
            "formula",
            "a covariance that decays like the variance",
            component(1, process.s**2 * sp.exp(-2 * process.gamma * process.t) / (2 * process.gamma)),
            "random signs",
        ),
        mistake(
            "langevin_sampling",
            "definition",
            "one example too few in the temperature",
            with_definition(langevin_sampling.T, 1 / (N - 1)),
            "all minibatches",
        ),
        mistake(
            "langevin_sampling",
            "formula",
            "the noise of a minibatch without replacement",
            right_side(lambda right: right.subs(boltzmann.Gamma, boltzmann.Gamma * (N - B) / (N - 1))),
            "sampler with minibatches",
        ),
        mistake(
            "gradient_noise_scale",
            "formula",
            "the two batches exchanged in the estimate",
            component(1, (B * pair.m_b - pair.b * pair.m_B) / (B - pair.b)),
            "minibatches of digits",
        ),
        mistake(
            "gradient_noise_scale",
            "formula",
            "the noise scale itself for its naive estimate: right for large batches only",
            component(3, pair.S / pair.G**2),
            "minibatches of digits",
        ),
    )


def _of_relations() -> tuple[Mistake, ...]:
    """In the senses of the noise, regression, the two relations, the classifier, and training under schedules."""
    senses, regression, softmax = senses_of_noise, regression_noise, softmax_gradient
    inside = "explicit, midpoint and implicit steps"
    return (
        mistake(
            "senses_of_noise",
            "formula",
            "Ito's density for every sense",
            right_side(lambda right: right.subs(senses.alpha, 0)),
            inside,
        ),
        mistake(
            "senses_of_noise",
            "formula",
            "half of the drift: right before the step only",
            right_side(lambda right: right.subs(senses.alpha, senses.alpha / 2)),
            inside,
        ),
        mistake(
            "regression_noise",
            "definition",
            "inputs whose fourth moments are those of their variances",
            with_definition(regression.c_i, B * (2 - epsilon * regression.h_i)),
            "fresh examples",
        ),
        mistake(
            "regression_noise",
            "definition",
            "the excess error to first order in kappa only",
            with_definition(regression.excess, regression.sigma**2 * regression.kappa),
            "fresh examples",
        ),
        mistake(
            "fluctuation_dissipation",
            "experiment",
            "means over chains that have not settled",
            with_experiment("softmax regression on digits", relaxations=0.2),
            "softmax regression on digits",
        ),
        *(
            mistake(
                "second_fluctuation_dissipation",
                "regime",
                f"an error of order {power}",
                order(power),
                "all minibatches in a well",
            )
            for power in (1, 3)
        ),
        mistake(
            "softmax_gradient",
            "formula",
            "the probability of the label for the slope: the label left out",
            component(0, sp.exp(softmax.z_y) / softmax.TOTAL),
            "cross-entropy of a framework",
        ),
        mistake(
            "softmax_gradient",
            "formula",
            "the slope of two labels for any number",
            component(1, sp.exp(softmax.z_i) / (sp.exp(softmax.z_y) + sp.exp(softmax.z_i))),
            "cross-entropy of a framework",
        ),
        mistake(
            "batch_growth",
            "experiment",
            "a control that grows as well",
            with_check("five schedules on digits", controlled_by_itself),
            "five schedules on digits",
        ),
    )


MISTAKES = (
    *(
        mistake(claim, "regime", f"an error of order {power} of the learning rate", rate(power), check)
        for claim, check in (
            ("langevin_limit", ONE_STEP),
            ("boltzmann", BOWL),
            ("fokker_planck_stationary", BOWL),
            ("stationary_current", "circling on a bowl"),
        )
        for power in (HALF, sp.Integer(2))
    ),
    mistake(
        "langevin_limit",
        "formula",
        "the drift of Stratonovich's sense: right where the noise is constant only",
        right_side(lambda right: right + STRATONOVICH),
        "all minibatches",
    ),
    mistake(
        "langevin_limit",
        "formula",
        "noise right for minibatches of four only",
        with_definition(g, epsilon / 8),
        "all minibatches",
    ),
    mistake(
        "langevin_limit",
        "formula",
        "the noise of draws without replacement",
        with_definition(g, epsilon * (N - B) / (2 * B * (N - 1))),
        "all minibatches",
    ),
    mistake(
        "langevin_limit",
        "experiment",
        "one minibatch for all chains and replicas",
        with_one_minibatch("one step", chains=200),
        "one step",
    ),
    mistake(
        "minibatch_covariance",
        "formula",
        "F taken for the covariance with the divisor N - 1",
        with_formula(lambda left, right: (left, sp.Tuple(*(part * (N - 1) / N for part in right.args)))),
        "all minibatches",
    ),
    mistake(
        "boltzmann",
        "formula",
        "temperature right for minibatches of three only",
        with_definition(T, boltzmann.Gamma * epsilon / 6),
        BOWL,
    ),
    mistake(
        "boltzmann",
        "formula",
        "a correction larger than the error that is stated, T (1 + sqrt(epsilon)/10)",
        with_definition(T, epsilon * boltzmann.Gamma / (2 * B) * (1 + sp.sqrt(epsilon) / 10)),
        BOWL,
    ),
    mistake(
        "boltzmann",
        "experiment",
        "one minibatch for all chains and replicas",
        with_one_minibatch("quadratic bowl", chains=16),
        "quadratic bowl",
    ),
    mistake(
        "boltzmann",
        "experiment",
        "a histogram of chains that have not settled",
        unsettled("quadratic bowl", settle=0.0, duration=1.0),
        "quadratic bowl",
    ),
    mistake(
        "fokker_planck_stationary",
        "formula",
        "the exponential alone: right where the noise is constant only",
        right_side(lambda right: right * gradient_noise(theta) / gradient_noise(0)),
        BOWL,
    ),
    mistake(
        "fokker_planck_stationary",
        "formula",
        "the noise where the weight is 0 for that along the way: right where it is constant only",
        with_formula(
            lambda left, right: (
                left,
                right.replace(
                    sp.Integral,
                    lambda body, limits: sp.Integral(loss(limits[0]).diff(limits[0]), limits) / gradient_noise(0),
                ),
            )
        ),
        BOWL,
    ),
    mistake(
        "fokker_planck_stationary",
        "experiment",
        "one minibatch for all chains and replicas",
        with_one_minibatch("weight-dependent noise", chains=16),
        "weight-dependent noise",
    ),
    mistake(
        "fokker_planck_stationary",
        "step",
        "the reading of Stratonovich for the current that must vanish",
        with_step(
            2,
            obligation=fokker_planck_stationary.current(
                fokker_planck_stationary.stratonovich(theta, g) / fokker_planck_stationary.Z
            ),
        ),
        BOWL,
    ),
    mistake("stationary_current", "formula", "no current, as on a line", component(1, sp.S.Zero), ITO),
    mistake(
        "stationary_current",
        "formula",
        "Boltzmann's slope: right where the noise is even only",
        component(0, EVEN),
        ITO,
    ),
    mistake(
        "stationary_current",
        "formula",
        "the velocity where F_rt grows like the square of the radius only",
        component(1, -g * (4 * F_rt(varrho) / varrho + F_rt(varrho) * SLOPE)),
        ITO,
    ),
    mistake(
        "stationary_current",
        "formula",
        "the current of a density that has the Boltzmann slope",
        component(1, -g * (F_rt(varrho).diff(varrho) + 2 * F_rt(varrho) / varrho + F_rt(varrho) * EVEN)),
        ITO,
    ),
    mistake(
        "stationary_current",
        "experiment",
        "one minibatch for all chains and replicas",
        with_one_minibatch(CIRCLING, chains=16, duration=4.0),
        CIRCLING,
    ),
    mistake(
        "stationary_current",
        "experiment",
        "losses that are turned the other way round",
        with_check(CIRCLING, mirrored),
        CIRCLING,
    ),
    *_of_bowls(),
    *_of_forms_in_use(),
    *_of_relations(),
)
