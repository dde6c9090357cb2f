r"""By how much the tangent kernel of a network of finite width changes while it is trained, with its coefficient.

Premises: one hidden layer of N neurons, h its preactivations for one input, f = sigma_w a . phi(h) / sqrt(N) + sigma_b
b the output, and gradient flow of all parameters. A preactivation is linear in the first layer's parameters, so that
its squared gradient is K, its variance. What the kernel changes by, over the error that drives it, is a third kernel O.
Both averages with it that are not zero are exact at any width: that with f is of order 1 / N, the mean square of order
1 / N^2. So a kernel drifts by the order 1 / N, in the mean and in every network. For linear neurons the flow keeps a
constant of the motion, which gives the kernel at the end.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import K_II, N, phi, sigma_w, tau, x, z
from derivations.wide_training import FURTHER_READING, VARIANCE_I, WIDTH

HIERARCHY = Source(document="huang2020dynamics", where="the hierarchy of kernels, and their order in the width")
ALONG, SQUARE, END = (sp.Symbol(name, real=True) for name in (r"\mathbb{E}\, f O", r"\mathbb{E}\, O^2", "Theta_end"))
THETA_0, F_0, TARGET = sp.Symbol("Theta_0", positive=True), sp.Symbol("f_0", real=True), sp.Symbol("y", real=True)
M_1, M_2, M_3, M_4, M_5 = sp.symbols("U_1:6", real=True)
FIELD = sp.sqrt(K_II) * z


def at_field(function: sp.Expr) -> sp.Expr:
    """Mean of a function of x at a preactivation."""
    return GaussE(function.subs(x, FIELD), z)


SIGNAL, SLOPE, BEND = phi(x), phi(x).diff(x), phi(x).diff(x, 2)
MEANS = {
    M_1: SIGNAL**2 * SLOPE**2,
    M_2: SIGNAL * SLOPE**2 * BEND,
    M_3: SIGNAL**2 * SLOPE**4,
    M_4: SIGNAL * SLOPE**4 * BEND,
    M_5: SLOPE**4 * BEND**2,
}

STATEMENT = Statement(
    module=__name__,
    title="Drift of the tangent kernel at finite width",
    formula=sp.Eq(
        sp.Tuple(ALONG, SQUARE, END),
        sp.Tuple(
            sigma_w**4 * K_II / N * (4 * M_1 + 6 * K_II * M_2),
            sigma_w**6 * K_II**2 / N**2 * (16 * M_3 + 48 * K_II * M_4 + 60 * K_II**2 * M_5),
            sp.sqrt(THETA_0**2 + 4 * K_II * sigma_w**2 * (TARGET**2 - F_0**2) / N),
        ),
        evaluate=False,
    ),
    where=tuple(sp.Eq(name, at_field(function), evaluate=False) for name, function in MEANS.items()),
    parameters=(
        mean_field.ACTIVATION,
        mean_field.WEIGHT_SCALE,
        VARIANCE_I.narrowed("the only input, at the hidden layer", typical=(0.4, 3)),
        WIDTH,
        Parameter(symbol=THETA_0, meaning="tangent kernel at the start", domain=POSITIVE, typical=(3, 9)),
        Parameter(symbol=F_0, meaning="output at the start", domain=sp.S.Reals, typical=(-0.9, 0.9)),
        Parameter(symbol=TARGET, meaning="target", domain=sp.S.Reals, typical=(1.1, 3)),
    ),
    assumptions=(
        "One hidden layer of N neurons in the NTK parametrization, one example, half its squared error as loss; tau "
        "times the change of all parameters is minus the gradient.",
        "O is tau times the rate of Theta over y - f; averages are over Gaussian weights and biases at the start. The "
        "mean rate of tau Theta there is minus that of f O, whatever the target.",
        "phi' is absolutely continuous.",
        "Theta_end is the kernel after training of linear neurons, phi(x) = x, without an output bias. Theta_0 and f_0 "
        "are those of one network: then Theta_0^2 is at least 4 K_II sigma_w^2 f_0^2 / N, and the root is real for "
        "every target.",
    ),
    regime=Exact(),
    sources=(FURTHER_READING, HIERARCHY),
    covers=("W3",),
)


def neuron() -> tuple[sp.Symbol, sp.Symbol, sp.Symbol, sp.Symbol]:
    """Output weight of a neuron, and phi, phi' and phi'' of it."""
    a, signal, slope, bend = sp.symbols("a p d e", real=True)
    return a, signal, slope, bend


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the flow of an explicit network to the third kernel, its averages, and a constant of the motion."""
    return (*_third_kernel(), *_averages(), *_linear())


def _third_kernel() -> tuple[Step, ...]:
    weights, fields = sp.symbols("a_1:4", real=True), sp.symbols("h_1:4", real=True)
    (bias, offset), scale = sp.symbols("b sigma_b", real=True), sigma_w / sp.sqrt(3)
    output = scale * sum((a * phi(h) for a, h in zip(weights, fields, strict=True)), sp.S.Zero) + offset * bias
    # by the parameters below h, which is linear in them: a product of two gradients is K times that of slopes by h
    everything = [*weights, bias, *fields]
    metric = {p: K_II if p in fields else sp.S.One for p in everything}
    theta = sum((metric[p] * output.diff(p) ** 2 for p in everything), sp.S.Zero)
    third = sum((metric[p] * output.diff(p) * theta.diff(p) for p in everything), sp.S.Zero)
    stated = (
        sigma_w**3
        * K_II
        / sp.sqrt(3) ** 3
        * sum(
            4 * a * phi(h) * phi(h).diff(h) ** 2 + 2 * K_II * a**3 * phi(h).diff(h) ** 2 * phi(h).diff(h, 2)
            for a, h in zip(weights, fields, strict=True)
        )
    )
    below, there = sp.symbols("theta_1:3", real=True), sp.symbols("x_1:3", real=True)
    linear = sum((w * v for w, v in zip(below, there, strict=True)), sp.S.Zero)
    flow = -(output - TARGET) / tau  # times the gradient
    return (
        Step(
            claim="A preactivation is linear in the parameters of its neuron: its squared gradient is constant.",
            because="Two weights and two entries of an input.",
            obligation=tuple((sum((linear.diff(w) ** 2 for w in below), sp.S.Zero)).diff(w) for w in below),
        ),
        Step(
            claim="Over time the kernel changes by (y - f) / tau times the product of its gradient with that of f.",
            because="Parameters flow down the gradient of half the squared error: the chain rule, with three neurons.",
            obligation=sum((metric[p] * flow * output.diff(p) * theta.diff(p) for p in everything), sp.S.Zero)
            - (TARGET - output) / tau * third,
        ),
        Step(
            claim="This third kernel is a sum over neurons, odd in the output weights, with N^(-3/2) in front.",
            because="The kernel of three neurons is differentiated once more.",
            obligation=third - stated,
        ),
    )


def _averages() -> tuple[Step, ...]:
    a, signal, slope, bend = neuron()
    along, square, _ = STATEMENT.right
    term = 4 * a * signal * slope**2 + 2 * K_II * a**3 * slope**2 * bend
    front = sigma_w**3 * K_II * N ** sp.Rational(-3, 2)

    def averaged(expression: sp.Expr) -> sp.Expr:
        """Over the output weight and the preactivation."""
        terms = sp.Poly(price.moment(expression, (a,)), signal, slope, bend).terms()
        return sum((c * at_field(SIGNAL**i * SLOPE**j * BEND**k) for (i, j, k), c in terms), sp.S.Zero)

    defined = {definition.lhs: definition.rhs for definition in STATEMENT.where}
    with_output = N * front * sigma_w / sp.sqrt(N) * averaged(sp.expand(a * signal * term))
    mean_square = N * front**2 * averaged(sp.expand(term**2))
    return (
        Step(
            claim="Its mean is zero, and so is that of its product with another neuron's output weight.",
            because="It is odd in each output weight.",
            obligation=(price.moment(term, (a,)), term + term.subs(a, -a)),
        ),
        Step(
            claim="With the output it has the average of each neuron with itself.",
            because="Moments 2 and 4 of the output weight; N equal terms of the order N^(-2).",
            obligation=with_output - along.subs(defined),
            shows=sp.Eq(ALONG, along, evaluate=False),
        ),
        Step(
            claim="Its mean square is the sum over neurons of their own.",
            because="Moments 2, 4 and 6 of the output weight; N equal terms of the order N^(-3).",
            obligation=mean_square - square.subs(defined),
            shows=sp.Eq(SQUARE, square, evaluate=False),
        ),
    )


def _linear() -> tuple[Step, ...]:
    weights, fields = sp.symbols("a_1:4", real=True), sp.symbols("h_1:4", real=True)
    pairs = list(zip(weights, fields, strict=True))
    output = sigma_w / sp.sqrt(3) * sum((a * h for a, h in pairs), sp.S.Zero)
    theta = sigma_w**2 / 3 * sum((h**2 + K_II * a**2 for a, h in pairs), sp.S.Zero)
    error = output - TARGET
    apart = [sum((h + sign * sp.sqrt(K_II) * a) ** 2 for a, h in pairs) for sign in (1, -1)]
    flow = {a: -error * output.diff(a) for a in weights} | {h: -K_II * error * output.diff(h) for h in fields}

    def moved(function: sp.Expr) -> sp.Expr:
        return sum((function.diff(p) * change for p, change in flow.items()), sp.S.Zero)

    end = STATEMENT.right[2]
    small = sp.Symbol("e", positive=True)  # 1 / N
    return (
        Step(
            claim="For linear neurons f changes by -Theta (f - y), and Theta by -4 K sigma_w^2 f (f - y) / N.",
            because="The flow of three linear neurons, whose kernel is sigma_w^2 (h . h + K a . a) / N.",
            obligation=(moved(output) + theta * error, moved(theta) + 4 * K_II * sigma_w**2 / 3 * output * error),
        ),
        Step(
            claim="So Theta^2 - 4 K sigma_w^2 f^2 / N does not change.",
            because="Its change along the flow of three neurons.",
            obligation=moved(theta**2 - 4 * K_II * sigma_w**2 / 3 * output**2),
        ),
        Step(
            claim="It is not negative: sigma_w^4 / N^2 times the squared lengths of h + sqrt(K) a and h - sqrt(K) a.",
            because="Both are multiplied out, for three neurons.",
            obligation=theta**2 - 4 * K_II * sigma_w**2 / 3 * output**2 - (sigma_w**2 / 3) ** 2 * apart[0] * apart[1],
        ),
        Step(
            claim="At the end f is y, which gives the kernel there.",
            because="The constant at the end and at the start. Unless it is zero the kernel never comes down to zero, "
            "and the error decays.",
            obligation=end**2 - 4 * K_II * sigma_w**2 * TARGET**2 / N - THETA_0**2 + 4 * K_II * sigma_w**2 * F_0**2 / N,
            shows=sp.Eq(END, end, evaluate=False),
        ),
        Step(
            claim="In a wide network it has drifted by 2 K sigma_w^2 (y^2 - f_0^2) / (N Theta_0).",
            because="The root is differentiated by 1 / N, at 0.",
            obligation=sp.diff(end.subs(N, 1 / small), small).subs(small, 0)
            - 2 * K_II * sigma_w**2 * (TARGET**2 - F_0**2) / THETA_0,
        ),
    )
