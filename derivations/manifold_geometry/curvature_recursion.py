r"""How a layer of a wide random network stretches and bends a curve: the recursion for metric and curvature.

Premises: h^l = W^l phi(h^{l-1}) + b^l with independent Gaussian weights of variance sigma_w^2 / N_{l-1} and biases of
variance sigma_b^2; the widths go to infinity, so that averages over the neurons of a layer become Gaussian averages;
the input circle has the radius sqrt(N q*) of the fixed point, so that the length stays the same through all layers and
the kernel of a layer depends on the difference of the angles only. The slides leave out that the bars normalise by the
width, gbar = g^E / N and kappabar = sqrt(N) kappa (their great circle has g^E = N q and the recursion starts at q*),
that the kernel averaged over the circle needs 1 / (2 pi), and that phi needs a continuous second derivative: a kink
makes chi_2 infinite.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import manifold_geometry
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.manifold_geometry import great_circle
from derivations.proof import Step
from derivations.statement import POSITIVE, Limit, Parameter, Printed, Source, Statement
from derivations.symbols import (
    N,
    chi_1,
    chi_2,
    gbar,
    gbar_l,
    kappabar,
    kappabar_l,
    phi,
    q_star,
    sigma_b,
    sigma_w,
    x,
    z,
)

PROPAGATION = Source(document="001", where="Theory of curvature propagation in deep networks")
POOLE = Source(document="poole2016exponential", where="mean field theory of deep random networks")


def mean_square(order: int) -> sp.Expr:
    """sigma_w^2 times the Gaussian average of the squared derivative of phi at the fixed point."""
    return sigma_w**2 * GaussE(phi(x).diff(x, order).subs(x, sp.sqrt(q_star) * z) ** 2, z)


FORMULA = sp.Eq(
    sp.Tuple(gbar_l, kappabar_l**2),
    sp.Tuple(chi_1 * gbar, 3 * chi_2 / chi_1**2 + kappabar**2 / chi_1),
    evaluate=False,
)

STATEMENT = Statement(
    module=__name__,
    title="Propagation of metric and curvature through a random layer",
    formula=FORMULA,
    where=(sp.Eq(chi_1, mean_square(1), evaluate=False), sp.Eq(chi_2, mean_square(2), evaluate=False)),
    parameters=(
        mean_field.ACTIVATION.narrowed("twice continuously differentiable"),
        mean_field.WEIGHT_SCALE,
        mean_field.FIXED_LENGTH,
        Parameter(symbol=gbar, meaning="metric per neuron at the layer before", domain=POSITIVE, typical=(0.1, 5)),
        Parameter(
            symbol=kappabar, meaning="curvature times sqrt(N) at the layer before", domain=POSITIVE, typical=(0.2, 4)
        ),
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        manifold_geometry.FIXED_POINT,
        manifold_geometry.NORMALISED,
        manifold_geometry.SMOOTH,
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(PROPAGATION, POOLE),
    covers=("D21",),
    printed=(
        Printed(
            erratum="E19",
            kind="convention",
            formula=FORMULA,
            note="The recursion holds for g^E / N and N kappa^2. Read with the metric and curvature that the slides "
            "define it fails: the term 3 chi_2 / chi_1^2 lacks 1 / N, and unequal widths stretch by their ratio too.",
            source=PROPAGATION,
        ),
    ),
    uses=(great_circle.STATEMENT.id,),
)

gap = sp.Symbol("Delta", real=True)  # difference of two angles
before = sp.Function("Q", real=True)  # kernel of the layer before, a function of the difference
map_ = sp.Function("F", real=True)  # kernel of a layer as a function of the kernel of the layer before


def jets(kernel: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """(v.v, v.a, a.a) / N at one point of a curve whose inner products h(t1).h(t2) / N are kernel(t2 - t1)."""
    first, second = sp.symbols("theta_1 theta_2", real=True)

    def product(m: int, n: int) -> sp.Expr:
        derivative = kernel.subs(gap, second - first).diff(first, m).diff(second, n)
        return derivative.subs(second, first + gap).doit().subs(gap, 0).doit()

    return product(1, 1), product(1, 2), product(2, 2)


def through_layer(second: sp.Expr, fourth: sp.Expr, order: int) -> sp.Expr:
    """Derivative of F(Q(gap)) at zero for an even Q with Q(0) = q*, where F has the derivatives chi_1, chi_2, F_3, F_4.

    A derivative at a point depends on the Taylor coefficients there only, so both functions enter as polynomials.
    """
    kernel = q_star + second * gap**2 / 2 + fourth * gap**4 / 24
    slopes = (chi_1, chi_2, *sp.symbols("F_3 F_4", real=True))
    image = sum((d * (kernel - q_star) ** k / sp.factorial(k) for k, d in enumerate(slopes, start=1)), q_star)
    return sp.expand(image.diff(gap, order, simplify=False).subs(gap, 0))


def layer_covariance(inputs: int) -> tuple[sp.Expr, sp.Expr]:
    """Covariance of a neuron at two angles, averaged over weights and bias; and sigma_b^2 + sigma_w^2 mean of x y."""
    xs, ys = (sp.symbols(f"{name}_1:{inputs + 1}", real=True) for name in ("x", "y"))  # phi(h_j) at both angles
    weights = sp.symbols(f"w_1:{inputs + 1}", real=True)
    bias = sp.Symbol("b", real=True)
    scale = sigma_w / sp.sqrt(inputs)
    here, there = (sum((scale * w * a for w, a in zip(weights, at, strict=True)), sigma_b * bias) for at in (xs, ys))
    overlap = sum((a * b for a, b in zip(xs, ys, strict=True)), sp.S.Zero) / inputs
    return price.moment(here * there, (*weights, bias)), sigma_b**2 + sigma_w**2 * overlap


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From random layers to the kernel, from the kernel to the geometry; the two lemmas on Gaussian averages inside."""
    metric, curvature = STATEMENT.right
    shared = sp.Symbol("c", positive=True)  # covariance of u and v
    U, V, basis = price.correlated_pair(q_star, shared)
    average = phi(U) * phi(V)
    for variable in basis:
        average = GaussE(average, variable)
    covariance, overlap = layer_covariance(3)
    vv, va, aa = jets(before(gap))
    Q1, Q2, Q3, Q4 = (before(gap).diff(gap, k).subs(gap, 0) for k in (1, 2, 3, 4))
    second, fourth = -gbar, kappabar**2 * gbar**2  # Q'' and Q'''' at zero, from metric and curvature
    new_second, new_fourth = (through_layer(second, fourth, k) for k in (2, 4))
    turn = sp.Symbol("theta_1", real=True)
    here, there = (great_circle.circle(sp.sqrt(N * q_star), angle) for angle in (turn, turn + gap))
    first = q_star * sp.cos(gap)
    circle_metric, circle_curvature = (side.subs(great_circle.q, q_star) for side in great_circle.STATEMENT.right[:2])
    product = sp.Symbol("E[h(theta_1) h(theta_2)]")
    per_neuron, slopes = sp.symbols("v.v/N a.a/N"), [map_(q_star).diff(q_star, k) for k in (1, 2)]
    gain = sp.Symbol("a", positive=True)
    linear = [sigma_w**2 * GaussE((gain * x).diff(x, k) ** 2, z).doit() for k in (1, 2)]
    h = great_circle.generic_curve()
    v, stretched, bent = h.diff(great_circle.angle), sigma_w * gain * h, great_circle.curvature_of(h)
    return (
        Step(
            claim="Given the layer before, a neuron is Gaussian in all angles with covariance sigma_b^2 + sigma_w^2 "
            "times the mean over the neurons before of the products of their outputs.",
            because="Gaussian moments of the weights and the bias of one neuron with three inputs.",
            shows=sp.Eq(product, overlap),
            means={product: covariance},
        ),
        Step(
            claim="At infinite width the mean over neurons is a Gaussian average, so the kernel of a layer is a "
            "function F of the kernel of the layer before: F(c) = sigma_b^2 + sigma_w^2 E phi(u) phi(v).",
            because="Law of large numbers, layer by layer; u and v have variance q* and covariance c.",
            assumption=POOLE,
            shows=sp.Eq(map_(shared), sigma_b**2 + sigma_w**2 * average, evaluate=False),
        ),
        *price.derivation(),
        Step(
            claim="At covariance q* the first two derivatives of F are chi_1 and chi_2.",
            because="Price's theorem once and twice; at this covariance both variables are sqrt(q*) z.",
            shows=sp.Eq(sp.Tuple(*slopes), sp.Tuple(chi_1, chi_2)),
            means={
                **{
                    slope: sigma_w**2 * price.covariance_derivative(phi(x), phi(x), k, q_star)
                    for k, slope in enumerate(slopes, start=1)
                },
                **{definition.lhs: definition.rhs for definition in STATEMENT.where},
            },
        ),
        Step(
            claim="The great circle has the kernel q* cos(Delta), an even function of the difference of the angles; "
            "F keeps it so.",
            because="Inner product of two points of the circle, per neuron.",
            shows=sp.Eq(before(gap), first, evaluate=False),
            means={before(gap): great_circle.dot(here, there) / N},
        ),
        Step(
            claim="The kernel gives the inner products: |v|^2 / N = -Q''(0), v.a = 0, |a|^2 / N = Q''''(0).",
            because="Differentiate Q(theta_2 - theta_1) in both angles; an even kernel has no odd derivatives at zero.",
            obligation=va.subs({Q3: 0, Q1: 0}),
            shows=sp.Eq(sp.Tuple(*per_neuron), sp.Tuple(-Q2, Q4), evaluate=False),
            means=dict(zip(per_neuron, (vv, aa), strict=True)),
        ),
        Step(
            claim="Hence Q''(0) = -gbar and Q''''(0) = kappabar^2 gbar^2.",
            because="Metric over N and N times the squared curvature, from these inner products.",
            shows=sp.Eq(sp.Tuple(Q2, Q4), sp.Tuple(second, fourth), evaluate=False),
            means={gbar: vv, kappabar: sp.sqrt(N * great_circle.squared_curvature(N * vv, 0, N * aa))},
        ),
        Step(
            claim="At the first layer gbar = q* and kappabar^2 = 1 / q*.",
            because="The kernel q* cos(Delta) and the metric and curvature of the great circle give the same.",
            obligation=(
                first.diff(gap, 2).subs(gap, 0) - second.subs(gbar, circle_metric / N),
                first.diff(gap, 4).subs(gap, 0)
                - fourth.subs({gbar: circle_metric / N, kappabar: sp.sqrt(N) * circle_curvature}),
            ),
            shows=sp.Eq(sp.Tuple(gbar, kappabar**2), sp.Tuple(q_star, 1 / q_star), evaluate=False),
            means={gbar: circle_metric / N, kappabar: sp.sqrt(N) * circle_curvature},
        ),
        Step(
            claim="The second derivative of F(Q(Delta)) gives the metric of the next layer.",
            because="Chain rule at Delta = 0, where the odd derivatives of Q vanish.",
            obligation=-new_second - metric,
            shows=sp.Eq(gbar_l, metric),
        ),
        Step(
            claim="The fourth derivative of F(Q(Delta)) gives its curvature; 3 counts pairings of four derivatives.",
            because="Chain rule at Delta = 0, and N times the squared curvature from the new inner products.",
            shows=sp.Eq(kappabar_l**2, curvature, evaluate=False),
            means={kappabar_l: sp.sqrt(N * great_circle.squared_curvature(-N * new_second, 0, N * new_fourth))},
        ),
        Step(
            claim="A linear layer only stretches: chi_2 = 0, metric times chi_1, squared curvature over chi_1, and the "
            "metric of the Gauss map stays.",
            because="phi = a x in the definitions, against any curve multiplied by sigma_w a.",
            obligation=(
                linear[1],
                great_circle.gauss_metric(sigma_w * gain * v) - great_circle.gauss_metric(v),
            ),
            shows=sp.Eq(sp.Tuple(gbar_l, kappabar_l**2), sp.Tuple(chi_1 * gbar, kappabar**2 / chi_1), evaluate=False),
            means=(
                {gbar_l: metric, kappabar_l: sp.sqrt(curvature.subs(chi_2, linear[1]))},
                {
                    gbar_l: great_circle.metric(sigma_w * gain * v),
                    kappabar_l: sp.sqrt(great_circle.curvature_of(stretched)),
                    chi_1: linear[0],
                    gbar: great_circle.metric(v),
                    kappabar: sp.sqrt(bent),
                },
            ),
        ),
    )
