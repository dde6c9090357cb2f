r"""The reverse of a small step of diffusion is nearly Gaussian: what the best Gaussian misses grows like beta^3.

Premises: data of density proportional to exp(-E), one step of diffusion, and Bayes' rule. The slide runs "Gaussian
diffusion" both ways; in reverse this is an approximation. To leading order the reverse kernel is skewed by -beta^(3/2)
E''', and a skew s costs s^2/12 of a nat. A chain of fixed length in time has 1/beta such steps, so that what it misses
in all vanishes like beta^2 (`universality_of_diffusion`).
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import LeadingOrder, Parameter, Source, Statement
from derivations.symbols import beta_t, energy, z

y = sp.Symbol("y", real=True)
divergence = sp.Symbol("D_KL", positive=True)
WEIGHT = sp.exp(-energy(y))


def over_the_line(integrand: sp.Expr) -> sp.Integral:
    """Integral of an expression in y over all numbers."""
    return sp.Integral(integrand, (y, -sp.oo, sp.oo))


STATEMENT = Statement(
    module=__name__,
    title="Reverse of a small step of diffusion",
    formula=sp.Eq(
        divergence,
        beta_t**3 / 12 * over_the_line(energy(y).diff(y, 3) ** 2 * WEIGHT) / over_the_line(WEIGHT),
        evaluate=False,
    ),
    parameters=(
        diffusion.STEP,
        Parameter(symbol=energy, meaning="minus the logarithm of the density, up to a constant"),
    ),
    assumptions=(
        diffusion.CHAIN,
        "The density before the step is positive and smooth, and the square of E''' has a mean.",
        "D_KL is the mean, over where a step ends, of the divergence of the reverse kernel from the Gaussian of its "
        "mean and variance, the best of all Gaussians; in nats.",
    ),
    regime=LeadingOrder(parameter=beta_t, order=4),
    sources=(
        diffusion.REVERSING,
        Source(document="sohldickstein2015deep", where="the reverse trajectory for small steps"),
    ),
    covers=("F8",),
)


def gaussian_mean(polynomial: sp.Expr, small: sp.Symbol, order: int) -> sp.Expr:
    """Mean over a standard Gaussian z, up to an order of a small letter."""
    expanded = sp.expand(polynomial)
    return sum(GaussE(expanded.coeff(small, m), z).doit() * small**m for m in range(order + 1))


def truncated(expression: sp.Expr, small: sp.Symbol, order: int) -> sp.Expr:
    """A polynomial in a small letter up to an order."""
    expanded = sp.expand(expression)
    return sum((expanded.coeff(small, m) * small**m for m in range(order + 1)), sp.S.Zero)


def derivation() -> tuple[Step, ...]:
    """From Bayes' rule to skewness, and from skewness to the divergence."""
    h, x, noise = sp.Symbol("h", positive=True), sp.Symbol("x", real=True), sp.Symbol("x'", real=True)
    slopes = sp.symbols("E_1:4", real=True)
    forward = (x * sp.sqrt(1 - beta_t) - sp.sqrt(1 - beta_t) * noise) ** 2 / (2 * beta_t)
    width = sp.sqrt(beta_t / (1 - beta_t))
    order = 3
    shift = -sum(slope * (h * z) ** m / sp.factorial(m) for m, slope in enumerate(slopes, start=1))
    tilt = sp.expand(sum(shift**m / sp.factorial(m) for m in range(order + 1)))
    tilt = sum(tilt.coeff(h, m) * h**m for m in range(order + 1))
    total = gaussian_mean(tilt, h, order)
    inverse = sum((1 - total) ** m for m in range(order + 1))
    m1, m2, m3 = (truncated(gaussian_mean(tilt * z**m, h, order) * inverse, h, order) for m in range(1, 4))
    variance = truncated(m2 - m1**2, h, order)
    third = truncated(m3 - 3 * m1 * m2 + 2 * m1**3, h, order)
    skew = sp.Symbol("s", real=True)
    hermite = z**3 - 3 * z
    bent = skew * hermite / 6
    f = sp.Function("f", real=True)(x)
    averaged = f + h * z * f.diff(x) + h**2 * z**2 / 2 * f.diff(x, 2)
    claimed = STATEMENT.right[0]
    mean_square = claimed * 12 / beta_t**3
    return (
        Step(
            claim="With x = x_t / sqrt(1 - beta) and x' = x + h z, where h^2 = beta / (1 - beta), the reverse kernel "
            "has the density exp(-z^2/2 - E(x')) up to a factor.",
            because="Bayes' rule: the forward kernel's exponent is inserted.",
            obligation=forward.subs(noise, x + width * z) - z**2 / 2,
        ),
        Step(
            claim="Its third cumulant begins with -E''' h^3, and its variance with 1.",
            because="E is expanded around x, its exponential up to h^3, and the moments are those of a Gaussian.",
            obligation=(
                third + slopes[2] * h**3,
                variance.coeff(h, 0) - 1,
            ),
        ),
        Step(
            claim="A density with a small skew s has the divergence s^2/12 from its best Gaussian.",
            because="It is the Gaussian times 1 + delta with delta = s (z^3 - 3z)/6, which has neither mean nor "
            "variance of its own, and the mean of (1 + delta) log(1 + delta) begins with that of delta^2/2.",
            obligation=(
                GaussE(sp.expand(bent), z).doit(),
                GaussE(sp.expand(bent * z), z).doit(),
                GaussE(sp.expand(bent * z**2), z).doit(),
                GaussE(sp.expand(bent * z**3), z).doit() - skew,
                GaussE(bent**2 / 2, z).doit() - skew**2 / 12,
            ),
            shows=sp.Eq(GaussE(bent**2 / 2, z), skew**2 / 12, evaluate=False),
        ),
        Step(
            claim="A mean over where steps end is that over the data, to leading order.",
            because="A function is expanded around the datum; the noise has no mean, so that what is left is of order "
            "beta.",
            obligation=(GaussE(averaged, z).doit().subs(h, 0) - f, sp.diff(GaussE(averaged, z).doit(), h).subs(h, 0)),
        ),
        Step(
            claim="The mean of s^2/12 over the data is the formula, up to terms of order beta^4.",
            because="h^2 begins with beta; the density is exp(-E) over its integral.",
            obligation=(
                sp.limit((beta_t / (1 - beta_t)) ** 3 / beta_t**3, beta_t, 0) - 1,
                mean_square * over_the_line(WEIGHT) - over_the_line(energy(y).diff(y, 3) ** 2 * WEIGHT),
            ),
            shows=STATEMENT.formula,
        ),
    )
