r"""How much a random layer stretches: the mean squared singular value of its Jacobian, and of a product of such layers.

Premises: x^l = phi(h^l), h^l = W^l x^{l-1} + b^l with independent Gaussian weights of variance sigma_w^2 / N_{l-1} and
biases of variance sigma_b^2; the preactivations start at the length q* that the layers keep. D^l is the diagonal matrix
of the slopes phi'(h^l). The slides leave out that the weights of a row and the slope of its neuron depend on each other
(an effect of order 1 / N), that N is the width of the last layer where widths differ, that all lengths must be q*, and
they call the product of the D^l W^l the Jacobian with respect to h^0: it is the one with respect to x^0, and that by an
h^0 with x^0 = phi(h^0) has one more factor, the mean squared slope chi_1 / sigma_w^2 of the layer 0. (They print the
product with F^1 for D^1 as ...F^2 W^2 F^2 W^1 in one place.)
"""

from __future__ import annotations

import functools
import itertools

import sympy as sp

from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import Limit, Parameter, Printed, Source, Statement
from derivations.symbols import D, N, chi_1, phi, q_star, sigma_w, x, z

TWO_POINTS = Source(document="001", where="Propagation of two points through a deep network")
POOLE = Source(document="poole2016exponential", where="mean field theory and the stretch factor chi_1")
SLOPE = phi(x).diff(x).subs(x, sp.sqrt(q_star) * z)
LAYER, NETWORK, INCLUDING = (
    sp.Symbol(rf"\frac{{1}}{{N}} \mathbb{{E}}\, \mathrm{{Tr}}\, {inside}", positive=True)
    for inside in (
        r"(D W)^T D W",
        r"J^T J,\; J = \partial x^D / \partial x^0",
        r"J_0^T J_0,\; J_0 = \partial x^D / \partial h^0",
    )
)
LEFT = sp.Tuple(LAYER, NETWORK, INCLUDING)

STATEMENT = Statement(
    module=__name__,
    title="Stretch of a random network: mean squared singular value of its Jacobian",
    formula=sp.Eq(LEFT, sp.Tuple(chi_1, chi_1**D, chi_1 ** (D + 1) / sigma_w**2), evaluate=False),
    where=(sp.Eq(chi_1, sigma_w**2 * GaussE(SLOPE**2, z), evaluate=False),),
    parameters=(
        mean_field.ACTIVATION.narrowed("once differentiable, kinks allowed"),
        mean_field.WEIGHT_SCALE,
        mean_field.FIXED_LENGTH,
        Parameter(symbol=D, meaning="depth: layers of weights", domain=sp.Range(1, sp.oo), typical=(3, 9)),
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "N is the width of the last layer of the Jacobian.",
        "The preactivations of every layer have the squared length q* per neuron; away from it the stretch is another.",
        "With respect to h^0 the inputs are x^0 = phi(h^0), where h^0 is Gaussian with variance q*.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(TWO_POINTS, POOLE),
    covers=("D9", "D10"),
    printed=(
        Printed(
            erratum="E19b",
            kind="ambiguous",
            formula=sp.Eq(LEFT, sp.Tuple(chi_1, chi_1**D, chi_1**D), evaluate=False),
            note="The product of the D^l W^l is the Jacobian with respect to x^0. That with respect to h^0 is the same "
            "if h^0 stands for the input; if x^0 = phi(h^0), as x^l = phi(h^l) reads at l = 0, it carries the slopes "
            "of layer 0 too, whose mean square is chi_1 / sigma_w^2.",
            source=TWO_POINTS,
        ),
    ),
)


def network(widths: tuple[int, ...]) -> tuple[list[sp.Matrix], list[sp.Matrix], sp.Matrix, sp.Matrix]:
    """An explicit network x^l = phi(W^l x^{l-1} + b^l): weights, preactivations, inputs h^0 and x^0 (as symbols)."""
    weights, fields = [], []
    start = sp.Matrix(sp.symbols(f"h_1:{widths[0] + 1}", real=True))
    signal = inputs = sp.Matrix(sp.symbols(f"x_1:{widths[0] + 1}", real=True))
    for layer, (before, after) in enumerate(itertools.pairwise(widths), start=1):
        weight = sp.Matrix(after, before, lambda i, j, k=layer: sp.Symbol(f"W{k}_{i}{j}", real=True))
        bias = sp.Matrix(sp.symbols(f"b{layer}_1:{after + 1}", real=True))
        weights.append(weight)
        fields.append(weight * signal + bias)
        signal = fields[-1].applyfunc(phi)
    return weights, fields, start, inputs


def slopes(field: sp.Matrix) -> sp.Matrix:
    """The diagonal matrix of the slopes phi'(h_i)."""
    return sp.diag(*(phi(x).diff(x).subs(x, h) for h in field))


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the chain rule through one row of weights to the whole network."""
    layer, product, including = (e.subs(chi_1, STATEMENT.where[0].rhs) for e in STATEMENT.right)
    mean_slope = GaussE(SLOPE**2, z)
    trace, size = sp.symbols("M N_in", positive=True)  # trace of J J^T in the layer before; its width
    outputs = sp.Symbol("N_out", positive=True)
    after = outputs * (sigma_w**2 / size) * mean_slope * trace / outputs
    ratio = sp.cancel(after / (trace / size))
    return (
        *_chain_rule(),
        _singular_values(),
        *_row(),
        Step(
            claim="In a wide layer whose inputs have the length of the fixed point, the preactivations are Gaussian "
            "with variance q*, and means over neurons are averages.",
            because="Law of large numbers, layer by layer; the term with M x is smaller by 1 / N, as |M| stays finite.",
            assumption=POOLE,
            shows=sp.Eq(sp.Symbol(r"\mathbb{E}\, g(h)"), mean_slope, evaluate=False),
        ),
        Step(
            claim="A layer multiplies the trace of J J^T per neuron by chi_1, whatever the widths; with M the unit "
            "matrix that is the mean squared singular value of one layer.",
            because="All N_out rows add the same mean; each trace is divided by the width of its own layer.",
            obligation=(ratio - layer, after.subs(trace, size) - layer),
            shows=sp.Eq(LAYER, layer, evaluate=False),
        ),
        Step(
            claim="D layers that start from the unit matrix at x^0 give chi_1^D.",
            because="The first layer gives chi_1, and every further one multiplies by it.",
            obligation=(
                product.subs(D, 1) - after.subs(trace, size),
                sp.powsimp(product.subs(D, D + 1) / product) - ratio,
            ),
            shows=sp.Eq(NETWORK, chi_1**D, evaluate=False),
        ),
        Step(
            claim="With respect to h^0 they start from the squared slopes of layer 0; every layer multiplies by chi_1.",
            because="The trace of the squared slopes per neuron is their mean; the first layer multiplies it by chi_1.",
            obligation=(
                including.subs(D, 1) - after.subs(trace, size * mean_slope),
                sp.powsimp(including.subs(D, D + 1) / including) - ratio,
            ),
            shows=sp.Eq(INCLUDING, chi_1 ** (D + 1) / sigma_w**2, evaluate=False),
        ),
        _linear(),
    )


def _chain_rule() -> tuple[Step, ...]:
    (first, second), (field_1, field_2), start, inputs = network((2, 3, 2))
    output = field_2.applyfunc(phi)
    letters = [sp.Symbol(name, commutative=False) for name in ("D^2", "W^2", "D^1", "W^1", "D^0")]
    factors = (slopes(field_2), second, slopes(field_1), first)
    by_inputs, by_start = sp.Symbol(r"\partial x^2 / \partial x^0"), sp.Symbol(r"\partial x^2 / \partial h^0")
    from_start = dict(zip(inputs, start.applyfunc(phi), strict=True))
    return (
        Step(
            claim="The Jacobian with respect to the inputs x^0 is the product of the D^l W^l.",
            because="Every entry of the Jacobian of an explicit network of widths 2, 3, 2 is differentiated.",
            shows=sp.Eq(by_inputs, sp.Mul(*letters[:4]), evaluate=False),
            means={by_inputs: output.jacobian(inputs), **dict(zip(letters, factors, strict=False))},
        ),
        Step(
            claim="The Jacobian with respect to h^0, where x^0 = phi(h^0), has the slopes of layer 0 as a factor too.",
            because="The same network with phi(h^0) for its inputs, differentiated by h^0.",
            shows=sp.Eq(by_start, sp.Mul(*letters), evaluate=False),
            means={
                by_start: output.subs(from_start).jacobian(start),
                **dict(zip(letters, (*(m.subs(from_start) for m in factors), slopes(start)), strict=True)),
            },
        ),
    )


def _singular_values() -> Step:
    first, second = sp.symbols("s_1 s_2", nonnegative=True)
    left, right = (sp.rot_axis3(sp.Symbol(name, real=True))[:2, :2] for name in ("alpha", "beta"))
    jacobian, trace = left * sp.diag(first, second) * right.T, sp.Symbol(r"\mathrm{Tr}\, J^T J")
    return Step(
        claim="The trace of J^T J is the sum of the squared singular values.",
        because="A matrix given by two rotations and two singular values.",
        shows=sp.Eq(trace, first**2 + second**2, evaluate=False),
        means={trace: (jacobian.T * jacobian).trace()},
    )


def _row() -> tuple[Step, ...]:
    """One row of weights and the slope of its neuron depend on each other: two integrations by parts say how much."""
    size = sp.Symbol("N_in", positive=True)
    spread = sigma_w**2 / size  # variance of a weight
    weights = sp.symbols("w_1:4", real=True)
    inputs, bias = sp.symbols("x_1:4", real=True), sp.Symbol("b", real=True)
    field = sum((w * a for w, a in zip(weights, inputs, strict=True)), bias)
    g = sp.Function("g", real=True)
    density = sp.exp(-sum(w**2 for w in weights) / (2 * spread))
    here, turned, bent = (g(x).diff(x, order).subs(x, field).doit() for order in range(3))
    form, mean_g, mean_bent, trace, squared, mean_of_row = (
        sp.Symbol(rf"\mathbb{{E}}\, {inside}" if average else inside, commutative=False)  # printed in their order
        for average, inside in (
            (True, r"g(h)\, w M w^T"),
            (True, "g(h)"),
            (True, "g''(h)"),
            (False, r"\mathrm{Tr}\, M"),
            (False, "x^T M x"),
            (True, r"h^2\, w M w^T"),
        )
    )
    entry, entries = sp.Symbol("m", real=True), []  # what stands under the averages for an M of one entry m
    for j in range(3):
        for k in range(j, 3):
            flux_j = -spread * weights[k] * here * density
            flux_k = -(spread**2) * inputs[j] * turned * density
            divergence = flux_j.diff(weights[j]) + flux_k.diff(weights[k])
            entries.append(
                {
                    form: entry * (weights[j] * weights[k] * here * density - divergence),
                    mean_g: here * density,
                    mean_bent: bent * density,
                    trace: entry if j == k else 0,
                    squared: entry * inputs[j] * inputs[k],
                    N: size,
                }
            )
    variables = sp.symbols("xi_1:3", real=True)  # standard Gaussians: an explicit row of two weights
    row = [sigma_w / sp.sqrt(2) * v for v in variables]
    matrix = sp.Matrix(2, 2, sp.symbols("M_11 M_12 M_12 M_22", real=True))
    h = sum((w * a for w, a in zip(row, inputs, strict=False)), sp.S.Zero)
    vector = sp.Matrix(inputs[:2])
    mean = price.moment(h**2 * (sp.Matrix([row]) * matrix * sp.Matrix(row))[0], variables)
    expected = sigma_w**2 / 2 * matrix.trace() * price.moment(h**2, variables)
    expected += 2 * (sigma_w**2 / 2) ** 2 * (vector.T * matrix * vector)[0]
    return (
        Step(
            claim="The mean of w_j w_k g(h) is its value for independent w and h plus a term of second order in "
            "the variance sigma_w^2 / N of a weight.",
            because="Two integrations by parts over a row of Gaussian weights, for any function g such as phi'^2: the "
            "difference of the integrands is a divergence.",
            shows=sp.Eq(
                form, sigma_w**2 / N * mean_g * trace + sigma_w**4 / N**2 * mean_bent * squared, evaluate=False
            ),
            means=tuple(entries),
        ),
        Step(
            claim="Summed with a symmetric matrix M this holds for an explicit row of two weights.",
            because="Gaussian moments for g(h) = h^2, every entry of M and of the inputs free.",
            shows=sp.Eq(mean_of_row, sp.factor(expected), evaluate=False),
            means={mean_of_row: mean},
        ),
    )


def _linear() -> Step:
    widths = (2, 3, 2)
    first, second = (
        sp.Matrix(after, before, lambda i, j, k=k: sp.Symbol(f"W{k}_{i}{j}", real=True))
        for k, (before, after) in enumerate(itertools.pairwise(widths), start=1)
    )
    scaled = (second / sp.sqrt(3)) * (first / sp.sqrt(2)) * sigma_w**2
    trace = price.moment((scaled * scaled.T).trace(), (*first, *second)) / widths[-1]
    slope = sp.Symbol("a", positive=True)
    stated = STATEMENT.right[1].subs(chi_1, STATEMENT.where[0].rhs).subs(D, 2)
    linear = stated.subs(phi, sp.Lambda(x, slope * x)).doit()
    return Step(
        claim="A linear network of widths 2, 3, 2 has this mean exactly.",
        because="Gaussian moments of all twelve weights; the slope of phi = a x is a in every layer.",
        shows=sp.Eq(NETWORK, linear, evaluate=False),
        means={NETWORK: slope**4 * trace},
    )
