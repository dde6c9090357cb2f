"""Four neurons multiply two numbers (document 003, continuous input variables).

Premises: a network f = A2 phi(A1 x + b) with two inputs, four hidden neurons and one output; a smooth activation phi
whose second Taylor coefficient at the common bias b, sigma_2 = phi''(b)/2!, is not zero; A1 scaled by lambda and A2
by 1/lambda^2. The slide leaves out the bias, without which its own example, the logistic function, gives 0/0, and sends
lambda to infinity where the error vanishes for lambda to 0.
"""

from __future__ import annotations

import sympy as sp

from derivations.activations import SIGMOID, SOFTPLUS
from derivations.cheap_learning import ACTIVATION, BIAS, SCALE
from derivations.proof import Step
from derivations.statement import LeadingOrder, Parameter, Printed, Source, Statement
from derivations.symbols import b, lamda, phi, sigma_2, sigma_4, u, v, x

NUMERATOR = phi(b + lamda * (u + v)) + phi(b - lamda * (u + v)) - phi(b + lamda * (u - v)) - phi(b - lamda * (u - v))
UNSCALED = phi(u + v) + phi(-u - v) - phi(u - v) - phi(-u + v)
TAYLOR_2 = sp.Eq(sigma_2, phi(b).diff(b, 2) / sp.factorial(2))
TAYLOR_4 = sp.Eq(sigma_4, phi(b).diff(b, 4) / sp.factorial(4))
SLIDE = Source(document="003", where="Taylor expansion of sigma; the quantity m(u, v)")
RESCALING = Source(document="003", where="multiplication approximation is good when u, v are small")

OUTPUT = NUMERATOR / (8 * sigma_2 * lamda**2)
GATE = sp.Function("m")

STATEMENT = Statement(
    module=__name__,
    title="Four neurons multiply two numbers",
    formula=sp.Eq(
        GATE(lamda, u, v),
        u * v * (1 + 2 * sigma_4 / sigma_2 * lamda**2 * (u**2 + v**2)),
        evaluate=False,
    ),
    where=(TAYLOR_2, TAYLOR_4),
    parameters=(
        ACTIVATION,
        BIAS,
        Parameter(symbol=u, meaning="first factor", domain=sp.Reals, typical=(-1.3, 1.2)),
        Parameter(symbol=v, meaning="second factor", domain=sp.Reals, typical=(-1.2, 1.3)),
        SCALE,
    ),
    assumptions=(
        "m is the output of a network of four hidden neurons: phi(b + lambda (u + v)) + phi(b - lambda (u + v)) less "
        "phi(b + lambda (u - v)) + phi(b - lambda (u - v)), over 8 sigma_2 lambda^2.",
        "sigma_2 is not zero; the logistic function and tanh therefore need a bias b different from 0.",
        "u and v are fixed while lambda goes to 0.",
        "sigma_k are Taylor coefficients, so that 8 sigma_2 = 4 phi''(b), the form with derivatives.",
    ),
    regime=LeadingOrder(parameter=lamda, order=4),
    sources=(SLIDE, RESCALING, Source(document="lin2017cheap", where="multiplication gate for continuous inputs")),
    covers=("H3", "H4"),
    printed=(
        Printed(
            erratum="E8",
            kind="assumption",
            formula=sp.Eq(UNSCALED / (8 * sigma_2), u * v, evaluate=False),
            note="With the slide's logistic function and no bias sigma_2 vanishes and m is 0/0; a bias is needed.",
            source=SLIDE,
        ),
        Printed(
            erratum="E6a",
            kind="misprint",
            formula=sp.Eq(
                GATE(lamda, u, v),
                u * v * (1 + 2 * sigma_4 / sigma_2 * (u**2 + v**2) / lamda**2),
                evaluate=False,
            ),
            note="The slide says that the approximation improves for lambda to infinity; it improves for lambda to 0.",
            source=RESCALING,
        ),
    ),
)

A_1 = sp.Matrix([[1, 1], [-1, -1], [1, -1], [-1, 1]])  # input weights before scaling, one row a hidden neuron
A_2 = sp.Matrix([[1, 1, -1, -1]]) / (8 * sigma_2)  # output weights before scaling


def network(scale: sp.Expr, first: sp.Expr, second: sp.Expr) -> sp.Expr:
    """Output of the four-neuron network with A1 times `scale` and A2 over its square."""
    hidden = (scale * A_1 * sp.Matrix([first, second]) + b * sp.ones(4, 1)).applyfunc(phi)
    return (A_2 / scale**2 * hidden)[0]


def coefficient(order: int) -> sp.Expr:
    """Taylor coefficient in lambda, at 0, of the numerator for an undefined activation."""
    return sp.expand(NUMERATOR.diff(lamda, order, simplify=False).subs(lamda, 0).doit() / sp.factorial(order))


def derivation() -> tuple[Step, ...]:
    """From the matrices of the network to the product, its first error and where that error vanishes."""
    output, right = OUTPUT, STATEMENT.right[0]
    defined = [(d.lhs, d.rhs) for d in STATEMENT.where]
    taylor = {k: coefficient(k) for k in range(7)}
    derivative = {k: phi(b).diff(b, k) for k in (2, 4, 6)}
    sixth = 3 * u**4 + 10 * u**2 * v**2 + 3 * v**4
    polynomial = sum(taylor[k] * lamda**k for k in range(6)) / (8 * sigma_2 * lamda**2)
    logistic, ratio = SIGMOID.expression, (sp.cosh(b) - 5) / (6 * (sp.cosh(b) + 1))
    second, fourth = (SIGMOID.derivative(k).subs(x, b) / sp.factorial(k) for k in (2, 4))
    unbiased = {k: SOFTPLUS.derivative(k).subs(x, 0) / sp.factorial(k) for k in (2, 4)}
    flat = sp.log(5 + 2 * sp.sqrt(6))
    c_2, c_4, c_6 = sp.symbols("c_2 c_4 c_6")
    odd = NUMERATOR.replace(phi, lambda argument: logistic.subs(x, argument)).subs(b, 0)
    return (
        Step(
            claim="The network with these four neurons computes m.",
            because="Output weights times activations of input weights times inputs plus bias.",
            shows=sp.Eq(GATE(lamda, u, v), output, evaluate=False),
            means={GATE(lamda, u, v): network(lamda, u, v)},
        ),
        Step(
            claim="Scaling A_1 by lambda, A_2 by 1/lambda^2 multiplies lambda u by lambda v and divides by lambda^2.",
            because="The inputs enter through A_1 only.",
            obligation=network(lamda, u, v) - network(sp.Integer(1), lamda * u, lamda * v) / lamda**2,
            shows=sp.Eq(GATE(lamda, u, v), GATE(1, lamda * u, lamda * v) / lamda**2, evaluate=False),
        ),
        Step(
            claim="The output is even in lambda, so its expansion has even powers only.",
            because="The change of sign exchanges the two neurons of each pair, which have equal output weights.",
            obligation=output.subs(lamda, -lamda) - output,
            shows=sp.Eq(GATE(-lamda, u, v), GATE(lamda, u, v), evaluate=False),
        ),
        Step(
            claim="The Taylor coefficients of the numerator of orders 0, 1, 3 and 5 vanish.",
            because="Differentiate with respect to lambda and set lambda to 0, for an activation left undefined.",
            shows=sp.Eq(NUMERATOR, c_2 * lamda**2 + c_4 * lamda**4 + sp.Order(lamda**6), evaluate=False),
            means={NUMERATOR: sum(taylor[k] * lamda**k for k in range(6)), c_2: taylor[2], c_4: taylor[4]},
        ),
        Step(
            claim="The coefficient of order 2 is 8 sigma_2 u v.",
            because="(u+v)^2 - (u-v)^2 = 4 u v, twice.",
            obligation=taylor[2] - (8 * sigma_2 * u * v).subs(defined),
            shows=sp.Eq(c_2, 4 * u * v * derivative[2], evaluate=False),
            means={c_2: taylor[2]},
        ),
        Step(
            claim="8 sigma_2 with Taylor coefficients is 4 phi''(b) with derivatives: one normalization.",
            because="sigma_2 = phi''(b)/2!.",
            obligation=(8 * sigma_2).subs(defined) - 4 * derivative[2],
            shows=sp.Eq(8 * sigma_2, 4 * derivative[2], evaluate=False),
        ),
        Step(
            claim="The coefficient of order 4 is 16 sigma_4 u v (u^2 + v^2).",
            because="(u+v)^4 - (u-v)^4 = 8 u v (u^2 + v^2), twice.",
            obligation=taylor[4] - (16 * sigma_4 * u * v * (u**2 + v**2)).subs(defined),
            shows=sp.Eq(c_4, 2 * u * v * (u**2 + v**2) * derivative[4] / 3, evaluate=False),
            means={c_4: taylor[4]},
        ),
        _remainder(),
        Step(
            claim="The Taylor polynomial of degree 5 over 8 sigma_2 lambda^2 is the right-hand side.",
            because="Insert the coefficients; the remainder left out is of order lambda^6 / lambda^2 = lambda^4.",
            obligation=(polynomial - right).subs(defined),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="The first term left out is (sigma_6/sigma_2) lambda^4 u v (3 u^4 + 10 u^2 v^2 + 3 v^4).",
            because="Order 6 of the same expansion; the error is of order lambda^4, not smaller, unless sigma_6 = 0.",
            shows=sp.Eq(c_6, 8 * derivative[6] / sp.factorial(6) * u * v * sixth, evaluate=False),
            means={c_6: taylor[6]},
        ),
        Step(
            claim="With the logistic function at bias 0 the numerator vanishes identically and sigma_2 = 0: m is 0/0.",
            because="The logistic function minus 1/2 is odd.",
            obligation=(odd, second.subs(b, 0)),
            shows=sp.Eq(logistic + logistic.subs(x, -x), 1, evaluate=False),
        ),
        Step(
            claim="For the logistic function 2 sigma_4 / sigma_2 = (cosh b - 5) / (6 (cosh b + 1)).",
            because="Differentiate the logistic function and divide; both derivatives have the odd factor tanh(b/2).",
            shows=sp.Eq(2 * sigma_4 / sigma_2, ratio, evaluate=False),
            means={sigma_4: fourth, sigma_2: second},
        ),
        Step(
            claim="Its first error vanishes where cosh b = 5: at b = log(5 + 2 sqrt 6) = 2.29243 and at minus that.",
            because="tanh(b/2)^2 = (cosh b - 1)/(cosh b + 1) = 2/3 there, and the fourth derivative vanishes.",
            obligation=(
                (sp.cosh(flat) - 5).rewrite(sp.exp),
                fourth.subs(b, flat),
                fourth.subs(b, -flat),
                sp.tanh(flat / 2).rewrite(sp.exp) ** 2 - sp.Rational(2, 3),
            ),
            shows=sp.Eq(b, flat, evaluate=False),
            means={b: sp.acosh(5).rewrite(sp.log)},
        ),
        Step(
            claim="The softplus function needs no bias: sigma_2 = 1/8 and sigma_4 = -1/192 at 0.",
            because="Its derivative is the logistic function.",
            obligation=(unbiased[2] - sp.Rational(1, 8), unbiased[4] + sp.Rational(1, 192)),
            shows=sp.Eq(2 * sigma_4 / sigma_2, -sp.Rational(1, 12), evaluate=False),
            means={sigma_2: unbiased[2], sigma_4: unbiased[4]},
        ),
    )


def _remainder() -> Step:
    """Taylor's formula with the remainder as an integral, for any six times continuously differentiable F."""
    function, place = sp.Function("F", real=True), sp.Symbol("s", real=True)
    derivative = [function(x).diff(x, k).subs(x, lamda * place) for k in range(7)]
    partial = sum((1 - place) ** k * lamda**k * derivative[k] / sp.factorial(k) for k in range(6))
    polynomial = sum(lamda**k * function(x).diff(x, k).subs(x, 0) / sp.factorial(k) for k in range(6))
    sixth, taylor = sp.Function("F^{(6)}")(lamda * place), sp.Function("T_5")(lamda)
    integral = sp.Integral((1 - place) ** 5 / sp.factorial(5) * lamda**6 * sixth, (place, 0, 1))
    return Step(
        claim="F(lambda) differs from its Taylor polynomial of degree 5 by lambda^6 times a bounded integral.",
        because="The sum of (1-s)^k lambda^k F^(k)(lambda s)/k! over k < 6 is the polynomial at s = 0 and F(lambda) "
        "at s = 1; its derivative in s is the integrand, and F^(6) is continuous.",
        obligation=partial.diff(place).doit() - integral.function.subs(sixth, derivative[6]),
        shows=sp.Eq(function(lamda) - taylor, integral, evaluate=False),
        means={taylor: polynomial, integral: (partial.subs(place, 1) - partial.subs(place, 0)).doit()},
    )
