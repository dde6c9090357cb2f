r"""Stein's lemma and Price's theorem: how Gaussian expectations answer to a change of the covariance.

For (u, v) Gaussian of mean zero with variances q_u, q_v and covariance c, and p their density,

    d/dc E[f(u) g(v)] = E[f'(u) g'(v)],

because p obeys dp/dc = d2p/du dv and two integrations by parts move the derivatives to f and g. Repeated use gives
d^n/dc^n E[f g] = E[f^(n) g^(n)]. Premises that the slides leave out: f and g have the derivatives that appear and
grow at most exponentially, so that the boundary terms vanish. A kink breaks the second derivative of the kernel.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus.gaussian import GaussE, moment
from derivations.proof import Step
from derivations.statement import Source
from derivations.symbols import x, z

u, v = sp.symbols("u v", real=True)  # two Gaussian variables
q_u, q_v = sp.symbols("q_u q_v", positive=True)  # their variances
c = sp.Symbol("c", real=True)  # their covariance
f, g = (sp.Function(name, real=True) for name in "fg")  # what is averaged
PRICE = Source(document="price1958useful", where="the theorem and its conditions")


def log_density() -> sp.Expr:
    """Logarithm of the density of (u, v)."""
    determinant = q_u * q_v - c**2
    exponent = (q_v * u**2 - 2 * c * u * v + q_u * v**2) / (2 * determinant)
    return -exponent - sp.log(determinant) / 2 - sp.log(2 * sp.pi)


def covariance_derivative(function: sp.Expr, other: sp.Expr, order: int, variance: sp.Expr) -> sp.Expr:
    """d^order/dc^order of E[function(u) other(v)] at the point where u and v coincide, by Price's theorem.

    `function` and `other` are expressions in x; both variances and the covariance are `variance`, so u = v =
    sqrt(variance) z.
    """
    at = sp.sqrt(variance) * z
    return GaussE(function.diff(x, order).subs(x, at) * other.diff(x, order).subs(x, at), z)


def correlated_pair(variance: sp.Expr, covariance: sp.Expr) -> tuple[sp.Expr, sp.Expr, tuple[sp.Symbol, ...]]:
    """(u, v, independent standard Gaussians): u and v with one common part, regular where they coincide."""
    common, first, second = sp.symbols("z_0 z_1 z_2", real=True)
    own = sp.sqrt(variance - covariance)
    shared = sp.sqrt(covariance) * common
    return shared + own * first, shared + own * second, (common, first, second)


def derivation() -> tuple[Step, ...]:
    """The steps of both lemmas."""
    log_p = log_density()
    standard = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    P = sp.Function("p", real=True)(u, v, c)
    F, G = f(u), g(v)
    cross = F * G * P.diff(u, v) - F.diff(u) * G.diff(v) * P
    divergence = (F * G * P.diff(v)).diff(u) - (F.diff(u) * G * P).diff(v)
    rate = sp.Symbol("a", positive=True)  # growth of f and g
    steep, lean = sp.Symbol("A", positive=True), sp.Symbol("B", real=True)
    # The boundary term in u, for f = exp(a u), is (dp/dv) exp(a u) = (d log p/dv) exp(log p + a u).
    slope, factor = (sp.Poly(e, u) for e in ((log_p + rate * u).diff(u), log_p.diff(v)))
    far = sp.exp(-steep * u**2 + lean * u) * (1 + u)
    q, k = sp.Symbol("q", positive=True), sp.Symbol("c", positive=True)
    U, V, basis = correlated_pair(q, k)
    together = GaussE(GaussE(GaussE(U * V, basis[2]), basis[1]), basis[0])
    powers = ((1, 1), (2, 4), (3, 3))
    times, steepness = GaussE(z * f(z), z), GaussE(f(z).diff(z), z)
    return (
        Step(
            claim="Stein's lemma: E[z f(z)] and E[f'(z)] differ by the boundary values of f times the density.",
            because="The derivative of the standard Gaussian density is -z times the density.",
            shows=sp.Eq(times, steepness),
            means={
                times: times.integrand * standard + (f(z) * standard).diff(z),
                steepness: steepness.integrand * standard,
            },
        ),
        Step(
            claim="The bivariate Gaussian density obeys a heat equation in its covariance.",
            because="Divided by p, with L its logarithm, both sides are rational: dL/dc = d2L/du dv + (dL/du)(dL/dv).",
            shows=sp.Eq(P.diff(c), P.diff(u, v), evaluate=False),
            means={P.diff(c): log_p.diff(c), P.diff(u, v): log_p.diff(u, v) + log_p.diff(u) * log_p.diff(v)},
        ),
        Step(
            claim="Two integrations by parts move both derivatives from the density to the functions.",
            because="The difference of the integrands is a divergence, for any functions f, g and any density.",
            obligation=cross - divergence,
            shows=sp.Eq(cross, sp.Derivative(F * G * P.diff(v), u) - sp.Derivative(F.diff(u) * G * P, v)),
        ),
        Step(
            claim="The boundary terms vanish for functions of at most exponential growth.",
            because="Along u the exponent is a quadratic with leading coefficient -q_v / (2 (q_u q_v - c^2)) < 0 and "
            "the factor in front is linear; such a term tends to zero on both sides. Along v it is alike by symmetry.",
            obligation=(
                slope.coeff_monomial(u) + q_v / (q_u * q_v - c**2),
                sp.Integer(slope.degree() - 1),
                sp.Integer(factor.degree() - 1),
                sp.limit(far, u, -sp.oo),
            ),
            shows=sp.Eq(sp.Limit(far, u, sp.oo), 0, evaluate=False),
            means={},
        ),
        Step(
            claim="The derivative with respect to the covariance may be taken under the integral; with the three steps "
            "above the derivative of the expectation of f(u) g(v) is that of f'(u) g'(v), which is Price's theorem.",
            because="Dominated convergence, for functions of at most exponential growth.",
            assumption=PRICE,
            shows=sp.Eq(
                sp.Derivative(sp.Integral(F * G * P, (u, -sp.oo, sp.oo), (v, -sp.oo, sp.oo)), c),
                sp.Integral(F.diff(u) * G.diff(v) * P, (u, -sp.oo, sp.oo), (v, -sp.oo, sp.oo)),
                evaluate=False,
            ),
        ),
        Step(
            claim="A common part and two own parts give the right variances and covariance, and coincide at c = q.",
            because="Gaussian moments of the independent variables; the form stays regular where u and v coincide.",
            obligation=(
                moment(U**2, basis) - q,
                moment(V**2, basis) - q,
                (U - V).subs(k, q),
                (U - sp.sqrt(q) * basis[0]).subs(k, q),
            ),
            shows=sp.Eq(together, k, evaluate=False),
            means={together: together.doit()},
        ),
        Step(
            claim="Price's theorem holds on polynomials.",
            because="The moments of u^m v^n, computed from the independent variables, are differentiated directly.",
            obligation=tuple(
                moment(U**m * V**n, basis).diff(k) - m * n * moment(U ** (m - 1) * V ** (n - 1), basis)
                for m, n in powers
            ),
            shows=sp.Eq(sp.Derivative(moment(U**3 * V**3, basis), k), 9 * moment(U**2 * V**2, basis), evaluate=False),
        ),
    )
