r"""Over how many layers a wide random network forgets a wrong length, and a wrong correlation of two inputs.

Premises: in the limit of large widths length and correlation follow their maps, q^{l+1} = V(q^l) and c^{l+1} = F(c^l);
both are near attractive fixed points q* and c*, and the length has settled before the correlation is looked at. The
slide states the depth of the correlation and leaves out why it is what it is: the deviation is multiplied, layer by
layer, by the slope of the map at c*. It also leaves out that c* belongs to the phase: at c = 1 the slope is chi_1,
which in the chaotic phase exceeds 1 and would give a negative depth.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.activations import SIGMOID, SOFTPLUS, TANH
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import correlation_slope
from derivations.statement import Limit, Source, Statement
from derivations.symbols import N, c, c_star, chi_1, phi, q, q_star, sigma_b, sigma_w, x, xi_c, xi_q, z

DEPTH_SCALE = Source(document="002", where="Depth Scale")
SCHOENHOLZ = Source(document="schoenholz2017deep", where="the depth scales xi_q and xi_c")
SLOPE, _, AT_ONE = correlation_slope.STATEMENT.right
AT = sp.sqrt(q_star) * z
BENT = GaussE(phi(AT) * phi(x).diff(x, 2).subs(x, AT), z)

STATEMENT = Statement(
    module=__name__,
    title="Depths of lengths and correlations",
    formula=sp.Eq(
        sp.Tuple(xi_q, xi_c),
        sp.Tuple(-1 / sp.log(AT_ONE + sigma_w**2 * BENT), -1 / sp.log(SLOPE.subs(c, c_star))),
        evaluate=False,
    ),
    parameters=(
        mean_field.ACTIVATION.narrowed("twice differentiable"),
        mean_field.WEIGHT_SCALE,
        mean_field.FIXED_LENGTH,
        signal_propagation.FIXED_CORRELATION,
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "q* and c* are the attractive fixed points of the weights and biases in use: c* = 1 in the ordered phase, and "
        "c* < 1 in the chaotic one.",
        "The slopes of both maps lie between 0 and 1; where one is negative its absolute value counts.",
        "xi_c is that of inputs that have the length q*. In the ordered phase a wrong length is forgotten faster, xi_q "
        "< xi_c, where E phi phi'' is negative, as for tanh; where it is positive, as for softplus, wrong lengths last "
        "longer.",
        "phi grows at most exponentially.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(DEPTH_SCALE, SCHOENHOLZ),
    covers=("D13",),
    uses=(correlation_slope.STATEMENT.id,),
)

deviation = sp.Symbol("delta", positive=True)  # of a length or a correlation from its fixed point
slope, bend = sp.Symbol("s", positive=True), sp.Symbol("k", real=True)  # first two Taylor coefficients of a map there
layers = sp.Symbol("l", positive=True)


def length_map(activation: sp.Expr) -> sp.Expr:
    """V(q) for a polynomial activation, an expression in x."""
    return sigma_b**2 + sigma_w**2 * price.moment(activation.subs(x, sp.sqrt(q) * z) ** 2, (z,))


def inserted(expression: sp.Expr, polynomial: sp.Expr) -> sp.Expr:
    """The averages of an expression worked out for a polynomial activation."""
    return correlation_slope.inserted(expression, polynomial)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From a map to the decay near its fixed point; then the slopes of both maps."""
    length_depth, correlation_depth = STATEMENT.right
    after = slope * deviation + bend * deviation**2
    f = sp.Function("f", real=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    place = sp.sqrt(q) * z
    flux = -f(x).diff(x).subs(x, place).doit() / (2 * sp.sqrt(q)) * density
    changed, bent = sp.Derivative(GaussE(f(place), z), q), GaussE(f(x).diff(x, 2).subs(x, place), z)
    square = phi(x) ** 2
    following = sp.Symbol("delta^{l+1}")
    length_slope = sigma_w**2 * GaussE(square.diff(x, 2).subs(x, AT) / 2, z)
    cubic = sp.Symbol("alpha", real=True) * x + sp.Symbol("beta", real=True) * x**2 + x**3
    stated = AT_ONE + sigma_w**2 * BENT
    steepness = sp.Subs(sp.Derivative(sp.Function("V")(q), q), q, q_star)
    xi = sp.Symbol("xi", positive=True)
    decay = sp.exp(-layers / xi)
    at_one = correlation_slope.renamed(SLOPE.subs(c, 1).doit())
    ordered = correlation_slope.renamed(correlation_depth.subs(c_star, 1).doit())
    above = sp.Symbol("epsilon", positive=True)
    return (
        Step(
            claim="Near an attractive fixed point a deviation is multiplied in every layer by the slope of the map.",
            because="Taylor expansion of the map; the ratio of successive deviations tends to the slope.",
            shows=sp.Eq(sp.Limit(following / deviation, deviation, 0), slope, evaluate=False),
            means={following: after},
        ),
        Step(
            claim="So it decays like e^(-l / xi) with xi = -1 / ln(slope).",
            because="The logarithm of the deviation is the sum of the logarithms of the ratios, whose mean tends to "
            "that of the slope; the exponential with this xi has this ratio.",
            obligation=(decay.subs(layers, layers + 1) / decay).subs(xi, -1 / sp.log(slope)) - slope,
            shows=sp.Eq(xi, -1 / sp.log(slope), evaluate=False),
            means={xi: -1 / sp.limit(sp.log(after / deviation), deviation, 0)},
        ),
        Step(
            claim="In a wide network length and correlation follow maps: V(q) = sigma_b^2 + sigma_w^2 E phi(sqrt(q) "
            "z)^2, and F(c_l).",
            because="Law of large numbers, layer by layer.",
            assumption=correlation_slope.POOLE,
            shows=sp.Eq(sp.Symbol("V"), sigma_b**2 + sigma_w**2 * GaussE(phi(sp.sqrt(q) * z) ** 2, z), evaluate=False),
        ),
        Step(
            claim="The derivative by q of the average of f(sqrt(q) z) is half the average of f''.",
            because="One integration by parts: the integrands differ by a derivative, for every f.",
            shows=sp.Eq(changed, bent / 2, evaluate=False),
            means={
                changed: changed.expr.integrand.diff(q).doit() * density,
                bent: bent.integrand.doit() * density + 2 * flux.diff(z).doit(),
            },
        ),
        Step(
            claim="With f = phi^2 the slope of the length map is chi_1 + sigma_w^2 E phi phi''.",
            because="Half the second derivative of phi^2; for a cubic with free coefficients V is differentiated.",
            obligation=length_map(cubic).diff(q).subs(q, q_star) - inserted(stated, cubic),
            shows=sp.Eq(steepness, stated, evaluate=False),
            means={
                steepness: correlation_slope.unaveraged(length_slope),
                **{node: node.integrand for node in stated.atoms(GaussE)},
            },
        ),
        Step(
            claim="That gives the depth of the length.",
            because="-1 over the logarithm of this slope; the exponential of -1 / xi_q is the slope again.",
            obligation=sp.exp(-1 / length_depth) - stated,
            shows=sp.Eq(xi_q, length_depth, evaluate=False),
        ),
        Step(
            claim="The slope of the correlation map at c* gives the depth of the correlation.",
            because="The slope is taken over from the result that proves it; for a cubic the map itself is "
            "differentiated at c*.",
            obligation=(
                sp.exp(-1 / correlation_depth) - SLOPE.subs(c, c_star),
                inserted(sp.exp(-1 / correlation_depth), cubic)
                - inserted(correlation_slope.correlation_map(), cubic).diff(c).subs(c, c_star),
            ),
            shows=sp.Eq(xi_c, correlation_depth, evaluate=False),
        ),
        Step(
            claim="In the ordered phase, where c* = 1, it is -1 / ln(chi_1), the depth of gradients.",
            because="At c_l = 1 both preactivations coincide and the slope is chi_1.",
            shows=sp.Eq(xi_c, -1 / sp.log(chi_1), evaluate=False),
            means={xi_c: ordered, chi_1: AT_ONE},
        ),
        Step(
            claim="There the slope of the length map differs from it by sigma_w^2 E phi phi'': lengths settle faster "
            "than correlations with tanh, where this is negative, and more slowly with softplus, where it is positive.",
            because="Both slopes are subtracted. tanh has the second derivative -2 phi (1 - phi^2), of the other sign "
            "than tanh; softplus is positive, and bends upwards everywhere: by the logistic function times 1 less it.",
            obligation=(
                (TANH.derivative(2) + 2 * TANH.expression * (1 - TANH.expression**2)).rewrite(sp.exp),
                SOFTPLUS.derivative(2) - SIGMOID.expression * (1 - SIGMOID.expression),
            ),
            shows=sp.Eq(steepness - chi_1, sigma_w**2 * BENT, evaluate=False),
            means={steepness: sp.exp(-1 / length_depth), chi_1: sp.exp(-1 / ordered)},
        ),
        Step(
            claim="In the chaotic phase c_l = 1 is not the fixed point to use: chi_1 > 1 makes the depth negative.",
            because="The slope at c_l = 1 is chi_1 there too; -1 / ln(1 + epsilon) lies below 0 for every epsilon > 0, "
            "and tends to minus infinity at the boundary.",
            obligation=(
                at_one - AT_ONE,
                sp.limit(-above / sp.log(1 + above), above, 0) + 1,
                sp.sign(sp.log(1 + above)) - 1,
            ),
            shows=sp.Eq(sp.Limit(1 / xi_c, chi_1, 1), 0, evaluate=False),
            means={xi_c: ordered.subs(AT_ONE, chi_1)},
        ),
    )
