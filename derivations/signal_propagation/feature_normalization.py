r"""Layer and RMS normalization of the neurons of each input: two inputs and gradients.

Premises: h' = W n(phi(h)) + b. Layer normalization takes its own mean over the N neurons from every signal and divides
by its standard deviation, RMS normalization divides by the root of its mean square; W and b as in a plain layer. In a
wide layer mean and mean square do not fluctuate, so both are affine maps, the same for all inputs: lengths are those
of the weights, whatever came before. A gradient also loses its components along the signal and along 1, two of N.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.calculus import mean_field, price
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.signal_propagation import variance_map
from derivations.statement import Limit, Source, Statement
from derivations.symbols import N, V_l, c, phi, sigma_b, sigma_w, z

LAW = Source(document="yang2020tensor", where="layer normalization: the signal over its standard deviation")
TWO_POINTS = Source(document="001", where="Propagation of two points through a deep network")
VARIANCE, BY_LAYER, BACK_LAYER, BY_ROOT, BACK_ROOT = sp.symbols(
    r"V_{l+1} K_{l+1}(layer) G_l(layer) K_{l+1}(RMS) G_l(RMS)", real=True
)
SQUARE, PRODUCT, SLOPE = signal_propagation.averages(V_l, c)
MEAN = GaussE(phi(sp.sqrt(V_l) * z), z)

STATEMENT = Statement(
    module=__name__,
    title="Layer and RMS normalization: two inputs and gradients",
    formula=sp.Eq(
        sp.Tuple(VARIANCE, BY_LAYER, BACK_LAYER, BY_ROOT, BACK_ROOT),
        sp.Tuple(
            sigma_b**2 + sigma_w**2,
            sigma_b**2 + sigma_w**2 * (PRODUCT - MEAN**2) / (SQUARE - MEAN**2),
            sigma_w**2 * SLOPE / (SQUARE - MEAN**2),
            sigma_b**2 + sigma_w**2 * PRODUCT / SQUARE,
            sigma_w**2 * SLOPE / SQUARE,
        ),
        evaluate=False,
    ),
    parameters=(
        mean_field.ACTIVATION.narrowed("once differentiable, kinks allowed"),
        mean_field.WEIGHT_SCALE,
        mean_field.BIAS_SCALE,
        signal_propagation.VARIANCE.narrowed("at layer l"),
        signal_propagation.CORRELATION,
    ),
    assumptions=(
        *mean_field.WIDE_AND_GAUSSIAN,
        "V_l is that behind either normalization, without gain and shift of its own.",
        "K_l is the covariance of two inputs of the same variance V_l.",
        signal_propagation.BACK_BY_WIDTH,
        "phi is not constant.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    letters=(
        sp.Eq(sp.Symbol("v_phi", positive=True), SQUARE - MEAN**2, evaluate=False),
        sp.Eq(sp.Symbol("k_phi", real=True), PRODUCT, evaluate=False),
    ),
    sources=(TWO_POINTS, LAW),
    covers=("D8", "D9"),
    uses=(variance_map.STATEMENT.id,),
)


def normalized(signal: sp.Matrix, centred: bool) -> sp.Matrix:
    """A signal without its mean (or with it), over the root of its mean square."""
    size = len(signal)
    rest = signal - sp.ones(size, 1) * (sum(signal) / size if centred else 0)
    return rest / sp.sqrt((rest.T * rest)[0] / size)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From explicit signals to what the normalizations and their Jacobians are; then wide layers."""
    signal = sp.Matrix([sp.Rational(3, 2), -sp.Rational(1, 3), sp.Rational(4, 5), 2])
    return (*_lengths(), *(_jacobian(signal, centred) for centred in (True, False)), *_wide())


def _lengths() -> tuple[Step, ...]:
    signal = sp.Matrix(sp.symbols("a_1:4", real=True))
    length = sp.Symbol(r"\tfrac1N |n(x)|^2")
    both = (normalized(signal, True), normalized(signal, False))
    weights, bias = sp.symbols("w_1:4", real=True), sp.Symbol("b", real=True)
    field = sigma_w / sp.sqrt(3) * sum(w * a for w, a in zip(weights, signal, strict=True)) + sigma_b * bias
    square = price.moment(field**2, (*weights, bias))
    return (
        Step(
            claim="Both give every signal the mean square 1.",
            because="Signals of three neurons, all free.",
            shows=sp.Eq(length, 1, evaluate=False),
            means=tuple({length: (n.T * n)[0] / 3} for n in both),
        ),
        Step(
            claim="So the squared length behind the weights is sigma_b^2 + sigma_w^2.",
            because="Moments of an explicit neuron with three inputs, whose mean square is set to 1.",
            obligation=(
                sp.expand(square - sigma_b**2 - sigma_w**2 * sum(a**2 for a in signal) / 3),
                STATEMENT.right[0] - sigma_b**2 - sigma_w**2,
            ),
            shows=sp.Eq(VARIANCE, STATEMENT.right[0], evaluate=False),
        ),
    )


def _jacobian(signal: sp.Matrix, centred: bool) -> Step:
    letters = sp.Matrix(sp.symbols("y_1:5", real=True))
    size = len(signal)
    jacobian = normalized(letters, centred).jacobian(letters).subs(dict(zip(letters, signal, strict=True)))
    rest = signal - sp.ones(size, 1) * (sum(signal) / size if centred else 0)
    square = (rest.T * rest)[0]
    flat = sp.ones(size, size) / size if centred else sp.zeros(size, size)
    claimed = (sp.eye(size) - flat - rest * rest.T / square) / sp.sqrt(square / size)
    trace = sp.Symbol(r"\mathrm{Tr}\, J^T J")
    length = sp.Symbol(r"|x - \bar{x}|^2" if centred else "|x|^2")
    kind = "Layer" if centred else "RMS"
    return Step(
        claim=f"The Jacobian of {kind} normalization is a projection divided by the root of the mean square: it takes "
        f"{'two directions' if centred else 'one direction'} out of N away and divides the others.",
        because="A signal of four neurons, differentiated entry by entry.",
        obligation=(jacobian - claimed).applyfunc(sp.simplify),
        instances="one signal of four neurons",
        shows=sp.Eq(trace, N * (N - (2 if centred else 1)) / length, evaluate=False),
        means={trace: (jacobian.T * jacobian).trace(), length: square, N: size},
    )


def _wide() -> tuple[Step, ...]:
    _, by_layer, back_layer, by_root, back_root = STATEMENT.right
    first, second, mean = sp.symbols("a d m", real=True)
    average, together, centre, steep = sp.symbols("A B m S", real=True)
    pair, product = sp.expand((first - mean) * (second - mean)), sp.Symbol(r"\mathbb{E} (a - m)(d - m)")
    averaged = pair.subs(first * second, together).subs({first: mean, second: mean})
    centred = (together - centre**2) / (average - centre**2)
    values = {average: SQUARE, together: PRODUCT, centre: MEAN, steep: SLOPE}
    return (
        Step(
            claim="In wide layers mean and mean square over the neurons become Gaussian averages, equal for both "
            "inputs.",
            because="Law of large numbers, layer by layer.",
            assumption=variance_map.GAUSSIAN,
            shows=sp.Eq(mean, MEAN),
        ),
        Step(
            claim="The mean product of two centred signals is that of the signals less the square of the mean.",
            because="The product is expanded; both signals have the mean m.",
            shows=sp.Eq(product, together - mean**2, evaluate=False),
            means={product: averaged},
        ),
        Step(
            claim="Divided by the mean square these give the maps of two inputs and, with the mean squared slope in "
            "its place, of gradients; two directions of N do not count.",
            because="Each mean is replaced by its limit.",
            obligation=(
                (sigma_b**2 + sigma_w**2 * centred).subs(values) - by_layer,
                (sigma_w**2 * steep / (average - centre**2)).subs(values) - back_layer,
                (sigma_b**2 + sigma_w**2 * together / average).subs(values) - by_root,
                (sigma_w**2 * steep / average).subs(values) - back_root,
            ),
            shows=STATEMENT.formula,
        ),
    )
