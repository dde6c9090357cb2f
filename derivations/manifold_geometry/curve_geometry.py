r"""Metric, extrinsic curvature and Gauss map of any curve, from its velocity and acceleration.

Premises: a curve h(theta) with velocity v and acceleration a, not at unit speed; the circle through three of its
points, whose inverse radius, as the points come together, is the curvature; and the unit tangent, whose squared speed
is the metric of the Gauss map. The slides state the formulas; here the limit of the circle is taken. What they call
Gaussian curvature is the extrinsic curvature of a curve, and the Gauss map goes to the unit sphere, whose metric is
that of the Grassmannian of lines.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.manifold_geometry import great_circle
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import a_dot_a, g_E, g_G, kappa, v_dot_a

CURVATURE = Source(document="001", where="Riemannian geometry II: Extrinsic Gaussian Curvature")

STATEMENT = Statement(
    module=__name__,
    title="Curvature and Gauss map of a curve",
    formula=sp.Eq(
        sp.Tuple(kappa, g_G),
        sp.Tuple(sp.sqrt((g_E * a_dot_a - v_dot_a**2) / g_E**3), (g_E * a_dot_a - v_dot_a**2) / g_E**3 * g_E),
        evaluate=False,
    ),
    parameters=(
        Parameter(symbol=g_E, meaning="metric v.v, the squared speed", domain=POSITIVE, typical=(1, 5)),
        Parameter(
            symbol=v_dot_a,
            meaning="product v.a of velocity and acceleration",
            domain=sp.S.Reals,
            typical=(-0.9, 0.9),
        ),
        Parameter(symbol=a_dot_a, meaning="squared acceleration a.a", domain=POSITIVE, typical=(1, 5)),
    ),
    assumptions=(
        "The curve is three times continuously differentiable and never at rest.",
        "Curvature is the extrinsic curvature of the curve: the inverse radius of its osculating circle.",
        "(v.a)^2 is less than (v.v) (a.a), as of any two vectors that are not parallel.",
    ),
    regime=Exact(),
    sources=(
        CURVATURE,
        Source(document="001", where="Riemannian geometry III: The Gauss map and Grassmannian length"),
        Source(document="poole2016exponential", where="Riemannian geometry of curves and its propagation"),
    ),
    covers=("D18",),
    uses=(great_circle.STATEMENT.id,),
)

step = sp.Symbol("epsilon", positive=True)  # distance of the three points along the parameter
v_dot_b, a_dot_b, b_dot_b = sp.symbols("v_dot_b a_dot_b b_dot_b", real=True)  # with the third derivative b


def of_curve(h: sp.MatrixBase) -> dict[sp.Symbol, sp.Expr]:
    """The inner products of velocity and acceleration of an explicit curve."""
    v, a = h.diff(great_circle.angle), h.diff(great_circle.angle, 2)
    return {
        g_E: great_circle.dot(v, v),
        v_dot_a: great_circle.dot(v, a),
        a_dot_a: great_circle.dot(a, a),
    }


def product(first: sp.MatrixBase, second: sp.MatrixBase) -> sp.Expr:
    """Inner product of two combinations of velocity, acceleration and third derivative."""
    gram = sp.Matrix([[g_E, v_dot_a, v_dot_b], [v_dot_a, a_dot_a, a_dot_b], [v_dot_b, a_dot_b, b_dot_b]])
    return sp.expand((first.T * gram * second)[0])


@functools.cache
def derivation() -> tuple[Step, ...]:
    """The circle through three points, then the turning of the tangent, then what does not matter: the speed."""
    curvature, gauss = STATEMENT.right
    ahead, behind = (sp.Matrix([t, t**2 / 2, t**3 / 6]) for t in (step, -step))
    sides = [product(side, side) for side in (ahead, behind, ahead - behind)]
    area = sp.expand(sides[0] * sides[1] - product(ahead, behind) ** 2)  # four times the squared area
    longest = sp.expand(sp.prod(sides))
    across = sp.Matrix([-v_dot_a / g_E, 1, 0])  # the acceleration without its part along the velocity
    centre = across * g_E / product(across, across)
    other = sp.Symbol("y", positive=True)  # distance of a centre over that of the osculating circle's
    gap = ahead - other * centre
    away = sp.expand(sp.cancel(product(gap, gap) - other**2 * product(centre, centre)))
    h = great_circle.generic_curve()
    inner = of_curve(h)
    velocity = h.diff(great_circle.angle)
    first, second = sp.Symbol("omega'", positive=True), sp.Symbol("omega''", real=True)
    faster = {
        g_E: first**2 * g_E,
        v_dot_a: first**3 * v_dot_a + first * second * g_E,
        a_dot_a: first**4 * a_dot_a + 2 * first**2 * second * v_dot_a + second**2 * g_E,
    }
    turned = sp.Function("omega", real=True)(great_circle.angle)
    rates = {first: turned.diff(great_circle.angle), second: turned.diff(great_circle.angle, 2)}
    spot = sp.Symbol("t", real=True)
    sample = sp.Matrix([spot + spot**2, spot**3 / 3, 2 - spot**2])  # a curve, to be passed through at another speed
    moved = of_curve(sample.subs(spot, turned))
    still = of_curve(sample.subs(spot, great_circle.angle))
    radius = sp.Symbol("r", positive=True)
    circle = great_circle.circle(radius, turned)
    straight = {v_dot_a: second * g_E, a_dot_a: second**2 * g_E}
    new = [sp.Symbol(f"{name}'") for name in ("v.v", "v.a", "a.a")]
    from_centre = sp.Symbol("|h - m|^2")
    surface, *lengths = sp.symbols("A l_1 l_2 l_3", positive=True)
    return (
        Step(
            claim="The circle through the points at -epsilon, 0 and epsilon has the curvature of the formula, up to "
            "terms that vanish with epsilon.",
            because="Its squared inverse radius is 16 times the squared area A of the triangle over the product of its "
            "squared sides; both are expanded in epsilon, the third derivative included.",
            shows=sp.Eq(kappa**2, sp.Limit(16 * surface**2 / sp.prod(lengths) ** 2, step, 0), evaluate=False),
            means={
                kappa: curvature,
                surface: sp.sqrt(area) / 2,
                **{length: sp.sqrt(side) for length, side in zip(lengths, sides, strict=True)},
            },
        ),
        Step(
            claim="The curve leaves the circle of that curvature, which touches it at the point, like the third power "
            "of epsilon: it is the osculating circle, and no circle of another curvature stays as near.",
            because="The centre lies at the distance 1 / kappa along the part of the acceleration that is at right "
            "angles to the velocity. The squared distance of a point of the curve from it, less the squared radius, "
            "is expanded; at another distance y / kappa the second power is g^E (1 - y) epsilon^2.",
            obligation=(
                away.coeff(step, 2) - g_E * (1 - other),
                product(centre, centre) - 1 / curvature**2,
            ),
            shows=sp.Eq(from_centre - 1 / kappa**2, sp.O(step**3), evaluate=False),
            means={
                from_centre: away.subs(other, 1) + product(centre, centre),
                kappa: 1 / sp.sqrt(product(centre, centre)),
            },
        ),
        Step(
            claim="On a circle of radius r, traversed in any way, the formula gives 1 / r.",
            because="Velocity and acceleration of a circle with any angular motion omega(theta); both are positive.",
            shows=sp.Eq(kappa**2, 1 / radius**2, evaluate=False),
            means={kappa: curvature.subs(of_curve(circle), simultaneous=True)},
        ),
        Step(
            claim="The unit tangent of a curve of three undefined functions has the squared speed of the formula.",
            because="The unit tangent is differentiated; at a point it depends only on the inner products of velocity "
            "and acceleration, which three dimensions realize.",
            shows=sp.Eq(g_G, gauss, evaluate=False),
            means={g_G: great_circle.gauss_metric(velocity), **inner},
        ),
        Step(
            claim="It is the squared curvature times the metric.",
            because="The curvature from the circle through three points, squared, times the squared speed of the same "
            "curve.",
            shows=sp.Eq(g_G, kappa**2 * g_E, evaluate=False),
            means={
                g_G: great_circle.gauss_metric(velocity),
                kappa: sp.sqrt(4 * area.coeff(step, 6) / longest.coeff(step, 6)).subs(inner, simultaneous=True),
                g_E: great_circle.metric(velocity),
            },
        ),
        Step(
            claim="Passed through at another speed, a curve has other inner products.",
            because="Chain rule for omega(theta), on an explicit curve.",
            shows=sp.Eq(sp.Tuple(*new), sp.Tuple(*faster.values()), evaluate=False),
            means={
                **dict(zip(new, moved.values(), strict=True)),
                **{name: value.subs(great_circle.angle, turned) for name, value in still.items()},
                **rates,
            },
        ),
        Step(
            claim="The curvature is the same at any speed, and the metric of the Gauss map is multiplied by the square "
            "of the speed, so that the length of its path is the same too.",
            because="The changed inner products in the formulas.",
            obligation=(
                (curvature**2).subs(faster, simultaneous=True) - curvature**2,
                gauss.subs(faster, simultaneous=True) - first**2 * gauss,
            ),
            shows=sp.Eq(gauss.subs(faster, simultaneous=True), first**2 * gauss, evaluate=False),
        ),
        Step(
            claim="A straight line has no curvature, however it is passed through.",
            because="The acceleration is a multiple of the velocity.",
            shows=sp.Eq(sp.Tuple(kappa, g_G), sp.Tuple(0, 0), evaluate=False),
            means={name: side.subs(straight, simultaneous=True) for name, side in ((kappa, curvature), (g_G, gauss))},
        ),
    )
