r"""How wide one hidden layer must be to make a circle as long as a deep chaotic network does: exponentially wide.

Premises: the stretch of a curve by a wide random layer, chi_1 in the squared metric; the image of a neuron phi(h) with
its velocity phi'(h) v; and the bound on the length behind one hidden layer of monotone neurons. The slides say that
exponential expressivity is not achievable by shallow nets and compare no numbers. They leave out that the recursion is
that of h, one activation short of the outputs x to which the bound applies, that the circle is closed and reverses
twice in every projection, so that 2 N_1 R bounds its image and not 3 N_1 R, and that this width suffices as well.
"""

from __future__ import annotations

import sympy as sp

from derivations import manifold_geometry
from derivations.calculus import mean_field
from derivations.calculus.gaussian import GaussE
from derivations.manifold_geometry import curvature_recursion, great_circle, shallow_length_bound
from derivations.proof import Step
from derivations.statement import Limit, Parameter, Source, Statement
from derivations.symbols import L_D, N_1, D, N, N_min, R, chi_1, gbar, phi, q_star, s_theta, sigma_w, x, z

SLIDE = Source(document="001", where="Exponential expressivity is not achievable by shallow nets")
STRETCH = sp.sqrt(q_star) * chi_1 ** (D / 2) / sigma_w

STATEMENT = Statement(
    module=__name__,
    title="Width that replaces depth",
    formula=sp.Eq(
        sp.Tuple(L_D / sp.sqrt(N), N_min / sp.sqrt(N)),
        sp.Tuple(2 * sp.pi * STRETCH, sp.pi * STRETCH / R),
        evaluate=False,
    ),
    where=(sp.Eq(chi_1, curvature_recursion.mean_square(1)),),
    parameters=(
        mean_field.ACTIVATION.narrowed("of the deep network, continuously differentiable"),
        mean_field.WEIGHT_SCALE,
        mean_field.FIXED_LENGTH,
        Parameter(symbol=D, meaning="hidden layers of the deep network", domain=sp.Range(1, sp.oo), typical=(3, 8)),
        manifold_geometry.RANGE.narrowed("of the shallow network, which is monotone"),
    ),
    assumptions=(
        "The input is a great circle of squared length q* per neuron, and the last layer has N neurons, N to infinity.",
        "L_D is the length in the outputs of layer D; the shallow network sees the circle itself.",
        "N_min is rounded up to a whole number; fewer neurons cannot reach L_D, whatever their weights, that many can.",
        "It grows exponentially with the depth where chi_1 > 1, like the root of the width of the deep network.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(SLIDE, Source(document="poole2016exponential", where="shallow networks cannot achieve it")),
    covers=("D25",),
    uses=(curvature_recursion.STATEMENT.id, great_circle.STATEMENT.id, shallow_length_bound.STATEMENT.id),
)

LARGE_NUMBERS = Source(document="poole2016exponential", where="the metric of a wide layer is not random")


def derivation() -> tuple[Step, ...]:
    """From the recursion of the metric to the length, and from the bound of one layer to the width."""
    length, width = STATEMENT.right
    layer = sp.Symbol("l", integer=True, positive=True)
    metric = q_star * chi_1 ** (layer - 1)
    circle_metric = great_circle.STATEMENT.right[0].subs(great_circle.q, q_star) / N
    through = curvature_recursion.STATEMENT.right[0]
    gap, bend, y = curvature_recursion.gap, sp.Symbol("k_4", real=True), sp.Symbol("y", real=True)
    kernel = q_star - gbar * gap**2 / 2 + bend * gap**4 / 24
    slope = phi(x).diff(x).subs(x, sp.sqrt(q_star) * z)
    squared_speed = GaussE(GaussE((slope * sp.sqrt(gbar) * y) ** 2, y).doit(), z)
    average = GaussE(slope**2, z)
    outputs = chi_1 * metric.subs(layer, D) / sigma_w**2
    angle, turned, size = great_circle.angle, sp.Symbol("delta_w", real=True), sp.Symbol("rho", positive=True)
    velocity = great_circle.circle(sp.Symbol("r", positive=True), angle).diff(angle)
    direction = great_circle.circle(size, turned)
    projected = great_circle.dot(direction, velocity)
    closed = shallow_length_bound.STATEMENT.right[1].subs(s_theta, 2)
    widths, zeros = (3, 5), (turned, turned + sp.pi)
    of_layer, field_and_velocity, climbed = sp.symbols("gbar^l E[h\\ v] L_staircase^E")
    necessary = sp.Function("N_min")
    return (
        Step(
            claim="The fields of layer l have the metric q* chi_1^(l-1) per neuron.",
            because="The great circle has q*, and each layer multiplies by chi_1.",
            obligation=circle_metric - metric.subs(layer, 1),
            shows=sp.Eq(of_layer, metric),
            means={of_layer: through.subs(gbar, metric.subs(layer, layer - 1))},
        ),
        Step(
            claim="A field and its velocity are uncorrelated, hence independent.",
            because="Their covariance is the first derivative of an even kernel at zero; both are Gaussian.",
            shows=sp.Eq(field_and_velocity, 0),
            means={field_and_velocity: kernel.diff(gap).subs(gap, 0)},
        ),
        Step(
            claim="The outputs phi(h) have the mean squared speed chi_1 gbar / sigma_w^2.",
            because="Chain rule, average over the velocity given the field, then the definition of chi_1.",
            shows=sp.Eq(squared_speed, chi_1 * gbar / sigma_w**2, evaluate=False),
            means={squared_speed: squared_speed.integrand / slope**2 * average, chi_1: STATEMENT.where[0].rhs},
        ),
        Step(
            claim="In a wide layer the squared speed is N times that at every angle.",
            because="Law of large numbers over the neurons; the kernel depends on the difference of the angles only.",
            assumption=LARGE_NUMBERS,
            shows=sp.Eq(sp.Symbol("g_D^E"), N * outputs, evaluate=False),
        ),
        Step(
            claim="The image of the circle therefore has the length 2 pi sqrt(N q* chi_1^D) / sigma_w.",
            because="Constant speed over one turn.",
            shows=sp.Eq(L_D, 2 * sp.pi * sp.sqrt(N * outputs), evaluate=False),
            means={L_D: sp.sqrt(N) * length},
        ),
        Step(
            claim="Every projection of the circle's velocity changes sign twice around the circle.",
            because="It is a sine of the angle, shifted: zero at delta and delta + pi, of opposite slopes there.",
            obligation=(
                projected - size * sp.Symbol("r", positive=True) * sp.sin(turned - angle),
                *(projected.subs(angle, zero) for zero in zeros),
                projected + projected.subs(angle, angle + sp.pi),
            ),
            shows=sp.Eq(s_theta, 2, evaluate=False),
            means={s_theta: len(zeros)},
        ),
        Step(
            claim="One hidden layer of N_1 neurons makes it at most 2 N_1 R long, so that it needs N_min of them.",
            because="The bound for closed curves, set equal to the length of the deep network's image.",
            obligation=closed.subs(N_1, width) - length,
            shows=sp.Eq(N_min, L_D / (2 * R), evaluate=False),
            means={L_D: closed.subs(N_1, N_min)},
        ),
        Step(
            claim="So many suffice: neurons that look along one direction and switch one after the other.",
            because="The first coordinate runs to and fro once; the staircase on it attains the bound.",
            shows=sp.Eq(climbed, closed, evaluate=False),
            means=tuple({climbed: R * shallow_length_bound.staircase(n, 2), N_1: n} for n in widths),
        ),
        Step(
            claim="A layer more multiplies the necessary width by sqrt(chi_1).",
            because="Quotient of the widths for depths D + 1 and D.",
            shows=sp.Eq(necessary(D + 1) / necessary(D), sp.sqrt(chi_1), evaluate=False),
            means={necessary(depth): width.subs(D, depth) for depth in (D, D + 1)},
        ),
    )
