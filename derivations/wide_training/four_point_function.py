r"""How the fluctuations of a finite width travel through a network: four-point function and mean square of a layer.

Premises: Gaussian weights and biases, one input, and widths N_1, N_2, ... in fixed proportions. Given all layers
before, the preactivations of a layer are independent Gaussians of one variance q, which is random: so q goes from layer
to layer as a Markov chain, at any widths. Its variance is the connected four-point function, the covariance of the
squares of two neurons. By the law of total variance a layer adds what its own neurons scatter, and carries the rest on
by the square of what it makes of a small change of q; the mean is shifted by the curvature of the map. Both are of the
order 1 / N: over L layers the excess kurtosis grows with L / N where a variance is kept.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.activations import LINEAR, RELU
from derivations.calculus import mean_field
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import kurtosis_law, variance_map
from derivations.signal_propagation.kurtosis_law import M_2, M_4
from derivations.statement import NONNEGATIVE, POSITIVE, Limit, Parameter, Source, Statement
from derivations.symbols import K_II, N, V_l, phi, sigma_b, sigma_w, x, z
from derivations.wide_training import FURTHER_READING, VARIANCE_I

YAIDA = Source(document="yaida2020nongaussian", where="flow of the four-point function and of the kernel with depth")
F_l, F_NEXT = sp.symbols("F_l F_{l+1}", nonnegative=True)
G_l, G_NEXT = sp.symbols("G_l G_{l+1}", real=True)
EXCESS = sp.Symbol(r"N \gamma_l", nonnegative=True)
share = sp.Symbol("nu_l", positive=True)
CHI, BEND = sp.symbols("chi_K B_K", real=True)
FIELD = sp.sqrt(K_II) * z
POWERS = (z**2 - 1, z**4 - 6 * z**2 + 3)  # Hermite's polynomials


def average(function: sp.Expr) -> sp.Expr:
    """Mean over the standard Gaussian."""
    return GaussE(function, z)


STATEMENT = Statement(
    module=__name__,
    title="Four-point function and mean square over depth at finite width",
    formula=sp.Eq(
        sp.Tuple(F_NEXT, G_NEXT, EXCESS),
        sp.Tuple(
            share * sigma_w**4 * (M_4 - M_2**2) + CHI**2 * F_l,
            CHI * G_l + BEND * F_l / 2,
            3 * F_l / K_II**2,
        ),
        evaluate=False,
    ),
    where=(
        sp.Eq(M_2, average(phi(FIELD) ** 2)),
        sp.Eq(M_4, average(phi(FIELD) ** 4), evaluate=False),
        sp.Eq(CHI, sigma_w**2 / (2 * K_II) * average(POWERS[0] * phi(FIELD) ** 2), evaluate=False),
        sp.Eq(BEND, sigma_w**2 / (4 * K_II**2) * average(POWERS[1] * phi(FIELD) ** 2), evaluate=False),
    ),
    parameters=(
        mean_field.ACTIVATION,
        mean_field.WEIGHT_SCALE,
        VARIANCE_I.narrowed("the only one, in the limit of infinite width", typical=(0.2, 3)),
        Parameter(symbol=F_l, meaning="four-point function, at layer l", domain=NONNEGATIVE, typical=(0.1, 5)),
        Parameter(symbol=G_l, meaning="correction of the mean square, at layer l", domain=sp.S.Reals, typical=(-3, 3)),
        Parameter(symbol=share, meaning="N over the width of layer l", domain=POSITIVE, typical=(0.4, 2)),
    ),
    assumptions=(
        mean_field.GAUSSIAN,
        "N is a width that all layers grow with. F_l / N is the covariance of the squares of two neurons of a layer, "
        "K_II + G_l / N the mean square of one, gamma_l its excess kurtosis, each but for terms of the order N^(-2). "
        "At layer 1 all three are 0.",
        "phi has moments of every order under the Gaussian.",
        "chi_K is the derivative by K_II of sigma_b^2 + sigma_w^2 M_2, what the next layer makes of it, and B_K the "
        "second one; neither needs a derivative of phi. sigma_b, the standard deviation of a bias, enters by K_II "
        "alone.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(FURTHER_READING, YAIDA),
    covers=("W8",),
    uses=(kurtosis_law.STATEMENT.id, variance_map.STATEMENT.id),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the layers of an explicit network to a Markov chain, to its moments, and to what they are over depth."""
    return (*_chain(), *_moments(), *_by_variance(), *_depth())


def _chain() -> tuple[Step, ...]:
    fields, variances, signal = variance_map.layer(2, 3)
    given = sigma_b**2 + sigma_w**2 * sum(a**2 for a in signal) / 3
    k, q, p = sp.symbols("k_1:3", real=True), sp.Symbol("q", positive=True), sp.Symbol("p", real=True)
    both = sum((c * h for c, h in zip(k, fields, strict=True)), sp.S.Zero)
    exponent = -sum((variances[w] * sp.expand(both).coeff(w) ** 2 / 2 for w in variances), sp.S.Zero)
    second, fourth, scatter = sp.symbols("A F s", positive=True)  # means of phi^2 and phi^4; variance of phi^2
    noise = sp.symbols("d_1:4", real=True)
    around = given.subs({a**2: second + d for a, d in zip(signal, noise, strict=True)})
    centre = variance_map.mean(around, dict.fromkeys(noise, scatter))
    spread = variance_map.mean((around - centre) ** 2, dict.fromkeys(noise, scatter))
    change, size = sp.symbols("e v", real=True)  # q less its mean, and its variance
    covariance = (
        variance_map.mean((q + change) ** 2, {change: size}) - variance_map.mean(q + change, {change: size}) ** 2
    )
    squared = sp.Poly((p - second) ** 2, p).all_coeffs()  # of a squared output p, whose mean square is F
    defined, before = ({d.lhs: d.rhs for d in s.where} for s in (STATEMENT, kurtosis_law.STATEMENT))
    first = share * N * before[kurtosis_law.VAR_Q].subs(before)
    return (
        Step(
            claim="Given the layers before, two neurons are independent Gaussians of one variance q = sigma_b^2 + "
            "sigma_w^2 times the mean square of the outputs below.",
            because="The exponents of the characteristic functions of all weights and biases of two neurons add up to "
            "those of two such Gaussians.",
            obligation=exponent + given * sum(c**2 for c in k) / 2,
        ),
        Step(
            claim="So the covariance of their squares is the variance of q.",
            because="Given q the product of the squares averages to q^2, each square to q.",
            obligation=covariance - size,
        ),
        Step(
            claim="Given q of layer l, that of the next layer has the mean sigma_b^2 + sigma_w^2 M_2(q) and the "
            "variance sigma_w^4 (M_4 - M_2^2) / N_l at q.",
            because="The outputs of layer l are independent, given q: three neurons whose squares deviate from their "
            "mean independently.",
            obligation=(
                centre - sigma_b**2 - sigma_w**2 * second,
                spread - sigma_w**4 * scatter / 3,
                sum((c * m for c, m in zip(squared, (fourth, second, 1), strict=True)), sp.S.Zero)
                - (fourth - second**2),
            ),
        ),
        Step(
            claim="With the averages at K this is the map of the variance, and what a layer adds is exactly the "
            "variance of q behind the first one.",
            because="Both earlier results with K in place of the variance.",
            obligation=(
                centre.subs(second, defined[M_2]) - variance_map.STATEMENT.right[0].subs(V_l, K_II),
                STATEMENT.right[0].subs({F_l: 0}).subs(defined) - first.subs(V_l, K_II),
            ),
        ),
    )


def _moments() -> tuple[Step, ...]:
    """Moments of the chain, in powers of e = N^(-1/2): q is K + e d at layer l."""
    e, d = sp.symbols("e d", real=True)
    third, fourth, later, skew = sp.symbols("T Q k_2 k_3", real=True)
    slope, bend, jerk = sp.symbols("m_1:4", real=True)  # derivatives at K of the map of the variance
    scatter, steeper = sp.symbols("s_0 s_1", real=True)  # variance of phi^2 times sigma_w^4, and its derivative
    moments = {1: e * G_l, 2: F_l + e**2 * later, 3: e * third, 4: fourth}

    def averaged(expression: sp.Expr) -> sp.Expr:
        """Over d, whose odd moments are smaller by e."""
        terms = sp.Poly(sp.expand(expression), d).terms()
        return sp.expand(sum((c * moments.get(k, 1) for (k,), c in terms), sp.S.Zero))

    def orders(expression: sp.Expr, leading: sp.Expr) -> tuple[sp.Expr, ...]:
        """The coefficients of e^0 to e^3, that of e^2 less what it should be."""
        return tuple(sp.expand(expression).coeff(e, k) - (leading if k == 2 else 0) for k in range(4))

    moved = slope * e * d + bend * (e * d) ** 2 / 2  # of the mean of q above; what follows is of the order e^3
    fresh = share * e**2 * (scatter + steeper * e * d)
    shift = averaged(moved + jerk * (e * d) ** 3 / 6)
    variance = averaged(fresh + moved**2) - shift**2
    # given q: third central moment skew e^4, variance `fresh`
    cube = averaged((moved - shift) ** 3 + 3 * (moved - shift) * fresh) + skew * e**4
    stated = [part.subs({CHI: slope, BEND: bend}) for part in STATEMENT.right[:2]]
    root = sp.Symbol("n", positive=True)  # the width
    squares = kurtosis_law.STATEMENT.right[1].subs(
        {kurtosis_law.VAR_Q: F_l / root, kurtosis_law.MEAN_Q: K_II + G_l / root}
    )
    return (
        Step(
            claim="The variance of q is what a layer adds, and the variance of what the map makes of q below: to first "
            "order the square of its slope times that below.",
            because="Law of total variance, with q = K + N^(-1/2) d and the first terms of the map in d.",
            obligation=orders(variance, stated[0].subs(M_4, scatter / sigma_w**4 + M_2**2)),
            shows=sp.Eq(F_NEXT, STATEMENT.right[0], evaluate=False),
        ),
        Step(
            claim="The mean is shifted by the slope times the shift below, and half the curvature times the variance.",
            because="The map is averaged over d, to first order in 1 / N.",
            obligation=orders(shift, stated[1]),
            shows=sp.Eq(G_NEXT, STATEMENT.right[1], evaluate=False),
        ),
        Step(
            claim="The third moment of d stays of the order N^(-1/2), as both steps use.",
            because="In powers of N^(-1/2) the third central moment of q begins with the fourth, and so does that of "
            "what a layer adds.",
            obligation=tuple(cube.coeff(e, k) for k in range(4)),
        ),
        Step(
            claim="What is left out is of the order N^(-2) in the mean and in the variance.",
            because="Moments of d stay bounded: q is a mean over independent neurons, which have all moments.",
            assumption=YAIDA,
        ),
        Step(
            claim="The excess kurtosis is 3 F / (N K^2).",
            because="Three times the variance of q over its squared mean, at any width; N times it as N grows.",
            obligation=sp.limit(root * squares, root, sp.oo) - STATEMENT.right[2],
            shows=sp.Eq(EXCESS, STATEMENT.right[2], evaluate=False),
        ),
    )


def _by_variance() -> tuple[Step, ...]:
    h = sp.Symbol("h", real=True)
    log_density = -(h**2) / (2 * K_II) - sp.log(2 * sp.pi * K_II) / 2
    score = log_density.diff(K_II)
    slope, bend = (part.subs(h, FIELD) for part in (score, score.diff(K_II) + score**2))
    integrands = {d.lhs: d.rhs.replace(GaussE, lambda integrand, _: integrand) for d in STATEMENT.where}
    smooth, density = (sp.Function(name, real=True)(h) for name in "fp")
    pieces = smooth * density.diff(h, 2) - smooth.diff(h, 2) * density
    return (
        Step(
            claim="The derivatives of a Gaussian average by the variance are averages with Hermite's polynomials.",
            because="The density is differentiated by its variance once and twice, over itself: the derivatives of its "
            "logarithm. The function averaged stays as it is.",
            obligation=(
                sp.expand(sigma_w**2 * phi(FIELD) ** 2 * slope - integrands[CHI]),
                sp.expand(sigma_w**2 * phi(FIELD) ** 2 * bend - integrands[BEND]),
            ),
            shows=sp.Eq(
                sp.Tuple(CHI, BEND), sp.Tuple(*(d.rhs for d in STATEMENT.where if d.lhs in (CHI, BEND))), evaluate=False
            ),
        ),
        Step(
            claim="For a smooth phi the slope is sigma_w^2 times the mean of phi'^2 + phi phi'': the stretch of a "
            "change of the variance.",
            because="The density obeys the heat equation in its variance, and two integrations by parts move the "
            "derivatives to phi^2.",
            obligation=(
                score - (log_density.diff(h, 2) + log_density.diff(h) ** 2) / 2,
                pieces - (smooth * density.diff(h) - smooth.diff(h) * density).diff(h),
                (phi(x) ** 2).diff(x, 2) / 2 - phi(x).diff(x) ** 2 - phi(x) * phi(x).diff(x, 2),
            ),
        ),
    )


def _depth() -> tuple[Step, ...]:
    p, layers, q = sp.Symbol("p", positive=True), sp.Symbol("l", positive=True), sp.Symbol("q", positive=True)
    where = {d.lhs: d.rhs for d in STATEMENT.where}
    values = []
    for activation, gain in ((RELU, sp.sqrt(2)), (LINEAR, sp.S.One)):
        halves = [activation.expression.subs(x, sign * sp.sqrt(K_II) * p) for sign in (1, -1)]

        def mean(power: int, weight: sp.Expr, halves: list[sp.Expr] = halves) -> sp.Expr:
            return average((weight * sum(half**power for half in halves) / 2).subs(p, z)).doit()

        numbers = {M_2: mean(2, sp.S.One), M_4: mean(4, sp.S.One)}
        numbers[CHI] = where[CHI].subs(average(POWERS[0] * phi(FIELD) ** 2), mean(2, POWERS[0].subs(z, p)))
        numbers[BEND] = where[BEND].subs(average(POWERS[1] * phi(FIELD) ** 2), mean(2, POWERS[1].subs(z, p)))
        values.append((gain, numbers))
    found = [
        [part.subs(numbers).subs(sigma_w, gain) for part in (*STATEMENT.right[:2], sigma_w**2 * M_2)]
        for gain, numbers in values
    ]
    ratios = [sp.simplify(numbers[M_4] / numbers[M_2] ** 2) for _, numbers in values]
    width = sp.Symbol("n", positive=True)
    # given q, of a function that scales: mean a q and mean square a^2 q^2 (1 + (ratio - 1) / n) of the next variance
    ratio, factor = sp.symbols("rho a", positive=True)
    square = (factor * q) ** 2 + factor**2 * q**2 * (ratio - 1) / width
    return (
        Step(
            claim="At sigma_w^2 = 2 relu keeps the variance, and every layer adds 5 K^2 N / N_l to the four-point "
            "function and nothing to the mean; linear neurons at sigma_w = 1 add 2 K^2 N / N_l.",
            because="The recursions with the moments of both; squares at z and -z add up to polynomials.",
            obligation=tuple(
                difference
                for (four, shift, kept), added in zip(found, (5, 2), strict=True)
                for difference in (four - F_l - added * share * K_II**2, shift - G_l, kept - K_II)
            ),
        ),
        Step(
            claim="There the mean square of q over its squared mean is exactly the product of 1 + 5 / N_l, or 1 + 2 / "
            "N_l, over the layers, at any widths.",
            because="Without biases both functions scale, so that each layer multiplies q by a number that does not "
            "depend on it.",
            obligation=(
                square / (factor * q) ** 2 - 1 - (ratio - 1) / width,
                ratios[0] - 6,
                ratios[1] - 3,
            ),
        ),
        Step(
            claim="So at equal widths the excess kurtosis grows like 15 l / N behind l layers of relu: what counts is "
            "depth over width.",
            because="The exact product, at first order in 1 / N.",
            obligation=sp.limit(3 * width * ((1 + (ratios[0] - 1) / width) ** layers - 1), width, sp.oo) - 15 * layers,
        ),
    )
