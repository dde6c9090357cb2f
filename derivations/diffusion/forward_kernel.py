"""Diffusion of data into a Gaussian blob: mean, variance and the higher cumulants after any number of steps.

Premise: a step keeps sqrt(1 - beta) of what was there and adds independent Gaussian noise of variance beta. The
logarithm of the mean of exp(u x) is then known after the step if it was before. The slide says that samples become a
Gaussian blob: every cumulant from the third on dies out, the k-th like the (k/2)-th power of alphabar.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations import diffusion
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import alphabar_n, step_variance, mu_0, n, v_0, x_0

kappa_3, kappa_4 = sp.symbols("kappa_3 kappa_4", real=True)
k = sp.Symbol("k", integer=True, positive=True)
mean, variance, third, fourth = sp.symbols("mu_n v_n kappa_3^n kappa_4^n", real=True)
LEFT_OVER = sp.exp(sp.Sum(sp.log(1 - step_variance(k)), (k, 1, n)))

STATEMENT = Statement(
    module=__name__,
    title="Diffusion of data into a Gaussian",
    formula=sp.Eq(
        sp.Tuple(mean, variance, third, fourth),
        sp.Tuple(
            sp.sqrt(alphabar_n) * mu_0,
            1 - alphabar_n * (1 - v_0),
            alphabar_n ** sp.Rational(3, 2) * kappa_3,
            alphabar_n**2 * kappa_4,
        ),
        evaluate=False,
    ),
    where=(sp.Eq(alphabar_n, LEFT_OVER, evaluate=False),),
    parameters=(
        Parameter(symbol=step_variance, meaning="variance that a step adds, a function of its number"),
        diffusion.STEPS.narrowed(typical=(3, 12)),
        diffusion.MEAN,
        diffusion.VARIANCE,
        Parameter(symbol=kappa_3, meaning="third cumulant of the data", domain=sp.S.Reals, typical=(-1.4, 2.3)),
        Parameter(symbol=kappa_4, meaning="fourth cumulant of the data", domain=sp.S.Reals, typical=(-1.2, 3.4)),
    ),
    assumptions=(
        diffusion.CHAIN,
        "The data have four moments; each dimension of them diffuses by itself.",
    ),
    regime=Exact(),
    sources=(
        diffusion.REVERSING,
        Source(document="ho2020denoising", where="the forward process at an arbitrary step in closed form"),
    ),
    covers=("F7",),
)


def cumulants_after(cumulants: tuple[sp.Expr, ...], noise: sp.Expr) -> list[sp.Expr]:
    """First cumulants of sqrt(1 - noise) x + sqrt(noise) z, from the logarithm of the mean of exp(u x)."""
    u = sp.Symbol("u", real=True)
    before = sum(c * u**m / sp.factorial(m) for m, c in enumerate(cumulants, start=1))
    after = sp.expand(before.subs(u, sp.sqrt(1 - noise) * u) + noise * u**2 / 2)
    return [after.coeff(u, m) * sp.factorial(m) for m in range(1, len(cumulants) + 1)]


def derivation() -> tuple[Step, ...]:
    """From one step to any number of steps, by induction, and to the end of the chain."""
    step = sp.Symbol("beta_{n+1}", positive=True)
    claimed, share = STATEMENT.right, STATEMENT.where[0].rhs
    shares = [share.subs(n, m).doit() for m in range(5)]
    after = cumulants_after(claimed, step)
    datum = [part.subs({mu_0: x_0, v_0: 0, kappa_3: 0, kappa_4: 0}) for part in claimed]
    return (
        Step(
            claim="With every step the share alphabar is multiplied by 1 - beta, and it starts at 1.",
            because="A further term of the sum of logarithms is a further factor.",
            obligation=(
                shares[0] - 1,
                *(
                    after_ - before * (1 - step_variance(m))
                    for m, (before, after_) in enumerate(itertools.pairwise(shares), 1)
                ),
            ),
            shows=STATEMENT.where[0],
            instances="up to four steps",
        ),
        Step(
            claim="If the formula holds after n steps it holds after n + 1.",
            because="Cumulants of a sum of independent parts add up, and noise has the second only; that of order k "
            "scales like the k-th power of the factor.",
            obligation=tuple(
                a - part.subs(alphabar_n, alphabar_n * (1 - step)) for a, part in zip(after, claimed, strict=True)
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Before the first step it gives the cumulants of the data.",
            because="alphabar is 1 there.",
            obligation=tuple(
                part.subs(alphabar_n, 1) - start
                for part, start in zip(claimed, (mu_0, v_0, kappa_3, kappa_4), strict=True)
            ),
        ),
        Step(
            claim="From a single datum x_0 it is a Gaussian of mean sqrt(alphabar) x_0 and variance 1 - alphabar.",
            because="A datum has no cumulants but the first.",
            obligation=(datum[0] - sp.sqrt(alphabar_n) * x_0, datum[1] - (1 - alphabar_n), datum[2], datum[3]),
        ),
        Step(
            claim="At the end the data are a standard Gaussian, whatever they were.",
            because="alphabar goes to 0 if the sum of the variances that are added does not converge.",
            obligation=tuple(part.subs(alphabar_n, 0) - end for part, end in zip(claimed, (0, 1, 0, 0), strict=True)),
        ),
    )
