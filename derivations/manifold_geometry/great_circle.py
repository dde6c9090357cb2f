r"""A circle in the space of a layer: its metric, curvature, Gauss map and both lengths.

Premises: a curve h(theta) = sqrt(N q) (u_0 cos theta + u_1 sin theta) with orthonormal u_0, u_1 in N dimensions, and
the definitions of the slides, g^E = |v|^2, kappa^2 = (|v|^2 |a|^2 - (v.a)^2) / |v|^6 and g^G = |d vhat / d theta|^2
with velocity v, acceleration a and unit tangent vhat. The slide leaves out why g^G = kappa^2 g^E; here it is proved for
any curve at any speed. What it calls Gaussian curvature is the extrinsic curvature of a curve (a curve has no intrinsic
one), and its Gauss map goes to the unit sphere, whose metric is that of the Grassmannian of lines.
"""

from __future__ import annotations

import sympy as sp

from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import L_E, L_G, N, g_E, g_G, kappa, q

STATEMENT = Statement(
    module=__name__,
    title="Geometry of the great circle",
    formula=sp.Eq(
        sp.Tuple(g_E, kappa, g_G, L_E, L_G),
        sp.Tuple(N * q, 1 / sp.sqrt(N * q), 1, 2 * sp.pi * sp.sqrt(N * q), 2 * sp.pi),
        evaluate=False,
    ),
    parameters=(
        Parameter(
            symbol=N,
            meaning="dimension of the space: neurons of the layer",
            domain=sp.Range(2, sp.oo),
            typical=(3, 1000),
        ),
        Parameter(
            symbol=q,
            meaning="squared distance from the origin per neuron",
            domain=POSITIVE,
            typical=(0.1, 5),
        ),
    ),
    assumptions=(
        "The two directions are orthonormal and the circle is traversed once, at constant angular speed.",
        "Curvature is the extrinsic curvature of the curve; the Gauss map sends a point to its unit tangent.",
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="An example: the great circle"),
        Source(
            document="001",
            where=(
                "Riemannian geometry I: Euclidean length; Riemannian geometry II: Extrinsic Gaussian "
                "Curvature; Riemannian geometry III: The Gauss map and Grassmannian length"
            ),
        ),
        Source(document="poole2016exponential", where="Riemannian geometry of curves and its propagation"),
    ),
    covers=("D19",),
)

angle = sp.Symbol("theta", real=True)


def dot(first: sp.MatrixBase, second: sp.MatrixBase) -> sp.Expr:
    """Inner product of two vectors given by components along orthonormal directions."""
    return (first.T * second)[0]


def metric(v: sp.MatrixBase) -> sp.Expr:
    """g^E, the squared speed."""
    return dot(v, v)


def squared_curvature(vv: sp.Expr, va: sp.Expr, aa: sp.Expr) -> sp.Expr:
    """kappa^2 from the inner products of velocity and acceleration."""
    return (vv * aa - va**2) / vv**3


def gauss_metric(v: sp.MatrixBase) -> sp.Expr:
    """g^G, the squared speed of the unit tangent along the curve with velocity `v` (a function of `angle`)."""
    tangent = v / sp.sqrt(dot(v, v))
    return dot(tangent.diff(angle), tangent.diff(angle))


def generic_curve() -> sp.MatrixBase:
    """A curve of three undefined coordinates; velocity and acceleration at a point span a plane, so three suffice."""
    return sp.Matrix([sp.Function(f"f_{k}", real=True)(angle) for k in (1, 2, 3)])


def curvature_of(h: sp.MatrixBase) -> sp.Expr:
    """kappa^2 of an explicit curve."""
    v, a = h.diff(angle), h.diff(angle, 2)
    return squared_curvature(dot(v, v), dot(v, a), dot(a, a))


def circle(radius: sp.Expr, turned: sp.Expr) -> sp.MatrixBase:
    """A circle in the plane of two orthonormal vectors, as components along them."""
    return radius * sp.Matrix([sp.cos(turned), sp.sin(turned)])


def derivation() -> tuple[Step, ...]:
    """From the definitions on any curve to the circle."""
    h = generic_curve()
    v = h.diff(angle)
    turned = sp.Function("omega", real=True)(angle)
    radius = sp.Symbol("r", positive=True)
    great = circle(sp.sqrt(N * q), angle)
    speed, curve = great.diff(angle), [sp.trigsimp(e) for e in (curvature_of(great), metric(great.diff(angle)))]
    g, k, gauss, length, gauss_length = STATEMENT.right
    speeds = [sp.sqrt(sp.trigsimp(e)) for e in (metric(speed), gauss_metric(speed))]
    return (
        Step(
            claim="The curvature of the definition is the inverse radius of a circle, however it is traversed.",
            because="Differentiate a circle of radius r traversed with any angular motion omega(theta).",
            shows=sp.Eq(kappa**2, 1 / radius**2, evaluate=False),
            means={kappa: sp.sqrt(curvature_of(circle(radius, turned)))},
        ),
        Step(
            claim="The unit tangent moves with squared speed kappa^2 g^E on every curve.",
            because="Differentiate the unit tangent of a curve of three undefined functions; at a point both sides "
            "depend only on the inner products of velocity and acceleration, which three dimensions realize.",
            obligation=gauss_metric(v) - curvature_of(h) * metric(v),
            shows=sp.Eq(g_G, kappa**2 * g_E),
        ),
        Step(
            claim="On the great circle the squared speed is N q.",
            because="Velocity in components along the orthonormal directions.",
            obligation=metric(speed) - g,
            shows=sp.Eq(g_E, g),
        ),
        Step(
            claim="On the great circle the curvature is 1 / sqrt(N q), the inverse of its radius.",
            because="Definition of the curvature, from velocity and acceleration; both numbers are positive.",
            obligation=(curve[0] - k**2, sp.sqrt(curve[0]) - k),
            shows=sp.Eq(kappa, k, evaluate=False),
        ),
        Step(
            claim="The unit tangent turns at unit speed.",
            because="The unit tangent of the circle, differentiated; it agrees with kappa^2 g^E.",
            obligation=(gauss_metric(speed) - gauss, curve[0] * curve[1] - gauss),
            shows=sp.Eq(g_G, gauss, evaluate=False),
        ),
        Step(
            claim="The lengths are 2 pi sqrt(N q) and 2 pi.",
            because="Both speeds are constant along the circle, and one turn is 2 pi.",
            obligation=(
                *(e.diff(angle) for e in speeds),
                2 * sp.pi * speeds[0] - length,
                2 * sp.pi * speeds[1] - gauss_length,
            ),
            shows=sp.Eq(sp.Tuple(L_E, L_G), sp.Tuple(length, gauss_length), evaluate=False),
        ),
    )
