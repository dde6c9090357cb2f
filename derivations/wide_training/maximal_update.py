r"""The maximal-update parametrization: one step moves the features of every layer, however wide it is, and no more.

Premises: a layer h = N^-a w . x, whose weights have the standard deviation N^-b, below an output layer with exponents
of its own, f = N^-a v . phi(h), and one step of gradient descent at the learning rate epsilon N^-c. Gradients of the
explicit network give what a preactivation and the output change by; averages over the start are exact at any width.
Their powers of N must vanish in every layer: linear equations of the exponents, with one solution up to a shift that
changes nothing.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import K_II, N, epsilon, phi, q, x, z
from derivations.wide_training import FURTHER_READING, VARIANCE_I, WIDTH

YANG = Source(document="yang2021feature", where="abc-parametrizations, stability and the maximal update")
MOVED, BY_OUTPUT, BY_LAYER = (
    sp.Symbol(name, real=True) for name in (r"\mathbb{E}\, \Delta h^2", r"\Delta f_o", r"\Delta f_h")
)
A_1, A_2, A_3, C_MU, b_mu = sp.symbols("a_1^mu a_2^mu a_3^mu c^mu b^mu", real=True)
R_h, S_o, T_o = sp.symbols("R_h S_o T_o", positive=True)
y, c_N = sp.symbols("y c_N", real=True)
G_0, G_1, G_2 = sp.symbols("G_0:3", positive=True)
FIELD = sp.sqrt(K_II) * z
SIGNAL, SLOPE = phi(x), phi(x).diff(x)
n_f = sp.Symbol("n_f", integer=True, positive=True)  # entries of what a layer reads: those of an input, or N
a_h, b_h, a_o, b_o = sp.symbols("a_h b_h a_o b_o", real=True)  # exponents of the layer and of the output layer
POWERS = {  # what a layer with these exponents has for the letters of the statement
    K_II: n_f * q * N ** (-2 * a_h - 2 * b_h),
    R_h: epsilon * n_f * q * N ** (-c_N - 2 * a_h),
    S_o: N ** (-2 * a_o - 2 * b_o),
    T_o: epsilon * N ** (-c_N - 2 * a_o),
}

STATEMENT = Statement(
    module=__name__,
    title="Maximal-update parametrization",
    formula=sp.Eq(
        sp.Tuple(MOVED, BY_OUTPUT, BY_LAYER, A_1, A_2, A_3, C_MU),
        sp.Tuple(
            R_h**2 * S_o * (y**2 * G_1 + S_o * ((N - 1) * G_0 * G_1 + 3 * G_2)),
            y * N * T_o * G_0,
            y * N * R_h * S_o * G_1,
            -b_mu,
            sp.Rational(1, 2) - b_mu,
            1 - b_mu,
            2 * b_mu - 1,
        ),
        evaluate=False,
    ),
    where=(
        sp.Eq(G_0, GaussE(SIGNAL.subs(x, FIELD) ** 2, z)),
        sp.Eq(G_1, GaussE(SLOPE.subs(x, FIELD) ** 2, z), evaluate=False),
        sp.Eq(G_2, GaussE(SIGNAL.subs(x, FIELD) ** 2 * SLOPE.subs(x, FIELD) ** 2, z)),
    ),
    parameters=(
        mean_field.ACTIVATION,
        WIDTH,
        VARIANCE_I.narrowed("the only input", typical=(0.4, 3)),
        Parameter(
            symbol=R_h,
            meaning="step of a preactivation, over error, output weight and slope",
            domain=POSITIVE,
            typical=(0.1, 1),
        ),
        Parameter(
            symbol=S_o,
            meaning="mean square of an output weight with its multiplier",
            domain=POSITIVE,
            typical=(0.1, 1),
        ),
        Parameter(
            symbol=T_o,
            meaning="step of the output, over error and sum of squared signals",
            domain=POSITIVE,
            typical=(0.1, 1),
        ),
        Parameter(symbol=y, meaning="target", domain=sp.S.Reals, typical=(0.4, 3)),
        Parameter(
            symbol=b_mu,
            meaning="exponent of the standard deviation of all weights, N^-b",
            domain=sp.S.Reals,
            typical=(-0.7, 0.8),
        ),
    ),
    assumptions=(
        "N neurons without biases, Gaussian weights, half the squared error of one example as loss, and one step of "
        "gradient descent. A layer has a multiplier N^-a, weights of the standard deviation N^-b, and the learning "
        "rate is epsilon N^-c.",
        "Delta h is what the layer's own step changes in one of its preactivations; Delta f_o is the mean change of "
        "the output by the step of the output layer alone, Delta f_h that by the layer's alone to first order in "
        "epsilon.",
        "Of a layer that reads n entries of mean square q, K_II is n q N^(-2 a - 2 b), R_h is epsilon n q N^(-c - 2 "
        "a); of an output layer, S_o is N^(-2 a - 2 b), T_o is epsilon N^(-c - 2 a).",
        "a_1^mu, a_2^mu, a_3^mu and c^mu are the exponents of the maximal update for a network with an input layer, "
        "hidden layers and an output layer: signals, changes of features and both changes of the output keep their "
        "size as N grows. All layers have one b, which is b^mu.",
        "phi is absolutely continuous and not constant, and the target is not zero.",
    ),
    regime=Exact(),
    sources=(FURTHER_READING, YANG),
    covers=("W7",),
)


def stated() -> tuple[sp.Expr, ...]:
    """The right-hand sides for a layer with exponents."""
    return tuple(side.subs(POWERS) for side in STATEMENT.right)


def power(expression: sp.Expr) -> sp.Expr:
    """The power of N that an expression is. Raises ValueError if it is none."""
    base, exponent = sp.powsimp(expression.as_independent(N, as_Add=False)[1]).as_base_exp()
    if base != N:
        raise ValueError(f"{expression} is no power of {N}")
    return sp.expand(exponent)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From one step of an explicit network to averages, their powers of N, and the exponents."""
    return (*_step(), *_averages(), *_exponents())


def _step() -> tuple[Step, ...]:
    inputs, last = sp.symbols("x_1 x_2", real=True), sp.symbols("v_1:4", real=True)
    weights = [sp.symbols(f"w_{k}1 w_{k}2", real=True) for k in range(1, 4)]
    fields = [N**-a_h * sum((w * s for w, s in zip(row, inputs, strict=True)), sp.S.Zero) for row in weights]
    output = N**-a_o * sum((v * phi(h) for v, h in zip(last, fields, strict=True)), sp.S.Zero)
    rate, error = epsilon * N**-c_N, output - y
    loss, length = error**2 / 2, sum((s**2 for s in inputs), sp.S.Zero)

    def slope(h: sp.Expr) -> sp.Expr:
        return SLOPE.subs(x, h).doit()

    steps = {w: -rate * loss.diff(w) for row in weights for w in row}
    moved = sum((fields[0].diff(w) * steps[w] for w in weights[0]), sp.S.Zero)
    by_output = sum((output.diff(v) * -rate * loss.diff(v) for v in last), sp.S.Zero)
    by_layer = sum((output.diff(w) * step for w, step in steps.items()), sp.S.Zero)
    squares = sum((v**2 * slope(h) ** 2 for v, h in zip(last, fields, strict=True)), sp.S.Zero)
    return (
        Step(
            claim="A step changes a preactivation by the error, its output weight and its slope, times the squared "
            "length of what the layer reads.",
            because="Gradients of three neurons by their weights for two entries.",
            obligation=(moved + rate * N ** (-2 * a_h - a_o) * error * last[0] * slope(fields[0]) * length).doit(),
        ),
        Step(
            claim="The output changes by the error times the sum of squared signals, and times that of squared slopes "
            "and output weights.",
            because="Gradients of the same network by the weights of either layer.",
            obligation=(
                (by_output + rate * N ** (-2 * a_o) * error * sum((phi(h) ** 2 for h in fields), sp.S.Zero)).doit(),
                (by_layer + rate * N ** (-2 * a_h - 2 * a_o) * error * length * squares).doit(),
            ),
        ),
    )


def _averages() -> tuple[Step, ...]:
    defined, shown = {definition.lhs: definition.rhs for definition in STATEMENT.where}, STATEMENT.right
    moved, by_output, by_layer = (side.subs(defined).subs(POWERS) for side in shown[:3])
    (one, other), (signal, beside) = sp.symbols("z_1 z_2", real=True), sp.symbols("p r", real=True)
    slope, spread, rate = sp.Symbol("d", real=True), N**-b_o, epsilon * N**-c_N
    output = N**-a_o * spread * (one * signal + other * beside)
    square = sp.expand(price.moment(sp.expand((output - y) ** 2 * (spread * one * slope) ** 2), (one, other)))
    alone = square.subs(beside, 0)
    each = sp.expand(square - alone)  # what one further neuron adds
    squared, sloped, both = (
        GaussE(function.subs(x, FIELD), z).subs(POWERS) for function in (SIGNAL**2, SLOPE**2, SIGNAL**2 * SLOPE**2)
    )
    means = {slope**2 * signal**2: both, slope**2 * beside**2: squared * sloped, slope**2: sloped}
    mean_square = sum(
        (sp.expand(part).subs(means, simultaneous=True) * count for part, count in ((alone, sp.S.One), (each, N - 1))),
        sp.S.Zero,
    )
    first = [
        price.moment(sp.expand((output - y) * part), (one, other)) for part in (signal**2, (spread * one * slope) ** 2)
    ]
    return (
        Step(
            claim="In the mean square a preactivation sees the target, its own part of the output and that of N - 1 "
            "other neurons.",
            because="Moments of two output weights; neurons are independent, with preactivations of variance K_II.",
            obligation=rate**2 * N ** (-4 * a_h - 2 * a_o) * (n_f * q) ** 2 * mean_square - moved,
            shows=sp.Eq(MOVED, shown[0], evaluate=False),
        ),
        Step(
            claim="In the mean the output moves towards the target, by a sum of N equal terms.",
            because="The output itself is odd in the weights of its layer.",
            obligation=(
                N * -rate * N ** (-2 * a_o) * first[0].subs(signal**2, squared) - by_output,
                N * -rate * N ** (-2 * a_h - 2 * a_o) * n_f * q * first[1].subs(slope**2, sloped) - by_layer,
            ),
            shows=sp.Eq(sp.Tuple(BY_OUTPUT, BY_LAYER), sp.Tuple(*shown[1:3]), evaluate=False),
        ),
    )


def _exponents() -> tuple[Step, ...]:
    moved, by_output, by_layer, *found = stated()
    a, b, theta = sp.symbols("a_1:4", real=True), sp.symbols("b_1:4", real=True), sp.Symbol("theta", real=True)
    feature = sp.expand(power(moved.subs({G_0: 0, G_2: 0})) / 2)  # of its root, where the output starts small
    hidden = {a_h: a[1], b_h: b[1], a_o: a[2], b_o: b[2]}
    first = {a_h: a[0], b_h: b[0], a_o: a[2], b_o: b[2]}
    field, size = (power(POWERS[K_II].subs(n_f, n)) / 2 for n in (n_f, N))
    orders = [
        field.subs(first),
        size.subs(hidden),
        feature.subs(first),
        power(moved.subs({G_0: 0, G_2: 0, n_f: N})).subs(hidden) / 2,
        power(by_output).subs(hidden),
        power(by_layer.subs(n_f, N)).subs(hidden),
    ]
    unknown = [*a, *b, c_N]
    solution = dict(zip(unknown, [*found[:3], b_mu, b_mu, b_mu, found[3]], strict=True))
    matrix = sp.Matrix([[order.diff(letter) for letter in unknown] for order in orders])
    shift = sp.Matrix([1, 1, 1, -1, -1, -1, -2])
    shifted = {a_h: a_h + theta, a_o: a_o + theta, b_h: b_h - theta, b_o: b_o - theta, c_N: c_N - 2 * theta}
    backwards, random = sp.symbols("d_1:4", real=True), sp.symbols("z_1:4", real=True)
    back = N ** (-a[1] - b[1]) * sum((w * d for w, d in zip(random, backwards, strict=True)), sp.S.Zero)
    half = sp.Rational(1, 2)
    standard = dict(zip(unknown, (0, 0, 0, 0, half, half, c_N), strict=True))
    tangent = dict(zip(unknown, (0, half, half, 0, 0, 0, 0), strict=True))
    return (
        Step(
            claim="A gradient that goes back through a hidden layer keeps its order where signals keep theirs.",
            because="Its mean square is a sum of terms that are not correlated, three in place of N.",
            obligation=price.moment(sp.expand(back**2), random)
            - N ** (2 * size.subs(hidden) - 1) * sum((d**2 for d in backwards), sp.S.Zero),
        ),
        Step(
            claim="With the exponents of the maximal update no signal, no change of a feature in any layer and no "
            "change of the output has a power of N.",
            because="Six powers, read off the averages for a layer that reads an input and for one that reads N "
            "neurons, with the exponents inserted.",
            obligation=tuple(sp.expand(order.subs(solution, simultaneous=True)) for order in orders),
            shows=sp.Eq(sp.Tuple(A_1, A_2, A_3, C_MU), sp.Tuple(*found), evaluate=False),
        ),
        Step(
            claim="There are no others: six equations of seven exponents are independent, and leave the one shift "
            "a + theta, b - theta, c - 2 theta.",
            because="Their matrix times the shift vanishes; six of its columns have a determinant that is not zero.",
            obligation=(matrix * shift, matrix[:, :6].det() ** 2 - 64),
        ),
        Step(
            claim="The shift changes nothing at any width.",
            because="It is inserted into the averages.",
            obligation=tuple(
                sp.expand(side.subs(shifted, simultaneous=True) - side)
                for side in (POWERS[K_II], moved, by_output, by_layer)
            ),
        ),
        Step(
            claim="In the standard parametrization the output changes by N^(1 - c), so that the rate has to fall like "
            "1 / N; features then change by N^(-1/2) in hidden layers and N^(-3/2) in the first.",
            because="Its exponents inserted, and c = 1.",
            obligation=(
                *(order.subs(standard) - (1 - c_N) for order in orders[4:]),
                orders[3].subs(standard).subs(c_N, 1) + half,
                orders[2].subs(standard).subs(c_N, 1) + 3 * half,
            ),
        ),
        Step(
            claim="In the NTK parametrization the output changes by the order 1, and features by N^(-1/2).",
            because="Its exponents inserted.",
            obligation=(*(order.subs(tangent) for order in orders[4:]), *(o.subs(tangent) + half for o in orders[2:4])),
        ),
    )
