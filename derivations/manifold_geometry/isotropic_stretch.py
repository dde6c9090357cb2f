r"""What a linear stretch by the same factor in all directions does to a curve.

Premises: any curve h(theta) becomes sqrt(chi_1) h(theta). With chi_1 < 1 its length contracts and its curvature grows,
with chi_1 > 1 its length expands and its curvature is attenuated; in both cases the path of the unit tangent keeps its
length. The slides show the table for the great circle; it holds for any curve. A wide random linear layer is such a
stretch: all inner products are multiplied by the variance of its weights, up to 1 / sqrt(N).
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.manifold_geometry import STRETCH, curvature_recursion, curve_geometry, great_circle
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import (
    L_E,
    L_G,
    L_E_new,
    L_G_new,
    chi_1,
    g_E,
    kappa,
    kappa_new,
    sigma_b,
    sigma_w,
)

STATEMENT = Statement(
    module=__name__,
    title="A curve under isotropic linear expansion",
    formula=sp.Eq(
        sp.Tuple(L_E_new, kappa_new, L_G_new),
        sp.Tuple(sp.sqrt(chi_1) * L_E, kappa / sp.sqrt(chi_1), L_G),
        evaluate=False,
    ),
    parameters=(
        STRETCH,
        Parameter(symbol=L_E, meaning="Euclidean length of the curve before", domain=POSITIVE, typical=(3, 20)),
        Parameter(symbol=kappa, meaning="curvature at a point before", domain=POSITIVE, typical=(0.3, 4)),
        Parameter(
            symbol=L_G, meaning="length of the path of the unit tangent before", domain=POSITIVE, typical=(3, 20)
        ),
    ),
    assumptions=(
        "The stretch is linear and the same in all directions.",
        "The curve is as smooth as its curvature asks.",
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="An example: the great circle: behavior under isotropic linear expansion"),
        Source(document="poole2016exponential", where="Riemannian geometry of curves and its propagation"),
    ),
    covers=("D20",),
    uses=(curvature_recursion.STATEMENT.id, curve_geometry.STATEMENT.id, great_circle.STATEMENT.id),
)


def length(speed: sp.Expr) -> sp.Expr:
    """Length of a curve with this speed over one turn, constants in front."""
    return sp.factor_terms(sp.Integral(speed, (great_circle.angle, 0, 2 * sp.pi)))


@functools.cache
def derivation() -> tuple[Step, ...]:
    """Velocities and accelerations are stretched; then metric, curvature and unit tangent."""
    longer, straighter, same = STATEMENT.right
    h = great_circle.generic_curve()
    v = h.diff(great_circle.angle)
    stretched = sp.sqrt(chi_1) * h
    faster = stretched.diff(great_circle.angle)
    speeds = [sp.sqrt(great_circle.metric(velocity)) for velocity in (v, faster)]
    products = curve_geometry.of_curve(h)
    changed = {name: chi_1 * name for name in products}
    curvature, gauss = curve_geometry.STATEMENT.right
    turning = sp.Function("g^G", positive=True)(great_circle.angle)
    new, mean_product = [sp.Symbol(f"{n}'") for n in ("v.v", "v.a", "a.a")], sp.Symbol("E[h(theta_1) h(theta_2)]")
    covariance, _ = curvature_recursion.layer_covariance(3)
    linear = covariance.subs(sigma_b, 0)
    coordinates = sorted(linear.free_symbols - {sigma_w}, key=str)
    xs, ys = coordinates[:3], coordinates[3:]
    product = sum((x * y for x, y in zip(xs, ys, strict=True)), sp.S.Zero)
    return (
        Step(
            claim="All inner products of velocity and acceleration are multiplied by chi_1.",
            because="Differentiate sqrt(chi_1) times a curve of three undefined functions.",
            shows=sp.Eq(sp.Tuple(*new), sp.Tuple(*changed.values()), evaluate=False),
            means={**dict(zip(new, curve_geometry.of_curve(stretched).values(), strict=True)), **products},
        ),
        Step(
            claim="The length is multiplied by sqrt(chi_1).",
            because="The speed of the stretched curve, integrated over the parameter; the factor stands before it.",
            obligation=(
                speeds[1] ** 2 - chi_1 * speeds[0] ** 2,
                length(sp.sqrt(chi_1) * speeds[0]) - longer.subs(L_E, length(speeds[0])),
            ),
            shows=sp.Eq(L_E_new, longer),
        ),
        Step(
            claim="The curvature is divided by sqrt(chi_1).",
            because="The changed inner products in the curvature of a curve; both curvatures are positive.",
            obligation=(
                curvature.subs(changed, simultaneous=True) ** 2 - straighter.subs(kappa, curvature) ** 2,
                great_circle.curvature_of(stretched)
                - straighter.subs(kappa, sp.sqrt(great_circle.curvature_of(h))) ** 2,
            ),
            shows=sp.Eq(kappa_new, straighter, evaluate=False),
        ),
        Step(
            claim="The unit tangent, and with it the length of its path, stays as it is.",
            because="The metric of the Gauss map from the changed inner products, and from the stretched unit tangent.",
            obligation=(
                gauss.subs(changed, simultaneous=True) - gauss,
                great_circle.gauss_metric(faster) - great_circle.gauss_metric(v),
                same.subs(L_G, length(sp.sqrt(turning)))
                - length(sp.sqrt(turning * gauss.subs(changed, simultaneous=True) / gauss)),
            ),
            shows=sp.Eq(L_G_new, same),
        ),
        Step(
            claim="Stretch and curvature compensate: length times curvature stays the same.",
            because="Product of the two, also in terms of the inner products.",
            obligation=(
                longer * straighter - L_E * kappa,
                (g_E * curvature**2).subs(changed, simultaneous=True) - g_E * curvature**2,
            ),
            shows=sp.Eq(L_E_new * kappa_new, L_E * kappa, evaluate=False),
        ),
        Step(
            claim="Averaged over the weights, a random linear layer without bias multiplies all inner products per "
            "neuron by sigma_w^2, so that in a wide layer chi_1 = sigma_w^2.",
            because="Gaussian moments of the weights of one neuron with three inputs, whose outputs are the inputs.",
            shows=sp.Eq(mean_product, sigma_w**2 * product / 3, evaluate=False),
            means={mean_product: linear},
        ),
    )
