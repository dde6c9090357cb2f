r"""How often a circle turns: length, curvature and Grassmannian length at every layer, in the three phases.

Premises: those of the recursion for metric and curvature, started from the great circle at the fixed point. The slides
give the recursion and a table of its phases; here it is solved. They leave out that the Grassmannian length is constant
in the ordered phase only from some depth on: it first grows, by a finite factor. At the critical point the metric of
the Gauss map grows linearly with depth, in the chaotic phase exponentially, as fast as the squared length: the curve
gets longer at a curvature that tends to a constant.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import manifold_geometry
from derivations.manifold_geometry import curvature_recursion, great_circle
from derivations.proof import Step
from derivations.statement import Limit, Printed, Source, Statement
from derivations.symbols import (
    L_E_l,
    L_G_l,
    N,
    chi_1,
    chi_2,
    g_G_l,
    gbar,
    gbar_l,
    kappabar,
    kappabar_l,
    l,
    phi,
    q_star,
    sigma_w,
)

k = sp.Symbol("k", integer=True, nonnegative=True)  # a layer below
PHASES = Source(
    document="001", where="Theory of curvature propagation in deep networks: the table, Ordered and Chaotic"
)
STRETCH = chi_1 ** (l - 1)
LEFT = sp.Tuple(L_E_l / sp.sqrt(N), kappabar_l**2, L_G_l)


def lengths(gauss: sp.Expr) -> sp.Tuple:
    """Length over sqrt(N), width times squared curvature and Grassmannian length, where the Gauss metric is `gauss`."""
    return sp.Tuple(2 * sp.pi * sp.sqrt(q_star * STRETCH), g_G_l / (q_star * STRETCH), 2 * sp.pi * sp.sqrt(gauss))


STATEMENT = Statement(
    module=__name__,
    title="Growth of length, curvature and Grassmannian length with depth",
    formula=sp.Eq(LEFT, lengths(g_G_l), evaluate=False),
    where=(
        *curvature_recursion.STATEMENT.where,
        sp.Eq(g_G_l, 1 + 3 * chi_2 / chi_1 * q_star * sp.Sum(chi_1**k, (k, 0, l - 2)), evaluate=False),
    ),
    parameters=(
        *(p for p in curvature_recursion.STATEMENT.parameters if p.symbol in (phi, sigma_w, q_star)),
        manifold_geometry.LAYER.narrowed("the circle being layer 1"),
    ),
    assumptions=(*curvature_recursion.STATEMENT.assumptions,),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(
        PHASES,
        Source(document="001", where="Theory of curvature propagation in deep networks"),
        Source(document="poole2016exponential", where="Riemannian geometry of curves and its propagation"),
    ),
    covers=("D22", "D23"),
    printed=(
        Printed(
            erratum="E18",
            kind="ambiguous",
            formula=sp.Eq(LEFT, lengths(sp.S.One), evaluate=False),
            note="Constant Grassmannian length in the ordered phase: true from layer to layer in deep layers, where "
            "the length has saturated, and not of all layers, since it grows by a finite factor first.",
            source=PHASES,
        ),
    ),
    uses=(curvature_recursion.STATEMENT.id, great_circle.STATEMENT.id),
)

apart = sp.Symbol("r", positive=True)  # chi_1 = 1 / (1 + r) in the ordered phase, 1 + r in the chaotic phase
LINEAR_GROWTH = 1 + 3 * chi_2 * q_star * (l - 1)
SATURATED = 1 + 3 * chi_2 * q_star / (chi_1 * (1 - chi_1))
CHAOTIC_CURVATURE = 3 * chi_2 / (chi_1 * (chi_1 - 1))  # square of sqrt(N) kappa in deep layers


def layer(metric: sp.Expr, squared_curvature: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Metric per neuron and width times squared curvature of the next layer, by the recursion."""
    put = {gbar: metric, kappabar: sp.sqrt(squared_curvature)}
    stretched, bent = (side.subs(put, simultaneous=True) for side in curvature_recursion.STATEMENT.right)
    return stretched, bent


def off_critical(total: sp.Sum) -> sp.Expr:
    """The closed form of a geometric sum whose ratio is not 1."""
    return total.doit().args[-1].expr


@functools.cache
def derivation() -> tuple[Step, ...]:
    """The recursion is solved by induction over the layers; then the limits of deep layers in each phase."""
    length, curvature, turning = STATEMENT.right
    gauss = STATEMENT.where[-1].rhs
    geometric = (STRETCH - 1) / (chi_1 - 1)  # the sum, away from the critical point
    closed = gauss.replace(lambda e: isinstance(e, sp.Sum), lambda e: geometric)
    metric = (length / (2 * sp.pi)) ** 2
    bend = curvature.subs(g_G_l, gauss)
    stretched, bent = layer(metric, bend)
    more = next(iter(gauss.atoms(sp.Sum)))
    longer, at = more.subs(l, l + 1), {chi_1: sp.S.One}
    split = {longer: more + more.function.subs(k, l - 1)}
    first = {l: sp.S.One}
    start = [side.subs(great_circle.q, q_star) for side in great_circle.STATEMENT.right]
    ordered = {chi_1: 1 / (1 + apart)}
    chaotic = {chi_1: 1 + apart}
    fixed = sp.Symbol("s", positive=True)
    v = great_circle.generic_curve().diff(great_circle.angle)
    curved = great_circle.curvature_of(great_circle.generic_curve())
    tail = 3 * chi_2 * q_star / (chi_1 * (chi_1 - 1)) * STRETCH
    limit = CHAOTIC_CURVATURE * q_star
    return (
        Step(
            claim="The metric of the Gauss map is the product of kappabar^2 and gbar: the width cancels.",
            because="N kappa^2 times g^E / N against the squared speed of the unit tangent, on any curve.",
            shows=sp.Eq(g_G_l, kappabar_l**2 * gbar_l, evaluate=False),
            means={
                g_G_l: great_circle.gauss_metric(v),
                kappabar_l: sp.sqrt(N * curved),
                gbar_l: great_circle.metric(v) / N,
            },
        ),
        Step(
            claim="At layer 1 the formulas are those of the great circle at the fixed point.",
            because="The sum is empty there; lengths, curvature and Gauss metric of the circle of radius sqrt(N q*).",
            obligation=(
                length.subs(first) - start[3] / sp.sqrt(N),
                bend.subs(first).doit() - N * start[1] ** 2,
                gauss.subs(first).doit() - start[2],
                turning.subs(g_G_l, gauss).subs(first).doit() - start[4],
            ),
            shows=sp.Eq(sp.Tuple(gbar, kappabar**2), sp.Tuple(q_star, 1 / q_star)),
            means={gbar: metric.subs(first), kappabar: sp.sqrt(bend.subs(first).doit())},
        ),
        Step(
            claim="The geometric sum gains chi_1^(l-1) from layer to layer, at the critical point and away from it.",
            because="Closed forms of the sum for chi_1 other than 1 and for chi_1 = 1.",
            obligation=off_critical(more) - geometric,
            shows=sp.Eq(longer, more + STRETCH, evaluate=False),
            means=(
                {total: off_critical(total) for total in (longer, more)},
                {total: total.subs(at).doit() for total in (longer, more)} | at,
            ),
        ),
        Step(
            claim="If metric and curvature have these values at layer l, the recursion gives them at layer l + 1.",
            because="The recursion is applied once and the sum split; with layer 1 this proves them at every layer.",
            obligation=stretched * bent - gauss.subs(l, l + 1).subs(split),
            shows=sp.Eq(sp.Tuple(gbar_l, kappabar_l**2), sp.Tuple(metric, curvature), evaluate=False),
            means={gbar_l: stretched, kappabar_l: sp.sqrt(bent), l: l + 1, g_G_l: gauss.subs(l, l + 1).subs(split)},
        ),
        Step(
            claim="Both speeds are the same at all angles, so that the lengths are 2 pi times their roots.",
            because="The kernel depends on the difference of the angles only; the speeds are integrated over one turn.",
            obligation=tuple(
                sp.integrate(sp.sqrt(speed), (great_circle.angle, 0, 2 * sp.pi)) - total
                for speed, total in ((metric, length), (g_G_l, turning))
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Ordered: the Grassmannian length saturates, and differs from its limit by a term like chi_1^(l-1).",
            because="The sum in closed form; chi_1 = 1 / (1 + r) with r > 0, and the depth goes to infinity.",
            obligation=closed - tail - SATURATED,
            shows=sp.Eq(sp.Limit(g_G_l, l, sp.oo), SATURATED, evaluate=False),
            means={g_G_l: closed.subs(ordered), **ordered},
        ),
        Step(
            claim="Critical: the metric of the Gauss map grows linearly with the layer, at constant length.",
            because="chi_1 = 1 in the formula; the sum counts the layers.",
            obligation=(gauss.subs(at).doit().diff(l, 2), length.subs(at).diff(l)),
            shows=sp.Eq(g_G_l, LINEAR_GROWTH, evaluate=False),
            means={g_G_l: gauss.subs(at).doit()},
        ),
        Step(
            claim="Chaotic: the squared curvature tends to the fixed point of its recursion: expansion does not dilute "
            "it.",
            because="The fixed point of the recursion, and the distance from it, which falls like chi_1^(1-l).",
            obligation=(
                layer(metric, fixed)[1].subs(fixed, CHAOTIC_CURVATURE) - CHAOTIC_CURVATURE,
                curvature.subs(g_G_l, closed) - CHAOTIC_CURVATURE - (1 / q_star - CHAOTIC_CURVATURE) / STRETCH,
            ),
            shows=sp.Eq(sp.Limit(kappabar_l**2, l, sp.oo), CHAOTIC_CURVATURE, evaluate=False),
            means={kappabar_l: sp.sqrt(curvature.subs(g_G_l, closed).subs(chaotic)), **chaotic},
        ),
        Step(
            claim="Chaotic: the Grassmannian length grows like chi_1^(l/2), in proportion to the Euclidean length.",
            because="Gauss metric over chi_1^(l-1), with the sum in closed form.",
            obligation=(
                closed / STRETCH - limit - (1 - limit) / STRETCH,
                (turning / length) ** 2 - curvature,
            ),
            shows=sp.Eq(sp.Limit(g_G_l / STRETCH, l, sp.oo), limit, evaluate=False),
            means={g_G_l: closed.subs(chaotic), **chaotic},
        ),
        Step(
            claim="Without a second derivative of phi nothing turns: the Grassmannian length of a linear network stays "
            "2 pi while its length is multiplied by chi_1^(1/2) a layer.",
            because="chi_2 = 0 in the formula.",
            obligation=length.subs(l, l + 1) - sp.sqrt(chi_1) * length,
            shows=sp.Eq(L_G_l, 2 * sp.pi),
            means={L_G_l: turning.subs(g_G_l, gauss).subs(chi_2, 0)},
        ),
    )
