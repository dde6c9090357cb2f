r"""How fast two inputs move apart in one layer: slope and curvature of the correlation map.

Premises: a neuron of a wide random layer is Gaussian over weights and bias, for two inputs with covariance
sigma_b^2 + sigma_w^2 E phi(u) phi(v), where u and v have the variance q* that the layers keep and the covariance
C = q* c. The slide prints the logarithm of the slope at c* as an inverse depth and leaves out where it comes from: it
is the derivative of the map, by Gaussian integration by parts (Price's theorem). In the covariance every derivative
adds one derivative of phi on each side; in the correlation it adds a factor q* as well. The first factor q* cancels
against c = C / q*, the second does not.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import Limit, Source, Statement
from derivations.symbols import N, c, chi_1, phi, q_star, sigma_b, sigma_w, x, z

DEPTH_SCALE = Source(document="002", where="Depth Scale")
POOLE = Source(document="poole2016exponential", where="correlation map and its slope chi_1")
z_1, z_2 = sp.symbols("z_1 z_2", real=True)  # two independent standard Gaussians
HERE = sp.sqrt(q_star) * z_1  # preactivation for one input
THERE = sp.sqrt(q_star) * (c * z_1 + sp.sqrt(1 - c**2) * z_2)  # and for the other
MAP = sp.Function("F", real=True)(c)


def average(first: sp.Expr, second: sp.Expr) -> sp.Expr:
    """Average over both inputs of `first` at one times `second` at the other; both are expressions in x."""
    return GaussE(first.subs(x, HERE) * GaussE(second.subs(x, THERE), z_2), z_1)


def slope(order: int) -> sp.Expr:
    """phi or its derivative of an order, as a function of x."""
    return phi(x).diff(x, order) if order else phi(x)


STATEMENT = Statement(
    module=__name__,
    title="Slope and curvature of the correlation map",
    formula=sp.Eq(
        sp.Tuple(sp.Derivative(MAP, c), sp.Derivative(MAP, (c, 2)), sp.Function("F'", real=True)(1)),
        sp.Tuple(
            sigma_w**2 * average(slope(1), slope(1)),
            q_star * sigma_w**2 * average(slope(2), slope(2)),
            sigma_w**2 * GaussE(slope(1).subs(x, sp.sqrt(q_star) * z) ** 2, z),
        ),
        evaluate=False,
    ),
    parameters=(
        mean_field.ACTIVATION.narrowed("twice differentiable"),
        mean_field.WEIGHT_SCALE,
        mean_field.FIXED_LENGTH,
        signal_propagation.CORRELATION,
    ),
    assumptions=(
        "F(c_l) is the correlation of two inputs one layer after it was c_l; both keep the squared length q* per "
        "neuron.",
        *mean_field.WIDE_AND_GAUSSIAN,
        "phi has the derivatives that appear and grows at most exponentially; a kink makes the curvature at c_l = 1 "
        "infinite.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(DEPTH_SCALE, Source(document="001", where="Propagation of two points through a deep network"), POOLE),
    covers=("D8",),
)


def covariance(inputs: int) -> tuple[sp.Expr, sp.Expr]:
    """Mean product of a neuron's values for two inputs; sigma_b^2 + sigma_w^2 times the mean product of its inputs."""
    first, second = (sp.symbols(f"{name}_1:{inputs + 1}", real=True) for name in ("x", "y"))
    weights, bias = sp.symbols(f"w_1:{inputs + 1}", real=True), sp.Symbol("b", real=True)
    here, there = (
        sum((sigma_w / sp.sqrt(inputs) * w * a for w, a in zip(weights, at, strict=True)), sigma_b * bias)
        for at in (first, second)
    )
    overlap = sum((a * b for a, b in zip(first, second, strict=True)), sp.S.Zero) / inputs
    return price.moment(here * there, (*weights, bias)), sigma_b**2 + sigma_w**2 * overlap


def correlation_map() -> sp.Expr:
    """F(c): the covariance after a wide layer over the variance."""
    return (sigma_b**2 + sigma_w**2 * average(phi(x), phi(x))) / q_star


def by_parts(f: sp.Expr) -> tuple[sp.Expr, tuple[sp.Expr, sp.Expr]]:
    """For an expression f in x: q* f'(u) f'(v), and a flux whose divergence makes up the difference from d/dc of the
    integrand of E f(u) f(v); both with the density of (z_1, z_2)."""
    density = sp.exp(-(z_1**2 + z_2**2) / 2) / (2 * sp.pi)
    here, steep = f.subs(x, HERE), f.diff(x)
    product = here * steep.subs(x, THERE).doit()
    flux = sp.sqrt(q_star) * density * product
    lean = c / sp.sqrt(1 - c**2)
    moved = q_star * steep.subs(x, HERE).doit() * steep.subs(x, THERE).doit() * density
    return moved, (-flux, lean * flux)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the weights of a neuron to the map, and from the map to its derivatives."""
    first, second, end = STATEMENT.right
    mean, overlap = covariance(3)
    f = sp.Function("f", real=True)(x)
    _, (flux_1, flux_2) = by_parts(f)
    *derivatives, slope_at_one = STATEMENT.formula.lhs
    changed, steep = sp.Derivative(average(f, f), c), average(f.diff(x), f.diff(x))
    rate, lean = sp.Symbol("a", positive=True), sp.Symbol("k", real=True)
    far = sp.exp(-(z_1**2) / 2 + rate * z_1 + lean)
    density = sp.exp(-(z_1**2 + z_2**2) / 2) / (2 * sp.pi)
    moved = [by_parts(slope(order))[0] / density for order in (0, 1)]  # f = phi, f = phi'
    at_one = first.subs(c, 1).doit()
    cubic = sp.Symbol("alpha", real=True) * x + sp.Symbol("beta", real=True) * x**2 + x**3
    u, v = HERE, THERE
    product, together = sp.Symbol(r"\mathbb{E}\, h_i(x) h_i(y)"), average(x, x)
    explicit = sigma_w**2 / q_star * price.moment(cubic.subs(x, u) * cubic.subs(x, v), (z_1, z_2))
    return (
        Step(
            claim="Given the layer before, a neuron has for two inputs the covariance sigma_b^2 + sigma_w^2 times the "
            "mean over the neurons before of the products of their outputs.",
            because="Gaussian moments of the weights and the bias of one neuron with three inputs.",
            shows=sp.Eq(product, overlap, evaluate=False),
            means={product: mean},
        ),
        Step(
            claim="The two preactivations have the variance q* and the covariance q* c_l.",
            because="Gaussian moments of the two independent variables.",
            obligation=tuple(price.moment(at**2, (z_1, z_2)) - q_star for at in (u, v)),
            shows=sp.Eq(together, q_star * c, evaluate=False),
            means={together: together.doit()},
        ),
        Step(
            claim="In a wide layer the mean over the neurons is the average over these Gaussians; divided by q* the "
            "covariance is the correlation map.",
            because="Law of large numbers, layer by layer.",
            assumption=POOLE,
            shows=sp.Eq(MAP, correlation_map(), evaluate=False),
        ),
        Step(
            claim="Two integrations by parts, one in each variable, turn the derivative of f(v) by c_l into a "
            "derivative of f on each side and a factor q*.",
            because="Differentiate the integrand by c_l; with the Gaussian density it differs from q* f'(u) f'(v) by a "
            "divergence, for every function f.",
            shows=sp.Eq(changed, q_star * steep, evaluate=False),
            means={
                changed: density * unaveraged(changed.expr).diff(c).doit(),
                steep: density * unaveraged(steep).doit()
                + (flux_1.diff(z_1).doit() + flux_2.diff(z_2).doit()) / q_star,
            },
        ),
        Step(
            claim="The boundary terms vanish for functions of at most exponential growth.",
            because="A Gaussian density times an exponential tends to zero on both sides.",
            obligation=sp.limit(far, z_1, -sp.oo),
            shows=sp.Eq(sp.Limit(far, z_1, sp.oo), 0, evaluate=False),
            means={},
        ),
        Step(
            claim="The derivative may be taken under the integral.",
            because="Dominated convergence, for functions of at most exponential growth.",
            assumption=price.PRICE,
            shows=sp.Eq(
                sp.Derivative(MAP, c), sigma_w**2 / q_star * sp.Derivative(average(phi(x), phi(x)), c), evaluate=False
            ),
        ),
        Step(
            claim="Once with f = phi, then with f = phi', this gives slope and curvature; the map's own 1 / q* "
            "cancels one factor.",
            because="Insert f in the identity, times sigma_w^2 / q* for the map and sigma_w^2 for its slope; compare "
            "what stands under the averages.",
            shows=sp.Eq(sp.Tuple(*derivatives), sp.Tuple(first, second), evaluate=False),
            means={
                derivatives[0]: sigma_w**2 / q_star * moved[0],
                derivatives[1]: sigma_w**2 * moved[1],
                **{node: unaveraged(node) for side in (first, second) for node in side.atoms(GaussE)},
            },
        ),
        Step(
            claim="For a cubic with free coefficients slope and curvature are the derivatives of the map itself.",
            because="The map is a polynomial in c_l by Gaussian moments; it is differentiated directly, and the "
            "averages of the formula are worked out by moments too.",
            obligation=explicit.diff(c, 2) - inserted(second, cubic),
            shows=sp.Eq(derivatives[0], sp.factor(explicit.diff(c)), evaluate=False),
            means={derivatives[0]: inserted(first, cubic)},
        ),
        Step(
            claim="At c_l = 1 both preactivations are the same and the slope is chi_1.",
            because="The second variable drops out of the averages; Price's theorem at coinciding variables agrees.",
            obligation=end - sigma_w**2 * price.covariance_derivative(phi(x), phi(x), 1, q_star),
            shows=sp.Eq(slope_at_one, chi_1, evaluate=False),
            means={slope_at_one: renamed(at_one), chi_1: end},
        ),
    )


def unaveraged(expression: sp.Expr) -> sp.Expr:
    """What stands under the averages of a product of averages in one another."""
    return expression.replace(lambda e: isinstance(e, GaussE), lambda e: e.integrand)


def inserted(expression: sp.Expr, polynomial: sp.Expr) -> sp.Expr:
    """An average of phi worked out for a polynomial activation."""

    def value(node: sp.Expr) -> sp.Expr:
        inside = node.integrand.replace(lambda e: isinstance(e, GaussE), value)
        return price.moment(inside.subs(phi, sp.Lambda(x, polynomial)).doit(), (node.variable,))

    return sp.expand(expression.replace(lambda e: isinstance(e, GaussE), value))


def renamed(expression: sp.Expr) -> sp.Expr:
    """Averages over z_1 as averages over z."""
    return expression.replace(
        lambda e: isinstance(e, GaussE) and e.variable == z_1, lambda e: GaussE(e.integrand.subs(z_1, z), z)
    )
