r"""A hyperplane between the neurons of a layer, pulled back to the input: how long and how curved it is there.

Premises: the wide random network, whose neurons are Gaussian in all inputs at once; inputs on a sphere at the fixed
point of the length; metric and curvature of a great circle's image; the boundary is where one neuron of layer l changes
sign, a hyperplane in the outputs before it. The slide says that chaotic networks flatten exponentially curved
boundaries, without a formula. It leaves out which boundary, which curvature and which average are meant: here the
section of the boundary by three dimensions of the input, its geodesic curvature on the sphere, and the average over
its length. Absolute values are averaged: the mean square is finite as well, but its sampling error is not.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import manifold_geometry
from derivations.calculus import mean_field
from derivations.calculus.gaussian import GaussE
from derivations.manifold_geometry import curvature_recursion, great_circle
from derivations.proof import Step
from derivations.statement import Limit, Source, Statement
from derivations.symbols import (
    L_b,
    N,
    chi_1,
    chi_2,
    gbar,
    kappa_b,
    kappabar,
    l,
    q_star,
    z,
)

SLIDE = Source(document="001", where="Summary: Chaotic deep random networks flatten decision boundaries")
POOLE = Source(document="poole2016exponential", where="deep networks disentangle manifolds")
STRETCHED = chi_1 ** (l - 1)

STATEMENT = Statement(
    module=__name__,
    title="Boundaries that are flat in layer l, in the input",
    formula=sp.Eq(
        sp.Tuple(L_b, kappa_b),
        sp.Tuple(
            2 * sp.pi * chi_1 ** ((l - 1) / sp.Integer(2)),
            2 / sp.pi * sp.sqrt((STRETCHED - 1) * (3 * chi_2 * q_star / (chi_1 * (chi_1 - 1)) - 1)),
        ),
        evaluate=False,
    ),
    where=tuple(sp.Eq(chi, curvature_recursion.mean_square(k)) for k, chi in enumerate((chi_1, chi_2), start=1)),
    parameters=(
        mean_field.ACTIVATION.narrowed("twice continuously differentiable"),
        mean_field.WEIGHT_SCALE,
        mean_field.FIXED_LENGTH,
        manifold_geometry.LAYER.narrowed("that in which the boundary is a hyperplane", typical=(3, 6)),
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "chi_1 is not 1.",
        "The inputs are a sphere in three dimensions, of squared length q* per neuron of layer 1; lengths are angles.",
        "The boundary is where a neuron of layer l changes sign; averages run over networks and along the boundary.",
        "Where chi_1 > 1 both grow like chi_1^(l/2); where chi_1 < 1 the length vanishes and the curvature saturates.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(SLIDE, POOLE),
    covers=("D26",),
    uses=(curvature_recursion.STATEMENT.id, great_circle.STATEMENT.id),
)

GAUSSIAN_FIELD = Source(document="lee2018deep", where="wide networks as Gaussian processes")
KAC_RICE = Source(document="adler2007random", where="the Rice formula for level sets")
first, second = sp.symbols("f_1 f_2", real=True)  # derivatives of the kernel by the inner product of two places
JET = {"G": (0, 0), "along": (1, 0), "across": (0, 1), "bend": (2, 0)}  # orders of derivatives by both coordinates


def covariance(left: str, right: str) -> sp.Expr:
    """Of two entries of JET at one place, for a kernel that depends on the angle between two places only.

    The coordinates are angles along two great circles that cross at right angles. Four derivatives see the kernel up to
    the second power of 1 - cos, which is of second order in the distance.
    """
    turns = sp.symbols("a b a_prime b_prime", real=True)
    places = [sp.Matrix([sp.cos(a) * sp.cos(b), sp.sin(a) * sp.cos(b), sp.sin(b)]) for a, b in (turns[:2], turns[2:])]
    short = great_circle.dot(*places) - 1
    kernel = q_star + first * short + second * short**2 / 2
    for turn, order in zip(turns, JET[left] + JET[right], strict=True):
        kernel = kernel.diff(turn, order, simplify=False).subs(turn, 0)
    return sp.expand(kernel)


def closed_forms() -> tuple[sp.Expr, sp.Expr]:
    """gbar and kappabar^2 of layer l."""
    metric = q_star * STRETCHED
    return metric, (1 + 3 * q_star * chi_2 / chi_1 * (STRETCHED - 1) / (chi_1 - 1)) / metric


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the level line of a Gaussian field on the sphere to its length and curvature, and to layer l."""
    length, curvature = STATEMENT.right
    X, y_1, y_2 = sp.symbols("X y_1 y_2", real=True)
    gx, gy, gxx, gxy, gyy = sp.symbols("G_x G_y G_xx G_xy G_yy", real=True)
    line = y_1 * X + y_2 * X**2 / 2
    along_line = sp.expand(gx * X + gy * line + gxx * X**2 / 2 + gxy * X * line + gyy * line**2 / 2)
    slope = -gx / gy
    bend = -(gxx + 2 * gxy * slope + gyy * slope**2) / gy
    tangent, gradient2 = sp.Matrix([-gy, gx]), gx**2 + gy**2
    tangential = (tangent.T * sp.Matrix([[gxx, gxy], [gxy, gyy]]) * tangent)[0] / gradient2
    known = {first: gbar, second: (kappabar**2 * gbar**2 - gbar) / 3}
    gap = curvature_recursion.gap
    circle = q_star + first * (sp.cos(gap) - 1) + second * (sp.cos(gap) - 1) ** 2 / 2
    circle_metric = -circle.diff(gap, 2).subs(gap, 0)
    cov = {(a, b): covariance(a, b).subs(known) for a in JET for b in JET}
    share = gbar / q_star
    spread2 = kappabar**2 * gbar**2 - gbar**2 / q_star
    density, h = 1 / sp.sqrt(2 * sp.pi * q_star), sp.Symbol("h", real=True)
    mean_bend = sp.sqrt(2 / sp.pi) * sp.sqrt(spread2)
    mean_gradient = sp.sqrt(sp.pi / 2) * sp.sqrt(gbar)
    on_sphere = 2 * sp.pi * sp.sqrt(share)
    squared_mean = 4 / sp.pi**2 * (kappabar**2 * gbar - share)
    metric, bent = closed_forms()
    through, bent_through = curvature_recursion.STATEMENT.right
    start = (great_circle.STATEMENT.right[0] / N, N * great_circle.STATEMENT.right[1] ** 2)
    here = {gbar: metric, kappabar: sp.sqrt(bent)}
    antiderivative = -sp.exp(-(h**2) / 2)
    of_line, of_slope, of_bend = (sp.Symbol(name) for name in ("kappa", "E[G_t G_t]", "E[G_tt^2 | G]"))
    sizes, of_layer, bending = (
        sp.symbols("E|G_tt| E|grad\\ G|"),
        sp.symbols("gbar^l kappabar^l"),
        sp.Function("kappa_b"),
    )
    return (
        Step(
            claim="A level line of G has the curvature |G_tt| / |grad G|, where G_tt is taken along its tangent.",
            because="Follow the line to second order, and compare its curvature as a graph.",
            obligation=(
                along_line.coeff(X, 1).subs(y_1, slope),
                along_line.coeff(X, 2).subs({y_1: slope, y_2: bend}),
            ),
            shows=sp.Eq(of_line**2, tangential**2 / gradient2, evaluate=False),
            means={of_line: bend / sp.sqrt(1 + slope**2) ** 3},
        ),
        Step(
            claim="A neuron of a wide layer is a Gaussian field on the sphere of inputs, whose kernel depends on the "
            "angle between two inputs only.",
            because="Layer by layer: the kernel of a layer is a function of that before, as for the great circle.",
            assumption=GAUSSIAN_FIELD,
            shows=sp.Eq(sp.Symbol("E[G_1 G_2]"), circle, evaluate=False),
        ),
        Step(
            claim="Along a great circle this kernel has the metric gbar and the curvature kappabar.",
            because="Second and fourth derivative by the angle; higher powers of 1 - cos do not reach them.",
            shows=sp.Eq(sp.Tuple(first, second), sp.Tuple(*known.values()), evaluate=False),
            means={gbar: circle_metric, kappabar: sp.sqrt(circle.diff(gap, 4).subs(gap, 0)) / circle_metric},
        ),
        Step(
            claim="The two derivatives along and across are independent of each other, of G and of G_tt; each has the "
            "variance gbar, and G_tt has kappabar^2 gbar^2.",
            because="Differentiate the kernel at both places, in coordinates along two great circles.",
            obligation=(
                *(cov[a, b] for a, b in (("G", "along"), ("G", "across"), ("along", "across"))),
                *(cov[a, "bend"] for a in ("along", "across")),
                cov["bend", "bend"] - kappabar**2 * gbar**2,
                cov["G", "G"] - q_star,
            ),
            shows=sp.Eq(of_slope, gbar),
            means=tuple({of_slope: cov[a, a]} for a in ("along", "across")),
        ),
        Step(
            claim="On the boundary, where G = 0, the variance of G_tt is smaller by gbar^2 / q*.",
            because="G_tt + (gbar / q*) G is uncorrelated with G, hence what G_tt is where G vanishes.",
            obligation=cov["bend", "G"] + share * cov["G", "G"],
            shows=sp.Eq(of_bend, spread2, evaluate=False),
            means={of_bend: cov["bend", "bend"] + 2 * share * cov["bend", "G"] + share**2 * cov["G", "G"]},
        ),
        Step(
            claim="The mean of |G_tt| is sqrt(2 / pi) of its standard deviation; that of |grad G| sqrt(pi / 2) of it.",
            because="The first integrand has an antiderivative, 1 at the origin; in polar coordinates the second is "
            "half of a Gaussian second moment.",
            obligation=antiderivative.diff(h) - h * sp.exp(-(h**2) / 2),
            shows=sp.Eq(sp.Tuple(*sizes), sp.Tuple(mean_bend, mean_gradient), evaluate=False),
            means={
                sizes[0]: -2 / sp.sqrt(2 * sp.pi) * antiderivative.subs(h, 0) * sp.sqrt(spread2),
                sizes[1]: sp.sqrt(2 * sp.pi) / 2 * GaussE(z**2, z).doit() * sp.sqrt(gbar),
            },
        ),
        Step(
            claim="A quantity summed along the boundary has the mean, per area, of its product with |grad G| where "
            "G = 0, times the density of G at zero.",
            because="The boundary is met in proportion to how thin the strip |G| < eps is there.",
            assumption=KAC_RICE,
            shows=sp.Eq(L_b, 4 * sp.pi * density * mean_gradient, evaluate=False),
        ),
        Step(
            claim="On the whole sphere the boundary has the mean length 2 pi sqrt(gbar / q*).",
            because="Area 4 pi, the density at zero and the mean of |grad G|.",
            shows=sp.Eq(L_b, on_sphere),
            means={L_b: 4 * sp.pi * density * mean_gradient},
        ),
        Step(
            claim="Its mean absolute curvature is the mean of |G_tt| over that of |grad G|.",
            because="|grad G| drops out of the sum along the boundary, and divides by the length.",
            shows=sp.Eq(kappa_b**2, squared_mean, evaluate=False),
            means={kappa_b: mean_bend / mean_gradient},
        ),
        Step(
            claim="Metric and curvature of layer l follow from those of the great circle.",
            because="The closed forms start at layer 1 and satisfy the recursion.",
            obligation=tuple(
                form.subs(l, 1) - at_first.subs(great_circle.q, q_star)
                for form, at_first in zip((metric, bent), start, strict=True)
            ),
            shows=sp.Eq(sp.Tuple(of_layer[0], of_layer[1] ** 2), sp.Tuple(metric, bent), evaluate=False),
            means={of_layer[0]: through.subs(here), of_layer[1]: sp.sqrt(bent_through.subs(here)), l: l + 1},
        ),
        Step(
            claim="With them follow length and curvature of the boundary of layer l.",
            because="Insert; both are positive, so that the squares decide.",
            obligation=(on_sphere.subs(here) - length, squared_mean.subs(here) - curvature**2),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="The squared curvature obeys a recursion of its own, with the factor chi_1: it grows exponentially "
            "where chi_1 > 1, and saturates where chi_1 < 1; the boundary of layer 1 is a great circle.",
            because="Difference of the closed forms of two layers, and the first of them.",
            obligation=curvature.subs(l, 1),
            shows=sp.Eq(
                bending(l + 1) ** 2,
                chi_1 * bending(l) ** 2 + 4 / sp.pi**2 * (3 * chi_2 * q_star / chi_1 - chi_1 + 1),
                evaluate=False,
            ),
            means={bending(layer): curvature.subs(l, layer) for layer in (l, l + 1)},
        ),
    )
