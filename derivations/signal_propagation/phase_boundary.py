r"""The line between order and chaos of a wide random network: every weight and bias variance at which chi_1 = 1.

Premises: h^{l+1} = W phi(h^l) + b with independent Gaussian weights of variance sigma_w^2 / N and biases of variance
sigma_b^2; the widths go to infinity; the length per neuron has settled at its fixed point q*. Two nearby inputs then
neither approach nor part if their squared distance is multiplied by chi_1 = 1. The slide shows the line as a figure and
leaves out that it has a closed form when its points are named by the length q* that they keep: no equation has to be
solved. The slope of the correlation map at c = 1 is taken from the result that proves it.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.activations import TANH
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import correlation_slope
from derivations.statement import Limit, Source, Statement
from derivations.symbols import N, chi_1, phi, q_star, sigma_b, sigma_w, x, z

DIAGRAM = Source(document="002", where="The Phase Diagram")
EDGE = Source(document="000", where="Extensive Criticality yields Dynamical Isometry in nonlinear nets")
PENNINGTON = Source(document="pennington2017resurrecting", where="the critical line of tanh")
AT = sp.sqrt(q_star) * z
SQUARE = GaussE(phi(AT) ** 2, z)
GRADIENT = GaussE(sp.Subs(phi(x).diff(x), x, AT) ** 2, z)

STATEMENT = Statement(
    module=__name__,
    title="Boundary between order and chaos",
    formula=sp.Eq(
        sp.Tuple(sigma_w**2, sigma_b**2),
        sp.Tuple(1 / GRADIENT, q_star - SQUARE / GRADIENT),
        evaluate=False,
    ),
    parameters=(
        mean_field.ACTIVATION,
        mean_field.FIXED_LENGTH,
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "The input has the length of the fixed point; whether lengths nearby approach it is another question, which "
        "tanh answers with yes.",
        "A point of the line exists where the expression for sigma_b^2 is not negative.",
        "phi is continuous and grows at most exponentially; it may have kinks.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(DIAGRAM, EDGE, PENNINGTON),
    covers=("D12",),
    uses=(correlation_slope.STATEMENT.id,),
)

ORDER = 5  # the series of tanh stop before q^ORDER
q = sp.Symbol("q", positive=True)  # a small length


def taylor(order: int) -> sp.Expr:
    """Taylor polynomial of tanh below x^order, coefficient by coefficient from tanh' = 1 - tanh^2, tanh(0) = 0."""
    coefficients = [sp.S.Zero]
    for k in range(order - 1):
        squares = sum((coefficients[j] * coefficients[k - j] for j in range(k + 1)), sp.S.Zero)
        coefficients.append(((1 if k == 0 else 0) - squares) / sp.Integer(k + 1))
    return sum((a * x**k for k, a in enumerate(coefficients)), sp.S.Zero)


def below(expression: sp.Expr, variable: sp.Symbol, order: int) -> sp.Expr:
    """A polynomial without its powers of the variable from `order` on."""
    return sum(
        (c * variable**k for (k,), c in sp.Poly(sp.expand(expression), variable).terms() if k < order), sp.S.Zero
    )


def short_average(polynomial: sp.Expr) -> sp.Expr:
    """Average over x = sqrt(q) z of a polynomial in x, below q^ORDER."""
    return below(price.moment(polynomial.subs(x, sp.sqrt(q) * z), (z,)), q, ORDER)


def reciprocal(series: sp.Expr) -> sp.Expr:
    """1 / series below q^ORDER, for a polynomial in q that begins with 1."""
    rest = sp.expand(1 - series)
    return below(sum((rest**k for k in range(ORDER)), sp.S.Zero), q, ORDER)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """Distance and length of an explicit layer, both kept: two linear equations; then the series of tanh."""
    return (*_line(), *_series())


def _line() -> tuple[Step, ...]:
    inputs = 3
    ends, slopes, moves = (sp.symbols(f"{name}_1:{inputs + 1}", real=True) for name in ("a", "s", "d"))
    weights = sp.symbols(f"w_1:{inputs + 1}", real=True)
    bias = sp.Symbol("b", real=True)
    scale = sigma_w / sp.sqrt(inputs)
    field = sum((scale * w * a for w, a in zip(weights, ends, strict=True)), sigma_b * bias)
    moved = sum((scale * w * s * d for w, s, d in zip(weights, slopes, moves, strict=True)), sp.S.Zero)
    squares = [price.moment(h**2, (*weights, bias)) for h in (field, moved)]
    stretch = sum((s**2 * d**2 for s, d in zip(slopes, moves, strict=True)), sp.S.Zero) / inputs
    w2, b2 = STATEMENT.right
    chi, length = correlation_slope.STATEMENT.right[2], sigma_b**2 + sigma_w**2 * SQUARE
    on_line = {sigma_w: sp.sqrt(w2), sigma_b: sp.sqrt(b2)}
    nearby = sp.Symbol("epsilon", positive=True)  # 1 - c of two nearby inputs
    c = correlation_slope.c
    cubic = sp.Symbol("alpha", real=True) * x + sp.Symbol("beta", real=True) * x**2 + x**3
    image = correlation_slope.inserted(correlation_slope.correlation_map(), cubic)
    one, two = sp.symbols("E_1 E_2", positive=True)  # E phi'^2 and E phi^2, whatever the activation
    unknown = sp.Matrix([[one, 0], [two, 1]])
    (gradient,) = chi.atoms(GaussE)
    distance, mean_square, after = sp.symbols("E[d^2] E[h^2] c^{l+1}")
    return (
        Step(
            claim="A small displacement d of the preactivations becomes one of mean square sigma_w^2 times the mean "
            "over neurons of phi'(h_j)^2 d_j^2.",
            because="Weights of a layer with three inputs, averaged; the bias moves both inputs alike.",
            shows=sp.Eq(distance, sigma_w**2 * stretch, evaluate=False),
            means={distance: squares[1]},
        ),
        Step(
            claim="The mean square of a preactivation is sigma_b^2 + sigma_w^2 times the mean square output before.",
            because="The same average, with the bias.",
            shows=sp.Eq(mean_square, sigma_b**2 + sigma_w**2 * sum(a**2 for a in ends) / inputs, evaluate=False),
            means={mean_square: squares[0]},
        ),
        Step(
            claim="Means over the neurons of a wide layer are Gaussian averages of variance q*.",
            because="Law of large numbers, layer by layer.",
            assumption=correlation_slope.POOLE,
            shows=sp.Eq(sp.Tuple(q_star, chi_1), sp.Tuple(length, chi), evaluate=False),
        ),
        Step(
            claim="Two inputs of correlation 1 - epsilon get the correlation 1 - chi_1 epsilon, to first order.",
            because="The slope of the correlation map at c_l = 1 is chi_1; for a cubic activation with free "
            "coefficients the map is worked out and its first order compared.",
            obligation=correlation_slope.renamed(correlation_slope.STATEMENT.right[0].subs(c, 1).doit()) - chi,
            shows=sp.Eq(1 - after, chi_1 * nearby + sp.O(nearby**2), evaluate=False),
            means={
                after: 1 - sp.expand(image.subs(c, 1) - image.subs(c, 1 - nearby)),
                chi_1: correlation_slope.inserted(chi, cubic),
            },
        ),
        Step(
            claim="So the line has two conditions, that the length q* is kept and chi_1 = 1, and both are linear in "
            "the variances, with one solution.",
            because="Their determinant is E phi'^2, which is positive.",
            obligation=unknown.det() - one,
            shows=sp.Eq(sp.Tuple(chi, length), sp.Tuple(1, q_star), evaluate=False),
            means={gradient: one, SQUARE: two, sigma_w: sp.sqrt(1 / one), sigma_b: sp.sqrt(q_star - two / one)},
        ),
        Step(
            claim="The stated variances fulfil both conditions, for any activation.",
            because="They are inserted into chi_1 and into the length of the next layer.",
            obligation=(chi.subs(on_line).doit() - 1, length.subs(on_line) - q_star),
            shows=STATEMENT.formula,
        ),
    )


def _series() -> tuple[Step, ...]:
    polynomial = taylor(2 * ORDER + 1)
    slope = polynomial.diff(x)
    gradient, square, fourth = (short_average(e) for e in (slope**2, polynomial**2, slope**4))
    w2 = 1 + 2 * q - 3 * q**2 + sp.Rational(34, 3) * q**3 - 61 * q**4
    b2 = sp.Rational(4, 3) * q**3 - 8 * q**4
    spread = 8 * q**2 - 80 * q**3 + sp.Rational(2432, 3) * q**4
    left, rest = sp.symbols("sigma_w sigma_b mu_1 mu_2", positive=True), sp.O(q**ORDER)
    return (
        Step(
            claim="The polynomial solves tanh' = 1 - tanh^2 from zero up to its order, so it is Taylor's polynomial.",
            because="Both sides are compared power by power; an equation with this start has one solution.",
            obligation=(
                below(slope - 1 + polynomial**2, x, 2 * ORDER - 1),
                polynomial.subs(x, 0),
                TANH.expression.diff(x).rewrite(sp.exp) - 1 + TANH.expression.rewrite(sp.exp) ** 2,
            ),
            shows=sp.Eq(phi(x), x - x**3 / 3 + 2 * x**5 / 15, evaluate=False),
            means={phi(x): below(polynomial, x, 6)},
        ),
        Step(
            claim="On the line of tanh sigma_w^2 = 1 + 2 q - 3 q^2 + 34 q^3 / 3 - 61 q^4, up to order q^5.",
            because="E phi'^2 by Gaussian moments; all derivatives of tanh are bounded, so the remainder of the Taylor "
            "polynomial averages to order q^5. The product of both series is 1.",
            shows=sp.Eq(left[0] ** 2, w2 + rest, evaluate=False),
            means={left[0]: sp.sqrt(reciprocal(gradient))},
        ),
        Step(
            claim="On the line of tanh sigma_b^2 = 4 q^3 / 3 - 8 q^4, up to order q^5: it ends at sigma_w = 1 without "
            "biases, the edge of a network of gain 1.",
            because="q minus the product of the series of sigma_w^2 and of E phi^2.",
            obligation=w2.subs(q, 0) - 1,
            shows=sp.Eq(left[1] ** 2, b2 + rest, evaluate=False),
            means={left[1]: sp.sqrt(q - square * reciprocal(gradient))},
        ),
        Step(
            claim="There the squared singular values of a layer with orthogonal weights, of mean 1, have the variance "
            "8 q^2 - 80 q^3 + 2432 q^4 / 3, up to order q^5.",
            because="mu_k = E phi'^(2k) by Gaussian moments; (1 + spread) mu_1^2 is mu_2.",
            shows=sp.Eq(left[3] / left[2] ** 2 - 1, spread + rest, evaluate=False),
            means={left[2]: gradient, left[3]: fourth},
        ),
    )
