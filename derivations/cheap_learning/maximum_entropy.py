r"""Given expectations of monomials, the entropy is largest for a polynomial Hamiltonian of their degree (document 003).

Premises: the entropy of a density, its normalization, and given expectations. Where the entropy is stationary, log p is
a combination of 1 and of the monomials. The formula is that of one even power. The slide does not ask whether the
maximum exists: with an odd highest power on the whole line it does not, and the entropy only comes near to that of a
lower degree.
"""

from __future__ import annotations

import sympy as sp

from derivations.cheap_learning import DEGREE
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import d, moment

SLIDE = Source(document="003", where="maximum entropy probability distribution")
ENTROPY, FORCE = sp.Symbol("S"), sp.Symbol("h_d")

STATEMENT = Statement(
    module=__name__,
    title="Maximum entropy gives polynomial Hamiltonians",
    formula=sp.Eq(
        sp.Tuple(FORCE, ENTROPY),
        sp.Tuple(1 / (d * moment), (1 + sp.log(d * moment)) / d + sp.log(2 * sp.gamma(1 + 1 / d))),
        evaluate=False,
    ),
    parameters=(
        DEGREE.narrowed("even", domain=sp.Range(2, sp.oo, 2), typical=(4, 6)),
        Parameter(symbol=moment, meaning="expectation of the power y^d", domain=POSITIVE, typical=(0.3, 3)),
    ),
    assumptions=(
        "One variable on the whole line, of which the expectation of y^d is given; d is even.",
        "S is the largest entropy, and h_d the coefficient of y^d in the Hamiltonian minus log p of that density; it "
        "has no other term but the constant.",
        "With expectations of several monomials the Hamiltonian is a combination of them, of the largest of their "
        "degrees at most, if the maximum exists: the highest power must keep exp(-H) normalizable.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="lin2017cheap", where="maximum entropy with given moments")),
    covers=("H10",),
)


def derivation() -> tuple[Step, ...]:
    """From a stationary entropy to the Hamiltonian, from its scale to the moment, and where there is no maximum."""
    force, entropy = STATEMENT.right
    p, y, z = sp.Symbol("p", positive=True), sp.Symbol("y", real=True), sp.Symbol("z", positive=True)
    first, second, third, nothing = sp.symbols("h_1 h_2 h_3 h_0", real=True)
    h, share, third_moment = sp.symbols("h_d epsilon c", positive=True)
    y_1, y_2 = sp.symbols("y_1 y_2", real=True)
    monomials = (y_1 * y_2**2, y_1**2, y_2)
    energy = nothing + first * monomials[0] + second * monomials[1] + third * monomials[2]
    lagrangian = p * sp.log(p) + p * (energy - 1)
    partition = 2 * sp.gamma(1 + 1 / d) * h ** (-1 / d)
    far = (third_moment / share) ** sp.Rational(1, 3)
    exponent = -third * y**3 - second * y**2 - first * y
    place = (z / h) ** (1 / d)  # of z = h_d y^d
    over_line = sp.Integral(sp.exp(-h * y**d), (y, -sp.oo, sp.oo))
    of_gamma = sp.Integral(z ** (1 / d - 1) * sp.exp(-z), (z, 0, sp.oo))
    times = sp.exp(-h * place**d) * place.diff(z) / of_gamma.function
    return (
        Step(
            claim="Where the entropy is stationary, minus log p is a polynomial in the monomials whose expectations "
            "are given.",
            because="p log p, with a multiplier for the normalization and one for each expectation, is differentiated "
            "by p at each place; here for y_1 y_2^2, y_1^2 and y_2.",
            shows=sp.Eq(-sp.log(p), energy, evaluate=False),
            means={sp.log(p): sp.log(p) - lagrangian.diff(p)},
        ),
        Step(
            claim="Its degree is that of the largest monomial, and there the entropy is a maximum: p log p is convex.",
            because="The degree of the polynomial, and the second derivative 1/p.",
            obligation=(
                sp.Poly(energy, y_1, y_2).total_degree() - max(sp.Poly(m, y_1, y_2).total_degree() for m in monomials),
                lagrangian.diff(p, 2) - 1 / p,
            ),
            shows=sp.Eq(sp.Derivative(p * sp.log(p), (p, 2)), 1 / p, evaluate=False),
        ),
        Step(
            claim="The integral of exp(-h_d y^d) over the line is 2 Gamma(1 + 1/d) / h_d^(1/d).",
            because="With z = h_d y^d on either half of the line the integrand is that of the gamma function, times "
            "h_d^(-1/d) / d; and Gamma(1/d)/d = Gamma(1 + 1/d).",
            obligation=sp.gammasimp(sp.gamma(1 / d) / d / sp.gamma(1 + 1 / d)) - 1,
            shows=sp.Eq(over_line, 2 / d * h ** (-1 / d) * of_gamma, evaluate=False),
            means={over_line: 2 * times * of_gamma},
        ),
        Step(
            claim="So the expectation of y^d is 1/(d h_d), which gives the coefficient.",
            because="It is minus the derivative of the logarithm of the integral by h_d.",
            obligation=sp.simplify(-sp.log(partition).diff(h) - 1 / (d * h)).subs(h, force)
            + sp.simplify(1 / (d * force) - moment),
            shows=sp.Eq(-sp.Derivative(sp.log(partition), h), 1 / (d * h), evaluate=False),
        ),
        Step(
            claim="The entropy is the expectation of minus log p = h_d y^d plus the logarithm of the integral.",
            because="Both are put in with the coefficient found.",
            obligation=sp.expand_log(
                sp.expand(entropy - force * moment - sp.expand_log(sp.log(partition.subs(h, force)), force=True)),
                force=True,
            ),
            shows=sp.Eq(ENTROPY, FORCE * moment + sp.log(partition.subs(h, force)), evaluate=False),
        ),
        Step(
            claim="For d = 2 it is the Gaussian of variance M, with the entropy log(2 pi e M)/2.",
            because="Gamma(3/2) is half the root of pi.",
            shows=sp.Eq(ENTROPY, sp.log(2 * sp.pi * sp.E * moment) / 2, evaluate=False),
            means={ENTROPY: entropy.subs(d, 2)},
        ),
        Step(
            claim="An odd highest power has no maximum on the line: exp(-h_3 y^3 - h_2 y^2 - h_1 y) grows without "
            "bound on one side, unless h_3 = 0.",
            because="The exponent over y^3 tends to -h_3 on both sides, so that it has both signs.",
            obligation=sp.limit(exponent / y**3, y, -sp.oo) + third,
            shows=sp.Eq(sp.Limit(exponent / y**3, y, sp.oo), -third, evaluate=False),
            means={},
        ),
        Step(
            claim="The entropy then only comes near to that without the odd power: a share epsilon of the mass far "
            "away makes any third moment, and changes the second by less and less.",
            because="At the place (c/epsilon)^(1/3) the share contributes c to the third moment, and "
            "c^(2/3) epsilon^(1/3) to the second.",
            obligation=(
                share * far**3 - third_moment,
                sp.limit(share * sp.log(share), share, 0),
            ),
            shows=sp.Eq(sp.Limit(share * far**2, share, 0), 0, evaluate=False),
            means={},
        ),
    )
