r"""With Gaussian weights no activation makes a deep network an isometry: the squared singular values spread at least
by L.

Premises: Gaussian weights and any activation, wide layers at the fixed length. Two moments are enough for the theorem,
and they need no free probability: Wick's rule takes them from layer to layer. The variance of the squared singular
values over the square of their mean is L mu, and mu, the mean fourth power of the slope over the square of its mean
square, is at least 1, by Cauchy and Schwarz. Equality needs slopes that are equal for all neurons.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.jacobian_spectrum import FORM, MEAN, SECOND, TRACE, TRACE_OF_SQUARE
from derivations.proof import Step
from derivations.statement import Limit, Source, Statement
from derivations.symbols import L, N, chi_1, phi, q_star, sigma_w, x, z

LAW_OF_LARGE_NUMBERS = Source(document="yang2020tensor", where="convergence of means over neurons")
SPREAD = sp.Symbol("mu", positive=True)  # mean fourth power of the slope over the square of its mean square
SLOPE = phi(x).diff(x).subs(x, sp.sqrt(q_star) * z)

STATEMENT = Statement(
    module=__name__,
    title="No isometry with Gaussian weights",
    formula=sp.Eq(sp.Tuple(MEAN, SECOND), sp.Tuple(chi_1**L, chi_1 ** (2 * L) * (1 + L * SPREAD)), evaluate=False),
    where=(
        sp.Eq(chi_1, sigma_w**2 * GaussE(SLOPE**2, z), evaluate=False),
        sp.Eq(SPREAD, GaussE(SLOPE**4, z) / GaussE(SLOPE**2, z) ** 2, evaluate=False),
    ),
    parameters=(
        mean_field.ACTIVATION,
        mean_field.WEIGHT_SCALE,
        jacobian_spectrum.LENGTH,
        jacobian_spectrum.LAYERS,
    ),
    assumptions=(
        jacobian_spectrum.SQUARE,
        jacobian_spectrum.SLOPES,
        jacobian_spectrum.AT_LENGTH,
        mean_field.GAUSSIAN,
        "m_k is the mean k-th power of the squared singular values. mu is at least 1, so that they are never all "
        "equal.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J11",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From one layer, by Wick's rule, to both moments at any depth; and Cauchy and Schwarz for any activation."""
    one, other = (sp.symbols(f"{name}_1:4", real=True) for name in "gh")
    values = sp.symbols("a_1:4", nonnegative=True)
    trace, square = sum(values), sum(a**2 for a in values)
    own = price.moment(sum(a * g**2 for a, g in zip(values, one, strict=True)) ** 2, one)
    cross = price.moment(sum(a * g * h for a, g, h in zip(values, one, other, strict=True)) ** 2, (*one, *other))
    m, t, first, second = sp.symbols("m t E_2 E_4", positive=True)  # and means of (sigma_w phi')^2 and its square
    T, Q = N**2 * t, N * m
    squares = (N * second * (T + 2 * Q) + N * (N - 1) * first**2 * Q) / N**2 / N
    whole = (N * second * (T + 2 * Q) + N * (N - 1) * first**2 * T) / N**2 / N**2
    k = sp.Symbol("k", integer=True, nonnegative=True)
    solution = first ** (2 * k) * (1 + k * second / first**2)
    mean, (stated_mean, stated) = first**k, STATEMENT.right
    plain, fourth = GaussE(SLOPE**2, z), GaussE(SLOPE**4, z)
    a, slope = sp.Symbol("a", positive=True), sp.Symbol("phi'", real=True)
    after = sp.Symbol("m'")
    spread = STATEMENT.where[1].rhs
    return (
        Step(
            claim="A row of W sends A to a number whose square has the mean ((tr A)^2 + 2 tr A^2) / N^2; two rows "
            "send it to one whose square has the mean tr A^2 / N^2.",
            because="In the directions of A the forms are sums over eigenvalues times squares or products of Gaussian "
            "numbers, averaged by their moments.",
            instances="three eigenvalues",
            obligation=cross - square,
            shows=sp.Eq(FORM, TRACE**2 + 2 * TRACE_OF_SQUARE, evaluate=False),
            means={FORM: own, TRACE: trace, TRACE_OF_SQUARE: square},
        ),
        Step(
            claim="Slopes of a wide layer are as if independent of its weights, and means over its neurons are those "
            "of a Gaussian preactivation of variance q*.",
            because="A neuron sums over many inputs, and none of its weights matters by itself.",
            assumption=LAW_OF_LARGE_NUMBERS,
        ),
        Step(
            claim="So one layer takes m, the mean of tr A^2 / N, to E_2^2 m + E_4 t, and t, that of (tr A / N)^2, to "
            "E_2^2 t, up to 1 / N, with the means E_2 and E_4 of the second and fourth power of sigma_w phi'.",
            because="N diagonal entries with one slope and N (N - 1) others with two are added up; the limits are "
            "taken.",
            obligation=sp.limit(sp.expand(whole), N, sp.oo) - first**2 * t,
            shows=sp.Eq(after, first**2 * m + second * t, evaluate=False),
            means={after: sp.limit(sp.expand(squares), N, sp.oo)},
        ),
        Step(
            claim="L layers have the second moment stated, and the mean E_2^L.",
            because="Each layer multiplies the mean by E_2, and t is its square; the solution is inserted into the "
            "recursion, and taken at no layer.",
            obligation=(
                sp.expand(mean.subs(k, k + 1) - first * mean),
                stated_mean - mean.subs(k, L).subs(first, chi_1),
                sp.expand(solution.subs(k, k + 1) - first**2 * solution - second * mean**2),
                solution.subs(k, 0) - 1,
                stated - solution.subs(k, L).subs({first: chi_1, second: chi_1**2 * SPREAD}),
                sigma_w**4 * fourth / STATEMENT.where[0].rhs ** 2 - spread,
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="mu - 1 is a mean square over the square of a mean: it is never negative, and 0 only where the "
            "squared slope is the same for all neurons.",
            because="The mean of (phi'^2 - a)^2 is expanded at a = E phi'^2.",
            obligation=sp.expand((fourth - 2 * a * plain + a**2).subs(a, plain) - (spread - 1) * plain**2),
            shows=sp.Ge(SPREAD, 1, evaluate=False),
            means={SPREAD: 1 + GaussE((slope**2 - a) ** 2, z) / a**2},
        ),
    )
