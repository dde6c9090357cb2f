r"""How a critical network forgets: algebraically, without a depth scale.

Premises: in the limit of large widths correlation and length follow their maps. On the boundary between order and
chaos, chi_1 = 1, the correlation map touches the diagonal at c = 1; without biases and with sigma_w phi'(0) = 1 (the
edge of a network of gain 1) so does the length map at q = 0. The slides say that the depth scale diverges there, and
that initial conditions at or just beyond the edge are good; they leave out how slowly a deviation then decays, and that
no exponential describes it.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.activations import TANH
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import correlation_slope, phase_boundary
from derivations.statement import Limit, Printed, Source, Statement
from derivations.symbols import chi_2, l, phi, q_star, sigma_w, x, z

DEPTH_SCALE = Source(document="002", where="Depth Scale")
EDGE = Source(document="000", where="Extensive Criticality yields Dynamical Isometry in nonlinear nets")
SCHOENHOLZ = Source(document="schoenholz2017deep", where="the depth scale diverges at the critical line")
AT = sp.sqrt(q_star) * z
CURVATURE = GaussE(phi(x).diff(x, 2).subs(x, AT) ** 2, z)
START, THIRD = (sp.Subs(phi(x).diff(x, k), x, 0) for k in (1, 3))

LEFT = sp.Tuple(1 - sp.Symbol("c^l"), sp.Symbol("q^l"))
LENGTH = -START / (THIRD * l)

STATEMENT = Statement(
    module=__name__,
    title="Algebraic decay of correlation and length at criticality",
    formula=sp.Eq(LEFT, sp.Tuple(2 / (chi_2 * q_star * l), LENGTH), evaluate=False),
    where=(sp.Eq(chi_2, CURVATURE / phase_boundary.GRADIENT, evaluate=False),),
    parameters=(
        mean_field.ACTIVATION.narrowed("five times continuously differentiable"),
        mean_field.FIXED_LENGTH.narrowed("on the critical line"),
        signal_propagation.LAYER.narrowed(typical=(5, 1000)),
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "The first is for a network on the critical line with sigma_b > 0, and inputs of the length q*.",
        "The second is for a network without biases and sigma_w phi'(0) = 1; phi is odd, and phi'(0) phi'''(0) < 0.",
        "Both are leading orders at large depth; the correction is of relative order ln(l) / l.",
        "A kink makes chi_2 infinite; then 1 - c^l falls with another power of the depth.",
    ),
    regime=Limit(parameter=l, towards=sp.oo, rate=sp.log(l) / l),
    sources=(DEPTH_SCALE, EDGE, SCHOENHOLZ),
    covers=("D14", "A21"),
    printed=(
        Printed(
            erratum="E44",
            kind="assumption",
            formula=sp.Eq(LEFT, sp.Tuple(2 / (chi_2 * q_star), LENGTH), evaluate=False),
            note="The exponential law is printed for the boundary, too, where its depth xi is infinite: nothing would "
            "decay there. Written with the value that the true law has in layer 1; 1 - c^l falls like 1 / l.",
            source=DEPTH_SCALE,
        ),
    ),
    uses=(correlation_slope.STATEMENT.id, phase_boundary.STATEMENT.id),
)

small, quadratic, cubic = sp.Symbol("epsilon", positive=True), sp.Symbol("a", positive=True), sp.Symbol("b", real=True)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From a map that touches the diagonal to the decay; then the quadratic coefficient of both maps."""
    return (*_touching(), *_correlation(), *_length())


def _touching() -> tuple[Step, ...]:
    after = small - quadratic * small**2 + cubic * small**3
    depth = sp.Symbol("ell", positive=True)
    increment = sp.limit(1 / after - 1 / small, small, 0)  # of the inverse, per layer
    excess = sp.limit((1 / after - 1 / small - increment) / small, small, 0)
    law, correction = 1 / (increment * depth), excess / increment * sp.log(depth)
    eps_l = sp.Symbol("epsilon^l")
    miss = law.subs(depth, depth + 1) - after.subs(small, law)
    return (
        Step(
            claim="Where a deviation becomes epsilon - a epsilon^2 + b epsilon^3, its inverse grows by a per layer.",
            because="The inverse after the layer minus that before tends to a as the deviation vanishes, whatever b.",
            shows=sp.Eq(sp.Limit(1 / after - 1 / small, small, 0), quadratic, evaluate=False),
            means={},
        ),
        Step(
            claim="So after many layers the deviation is 1 / (a l), wherever it started.",
            because="The inverse is the sum of its increments, whose mean tends to a; inserted into the map the law "
            "is off by order l^-3 only, while the deviation changes by order l^-2.",
            obligation=sp.limit(miss * depth**2, depth, sp.oo),
            shows=sp.Eq(eps_l, 1 / (quadratic * l), evaluate=False),
            means={eps_l: law.subs(depth, l)},
        ),
        Step(
            claim="What the law leaves out is of relative order ln(l) / l.",
            because="The increments differ from a by (a^2 - b) epsilon, to first order; with the law for epsilon they "
            "add up to (a^2 - b) / a ln(l), beside a l.",
            obligation=correction.diff(depth) - excess * law,
            shows=sp.Eq(1 / eps_l, quadratic * l + (quadratic**2 - cubic) / quadratic * sp.log(l), evaluate=False),
            means={eps_l: 1 / (1 / law + correction).subs(depth, l)},
        ),
        Step(
            claim="No exponential describes it: the ratio of successive deviations tends to 1.",
            because="An exponential of finite depth has a fixed ratio below 1.",
            shows=sp.Eq(sp.Limit(after / small, small, 0), 1, evaluate=False),
            means={},
        ),
    )


def _correlation() -> tuple[Step, ...]:
    decay = STATEMENT.right[0]
    slope_at_one, bend = correlation_slope.STATEMENT.right[2], correlation_slope.STATEMENT.right[1]
    at_one = correlation_slope.renamed(bend.subs(correlation_slope.c, 1).doit())
    line = sp.sqrt(phase_boundary.STATEMENT.right[0])
    slope, curve = sp.symbols("F_1 F_2", real=True)  # derivatives of the correlation map at 1
    image = 1 - slope * small + curve * small**2 / 2
    critical = (1 - image).subs({slope: 1, curve: chi_2 * q_star})
    return (
        Step(
            claim="At c^l = 1 the correlation map of a critical network has slope 1 and second derivative chi_2 q*.",
            because="Slope and curvature from the result that proves them, with sigma_w^2 of the critical line.",
            shows=sp.Eq(sp.Tuple(slope, curve), sp.Tuple(1, chi_2 * q_star), evaluate=False),
            means={
                slope: slope_at_one.subs(sigma_w, line).doit(),
                curve: at_one.subs(sigma_w, line),
                chi_2: STATEMENT.where[0].rhs,
            },
        ),
        Step(
            claim="So 1 - c^l becomes epsilon - (chi_2 q* / 2) epsilon^2: a = chi_2 q* / 2.",
            because="Taylor expansion of the map at c^l = 1, in epsilon = 1 - c^l.",
            obligation=critical - small + (1 / (decay * l)) * small**2,
            shows=sp.Eq(quadratic, chi_2 * q_star / 2, evaluate=False),
            means={quadratic: -critical.coeff(small, 2)},
        ),
    )


def _length() -> tuple[Step, ...]:
    decay = STATEMENT.right[1]
    q = phase_boundary.q
    first, third, fifth = sp.symbols("phi_1 phi_3 phi_5", real=True, nonzero=True)
    odd = first * x + third * x**3 / 6 + fifth * x**5 / 120
    image = phase_boundary.below(price.moment(odd.subs(x, sp.sqrt(q) * z) ** 2, (z,)) / first**2, q, 3)
    stated = decay.subs({START: first, THIRD: third})
    tanh = {START: TANH.expression.diff(x).subs(x, 0), THIRD: TANH.expression.diff(x, 3).subs(x, 0)}
    gain = sp.Symbol("g", positive=True)
    short = gain**2 * phase_boundary.short_average(phase_boundary.taylor(11) ** 2)
    shape = (TANH.expression / x).diff(x)
    following, length = sp.symbols("q^{l+1} q^l")
    return (
        Step(
            claim="Without biases and with sigma_w phi'(0) = 1 the length map of an odd activation begins with q + "
            "(phi'''(0) / phi'(0)) q^2.",
            because="Gaussian moments of its Taylor polynomial; what follows is of order q^3.",
            shows=sp.Eq(following, q + THIRD / START * q**2, evaluate=False),
            means={following: image, START: first, THIRD: third},
        ),
        Step(
            claim="So a = -phi'''(0) / phi'(0), and the length decays as stated.",
            because="The coefficient of -q^2 is the inverse of the stated decay times the depth.",
            obligation=(-image.coeff(q, 2) - 1 / (stated * l),),
            shows=sp.Eq(length, decay, evaluate=False),
        ),
        Step(
            claim="For tanh the length at gain 1 is 1 / (2 l).",
            because="tanh'(0) = 1 and tanh'''(0) = -2.",
            shows=sp.Eq(length, 1 / (2 * l), evaluate=False),
            means={length: decay.subs(tanh)},
        ),
        Step(
            claim="A tanh network of gain g keeps a length above zero if and only if g > 1.",
            because="The map over q is g^2 at q = 0 and falls: tanh(x) / x falls, since sinh(2 x) > 2 x for x > 0, and "
            "the map is bounded. So it crosses 1 once for g > 1 and never otherwise.",
            obligation=(
                (shape - (2 * x - sp.sinh(2 * x)) / (2 * x**2 * sp.cosh(x) ** 2)).rewrite(sp.exp),
                (sp.sinh(2 * x) - 2 * x).diff(x) - 4 * sp.sinh(x) ** 2,
            ),
            shows=sp.Eq(
                following, gain**2 * q - 2 * gain**2 * q**2 + sp.Rational(17, 3) * gain**2 * q**3, evaluate=False
            ),
            means={following: phase_boundary.below(short, q, 4)},
        ),
    )
