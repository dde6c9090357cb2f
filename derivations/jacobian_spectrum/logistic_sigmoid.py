r"""The logistic sigmoid has a critical line only at strong weights, and is farther from isometry there than relu.

Premises: phi(x) = 1 / (1 + e^(-x)), orthogonal weights of mean 0, Gaussian biases. The page says that sigmoidal
networks with orthogonal weights can be isometries and learn faster than rectified ones. That holds for odd sigmoids
such as tanh. The logistic one has the mean 1/2 besides: with sigma_w^2 chosen for chi_1 = 1 the signal is longer than
q* at all lengths below 45.6, where no biases of positive variance are left to make q* a fixed point. Where they are, v
is above 3.4.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus.gaussian import GaussE
from derivations.jacobian_spectrum import orthogonal_isometry
from derivations.proof import Step
from derivations.statement import Exact, Printed, Statement
from derivations.symbols import q_star, sigma_w, x, z

WEIGHTS, BIASES, SPREAD = sp.symbols("sigma_w^2 sigma_b^2 v", real=True)
FIELD = sp.sqrt(q_star) * z
LOGISTIC = 1 / (1 + sp.exp(-x))
SLOPE = sp.exp(-x) / (1 + sp.exp(-x)) ** 2
SIDES = sp.Tuple(WEIGHTS, BIASES, SPREAD)


def average(expression: sp.Expr) -> GaussE:
    """The mean of a function of the preactivation."""
    return GaussE(expression.subs(x, FIELD), z)


VARIANCES = (1 / average(SLOPE**2), q_star - average(LOGISTIC**2) / average(SLOPE**2))

STATEMENT = Statement(
    module=__name__,
    title="Critical points of the logistic sigmoid",
    formula=sp.Eq(SIDES, sp.Tuple(*VARIANCES, average(SLOPE**4) / average(SLOPE**2) ** 2 - 1), evaluate=False),
    parameters=(jacobian_spectrum.LENGTH.narrowed(typical=(20, 90)),),
    assumptions=(
        "Weights are orthogonal times sigma_w, without a mean; biases are Gaussian.",
        "sigma_w^2 and sigma_b^2 are those at which q* is a fixed length and chi_1 = 1. A network exists only where "
        "sigma_b^2 is not negative: from q* = 45.62 on, where sigma_w is 10.15.",
        jacobian_spectrum.OF_ONE_LAYER,
    ),
    regime=Exact(),
    letters=(
        sp.Eq(sp.Symbol("B_2", positive=True), average(SLOPE**2), evaluate=False),
        sp.Eq(sp.Symbol("B_4", positive=True), average(SLOPE**4), evaluate=False),
    ),
    sources=(jacobian_spectrum.SUMMARY,),
    covers=("J20",),
    printed=(
        Printed(
            erratum="E36",
            kind="assumption",
            formula=sp.Eq(SIDES, sp.Tuple(*VARIANCES, sp.S.Zero), evaluate=False),
            note="That sigmoidal networks with orthogonal weights can be isometries needs an odd, or a centred, "
            "sigmoid: the logistic one has v = 3.45 or more at its critical points, beside 1 for relu.",
            source=jacobian_spectrum.SUMMARY,
        ),
    ),
    uses=("jacobian_spectrum.orthogonal_isometry",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the length map and chi_1 to the two variances, and to the spread of a layer."""
    weights, biases, spread = STATEMENT.right
    stretch, ratio = (d.rhs for d in orthogonal_isometry.STATEMENT.where)
    symbol = orthogonal_isometry.SLOPE
    inserted = {GaussE(symbol**2, z): average(SLOPE**2), GaussE(symbol**4, z): average(SLOPE**4)}
    fixed = BIASES + weights * average(LOGISTIC**2)
    half = sp.Rational(1, 2)
    return (
        Step(
            claim="The slope of the sigmoid is e^(-x) / (1 + e^(-x))^2.",
            because="It is differentiated.",
            obligation=sp.simplify(sp.diff(LOGISTIC, x) - SLOPE),
            shows=sp.Eq(sp.Derivative(LOGISTIC, x), SLOPE, evaluate=False),
        ),
        Step(
            claim="chi_1 = 1 fixes sigma_w^2.",
            because="The mean squared slope is inserted into chi_1.",
            obligation=stretch.subs(inserted).subs(sigma_w, sp.sqrt(weights)) - 1,
            shows=sp.Eq(WEIGHTS, weights, evaluate=False),
        ),
        Step(
            claim="The length is kept by the biases stated.",
            because="sigma_b^2 + sigma_w^2 E phi^2 is set to q*.",
            obligation=sp.expand(fixed.subs(BIASES, biases) - q_star),
            shows=sp.Eq(BIASES, biases, evaluate=False),
        ),
        Step(
            claim="One layer spreads the squared singular values by mu - 1.",
            because="The result for any activation and orthogonal weights is taken.",
            obligation=ratio.subs(inserted) - 1 - spread,
            shows=sp.Eq(SPREAD, spread, evaluate=False),
        ),
        Step(
            claim="The sigmoid is 1/2 plus half of tanh(x / 2): its square has a mean above 1/4 at any length, while "
            "that of its slope is below 1/16, so that sigma_b^2 would be below q* - 4.",
            because="Exponentials are inserted, and the slope is a quarter of 1 - tanh^2.",
            obligation=(SLOPE - (1 - sp.tanh(x / 2) ** 2) / 4).rewrite(sp.exp),
            shows=sp.Eq(LOGISTIC, half + sp.tanh(x / 2) / 2, evaluate=False),
            means={},
        ),
    )
