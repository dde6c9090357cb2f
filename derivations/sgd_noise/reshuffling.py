"""Three ways to draw minibatches, and three stationary variances.

Premises: one weight in a bowl, N examples whose losses differ by linear terms, M = N/B minibatches in an epoch. They
are drawn with replacement, without replacement, or cut from a new random order of all examples at every epoch, as
training does. In an epoch the noise of the minibatches adds up to nothing, so that their steps are anticorrelated, and
the variance falls like the square of the learning rate and not like the learning rate: there is no white noise, and no
temperature. The slides' noise scale is that of draws with replacement.
"""

from __future__ import annotations

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise import Gamma, h
from derivations.sgd_noise.minibatch_covariance import STATEMENT as COVARIANCE
from derivations.sgd_noise.minibatch_covariance import F_ab
from derivations.statement import Exact, Parameter, Printed, Source, Statement
from derivations.symbols import B, N, epsilon

M = sp.Symbol("M_e", integer=True, positive=True)
LEFT = sp.symbols("V_with V_without V_end V_epoch", positive=True)
SLIDE = Source(document="002", where="SGD as Langevin Dynamics (Smith & Le, arXiv:1710.06451): g")
a, s_1, s_2, C = sp.symbols("a_h S_1 S_2 C", real=True)
V_with, V_without, V_end, V_epoch = LEFT


def geometric(ratio: sp.Expr, count: sp.Expr) -> sp.Expr:
    """1 + ratio + ... of so many terms."""
    return (1 - ratio**count) / (1 - ratio)


WHERE = (
    sp.Eq(a, 1 - epsilon * h, evaluate=False),
    sp.Eq(s_1, geometric(a, M), evaluate=False),
    sp.Eq(s_2, geometric(a**2, M), evaluate=False),
    sp.Eq(C, Gamma / (M * B - 1), evaluate=False),
)
WITH = epsilon**2 * Gamma / (B * (1 - a**2))
END = epsilon**2 * C * (M * s_2 - s_1**2) / (1 - a ** (2 * M))
EPOCH = epsilon**2 * C * ((M - s_2) / (1 - a**2) - (M - 2 * s_1 + s_2) / (M * (1 - a) ** 2)) + s_2 * END / M


STATEMENT = Statement(
    module=__name__,
    title="Stationary variance with and without replacement and under reshuffling",
    formula=sp.Eq(
        sp.Tuple(*LEFT),
        sp.Tuple(WITH, epsilon**2 * C * (M - 1) / (1 - a**2), END, EPOCH),
        evaluate=False,
    ),
    where=WHERE,
    parameters=(
        sgd_noise.LEARNING_RATE.narrowed(typical=(0.05, 0.8)),
        sgd_noise.CURVATURE,
        sgd_noise.VARIANCE,
        sgd_noise.BATCH,
        Parameter(symbol=M, meaning="minibatches in an epoch, N/B", domain=sp.Range(2, sp.oo), typical=(3, 12)),
    ),
    assumptions=(
        "V_with and V_without are variances of the weight with and without replacement, V_end and V_epoch those under "
        "reshuffling at the ends of epochs and on average over an epoch.",
        sgd_noise.BOWL,
        sgd_noise.ADDITIVE,
        sgd_noise.STABLE,
        "All minibatches of an epoch have B examples, so N = M_e B.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="002", where="Training: minibatches")),
    covers=("G5", "G7"),
    uses=(COVARIANCE.id,),
    printed=(
        Printed(
            erratum="E7b",
            kind="assumption",
            formula=sp.Eq(sp.Tuple(*LEFT), sp.Tuple(*[WITH] * 4), evaluate=False),
            note="One noise scale for all: exact for draws with replacement, N/(N - B) too large without, and of the "
            "wrong order in the learning rate for the epochs with which networks are trained.",
            source=SLIDE,
        ),
    ),
)


def inside(m: sp.Expr) -> sp.Expr:
    """Stationary variance before the step m + 1 of an epoch."""
    added = M * geometric(a**2, m) - geometric(a, m) ** 2
    return a ** (2 * m) * END + epsilon**2 * C * added


def derivation() -> tuple[Step, ...]:
    """Covariances of the minibatches of an epoch, what an epoch does, and what is left unchanged by it."""
    spread, shared = sp.symbols("V_1 V_12", real=True)
    m = sp.Symbol("m", integer=True, positive=True)
    numbers = {F_ab: Gamma, N: M * B}
    one = COVARIANCE.right[1].subs(numbers) / epsilon**2
    decay, sums, products, cross = (definition.rhs for definition in STATEMENT.where)
    pairs = []
    for steps in (2, 3):
        powers = [a ** (steps - 1 - k) for k in range(steps)]
        total = sum(p * q * (spread if k == j else shared) for k, p in enumerate(powers) for j, q in enumerate(powers))
        pairs.append(sp.expand(total - (spread - shared) * sum(p**2 for p in powers) - shared * sum(powers) ** 2))
    whole = epsilon**2 * ((spread + C) * s_2 - C * s_1**2)
    known = {spread: one.subs(Gamma, C * (M * B - 1))}
    level = END - epsilon**2 * C * (M / (1 - a**2) + 1 / (1 - a) ** 2)
    slope, flat = 2 * epsilon**2 * C / (1 - a) ** 2, epsilon**2 * C * (M / (1 - a**2) - 1 / (1 - a) ** 2)
    four = END.subs({s_1: sums, s_2: products, C: cross}).subs(a, decay).subs({M: 4, B: 3})
    small = sp.cancel(four / epsilon**3).subs(epsilon, 0)
    return (
        Step(
            claim="With and without replacement the variance is a step's over 1 - a_h^2, with a_h = 1 - epsilon h.",
            because="A step keeps a_h^2 of the variance and adds that of the step, which is drawn independently.",
            obligation=tuple(
                a**2 * claimed.subs(C, cross) + COVARIANCE.right[k].subs(numbers) - claimed.subs(C, cross)
                for k, claimed in enumerate(STATEMENT.right[:2])
            ),
            shows=sp.Eq(sp.Tuple(V_with, V_without), sp.Tuple(*STATEMENT.right[:2]), evaluate=False),
        ),
        Step(
            claim="Two minibatches of one epoch have the covariance V_12 = -Gamma/(N - 1).",
            because="The minibatches of an epoch add up to the full gradient, which has no noise, and all pairs are "
            "alike: M_e V_1 + M_e (M_e - 1) V_12 = 0, with V_1 the variance of one without replacement.",
            shows=sp.Eq(shared, -cross, evaluate=False),
            means={shared: -one / (M - 1)},
        ),
        Step(
            claim="What m minibatches add has variance (V_1 - V_12) (sum of a_h^(2k)) + V_12 (sum of a_h^k)^2.",
            because="Each is multiplied by a_h at every later step; products are sorted by pairs, for two and three.",
            obligation=tuple(pairs),
            instances="two and three steps",
        ),
        Step(
            claim="The sums over the steps of an epoch are S_2 and S_1.",
            because="They are right for one step, and one step more adds the next power.",
            obligation=tuple(
                part
                for r in (a, a**2)
                for part in (geometric(r, m + 1) - geometric(r, m) - r**m, geometric(r, sp.S.One) - 1)
            ),
            shows=sp.Eq(sp.Tuple(s_1, s_2), sp.Tuple(sums, products), evaluate=False),
        ),
        Step(
            claim="The variance at the ends of epochs is left unchanged by an epoch.",
            because="Epochs are independent, so that a_h^(2M_e) of the variance is kept and that of the epoch added.",
            obligation=(
                (a ** (2 * M) * END + whole - END).subs(known),
                M * C - (spread + C).subs(known),
            ),
            shows=sp.Eq(V_end, END, evaluate=False),
        ),
        Step(
            claim="Inside an epoch it is a constant, a multiple of a_h^m and a multiple of a_h^(2m).",
            because="After m steps a_h^(2m) of it is left and what m minibatches add has come.",
            obligation=inside(m) - (a ** (2 * m) * level + a**m * slope + flat),
        ),
        Step(
            claim="Its mean over an epoch is the claimed one.",
            because="Over m = 0, ..., M_e - 1 the three add up to M_e, S_1 and S_2 times their coefficients; m = 0 "
            "and m = M_e are the same.",
            obligation=inside(sp.S.Zero) - END,
            shows=sp.Eq(V_epoch, EPOCH, evaluate=False),
            means={V_epoch: (level * s_2 + slope * s_1 + flat * M) / M},
        ),
        Step(
            claim="For small learning rates the variance at the ends of epochs is of third order, not of first: it "
            "vanishes against that of white noise.",
            because="V_end/epsilon^3 at epsilon = 0, for four minibatches of three examples: h C M_e (M_e^2 - 1)/24.",
            obligation=small - (h * cross * M * (M**2 - 1) / 24).subs({M: 4, B: 3}),
            instances="four minibatches of three examples",
        ),
    )
