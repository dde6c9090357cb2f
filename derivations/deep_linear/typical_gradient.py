r"""The gradient that a typical random network has, where the mean over networks says that none is lost.

Premises: D square matrices with independent Gaussian entries of variance sigma_w^2 / N, and a given error at the
outputs. The page measures the gradient by its mean square, which is preserved at sigma_w = 1. Behind many layers that
mean is made by few networks: the gradient of nearly all of them follows the mean of its logarithm, which is preserved
only by weights that are larger by a factor of about 1 + 1 / (2 N).
"""

from __future__ import annotations

import sympy as sp

from derivations import deep_linear
from derivations.calculus import matrix_product as mp
from derivations.deep_linear.norm_preservation import STATEMENT as GAIN
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import D, N, sigma_w

CRITICAL = sp.Symbol(r"\sigma_w^{\mathrm{typ}}", positive=True)
TYPICAL = sp.Symbol(r"\exp \mathrm{E} \ln \frac{|\nabla_{W^l} L|}{|x| |e|}", positive=True)
MEAN_SQUARE = sp.Symbol(r"\mathrm{E} \frac{|\nabla_{W^l} L|^2}{|x|^2 |e|^2}", positive=True)
_CRITICAL = sp.sqrt(N / 2) * sp.exp(-sp.polygamma(0, N / 2) / 2)

STATEMENT = Statement(
    module=__name__,
    title="Typical and mean gradient of deep linear networks",
    formula=sp.Eq(
        sp.Tuple(CRITICAL, TYPICAL, MEAN_SQUARE),
        sp.Tuple(_CRITICAL, (sigma_w / _CRITICAL) ** (D - 1), sigma_w ** (2 * (D - 1))),
        evaluate=False,
    ),
    parameters=(
        deep_linear.WEIGHT_SCALE,
        deep_linear.OUTPUTS,
        deep_linear.MATRICES,
    ),
    assumptions=(
        "The gradient is that of the loss by the matrix of any one layer l, for one example, as its Euclidean norm; it "
        "is divided by the norms of the input x and of the error e at the outputs, which are given.",
        "The weights are independent and Gaussian of variance sigma_w^2 / N; the matrices are square, with N inputs.",
    ),
    regime=Exact(),
    sources=(
        Source(document="000", where="Deeper networks"),
        Source(document="saxe2014exact", where="singular values of products of random Gaussian matrices"),
    ),
    covers=("A27",),
    uses=("deep_linear.norm_preservation",),
)


def derivation() -> tuple[Step, ...]:
    """From backpropagation to a product of two lengths, its logarithm's mean, and the weights that preserve it."""
    return (*_two_lengths(), *_means(), *_larger_than_one())


def _two_lengths() -> tuple[Step, ...]:
    above, weight, below = (mp.matrix(name, *shape) for name, shape in (("A", (2, 3)), ("W", (3, 2)), ("B", (2, 3))))
    given, signal = mp.matrix("e", 2, 1), mp.matrix("x", 3, 1)
    loss = (given.T * above * weight * below * signal)[0]
    back, forth = above.T * given, below * signal
    slopes = mp.gradient(loss, weight)
    gradient, norm = mp.letter(r"\nabla_{W^l} L"), mp.letter(r"|\nabla_{W^l} L|")
    sent, received = mp.letter("(W^{D} .. W^{l+1})^{T} e"), mp.letter("(W^{l-1} .. W^{1} x)^{T}")
    back_word, forth_word = mp.letter("|W^{D..l+1\\,T} e|"), mp.letter("|W^{l-1..1} x|")
    vectors = mp.matrix("b", 3, 1), mp.matrix("f", 2, 1)  # in the place of both

    def length(matrix: sp.Matrix) -> sp.Expr:
        return sp.sqrt(sp.factor(sum(entry**2 for entry in matrix)))

    return (
        Step(
            claim="The gradient by a matrix is the error sent back through the matrices above, times the signal behind "
            "the matrices below.",
            because="The error times the outputs is differentiated by every entry of the matrix.",
            instances="layers of three, two, three and two neurons",
            shows=sp.Eq(gradient, mp.word(sent, received), evaluate=False),
            means={gradient: slopes, sent: back, received: forth.T},
        ),
        Step(
            claim="Its norm is the product of both lengths, D - 1 matrices in all, whichever layer it is taken in.",
            because="The squares of all entries are added up.",
            instances="layers of three, two, three and two neurons",
            shows=sp.Eq(norm, mp.word(back_word, forth_word), evaluate=False),
            means={
                norm: length(vectors[0] * vectors[1].T),
                back_word: length(vectors[0]),
                forth_word: length(vectors[1]),
            },
        ),
    )


def _means() -> tuple[Step, ...]:
    square, mean, _ = (part.subs(D, D - 1) for part in GAIN.right)
    backward = sp.Symbol("b", integer=True, positive=True)  # matrices above the layer
    parts = [GAIN.right[k].subs(D, backward) for k in (0, 1)]
    rest = [GAIN.right[k].subs(D, D - 1 - backward) for k in (0, 1)]
    typical, of_both = STATEMENT.right[1], mp.letter(r"\mathrm{E} \ln |\nabla_{W^l} L|")
    return (
        Step(
            claim="The matrices above and below the layer act as D - 1 matrices on one signal.",
            because="They are independent, and the transpose of a square matrix of equal Gaussian entries has its law: "
            "mean squares of both lengths multiply and means of logarithms add up.",
            obligation=sp.powsimp(parts[0] * rest[0]) - square,
            shows=sp.Eq(of_both, mean, evaluate=False),
            means={of_both: parts[1] + rest[1]},
        ),
        Step(
            claim="The mean square is the one stated.",
            because="The law of one signal's length is taken over with D - 1 matrices.",
            obligation=square - STATEMENT.right[2],
            shows=sp.Eq(MEAN_SQUARE, STATEMENT.right[2], evaluate=False),
        ),
        Step(
            claim="The exponential of the logarithm's mean is a power of the weights over those that preserve it.",
            because="Logarithms of both sides are subtracted.",
            obligation=sp.expand(sp.expand_log(sp.log(typical), force=True) - mean),
            shows=sp.Eq(TYPICAL, (sigma_w / CRITICAL) ** (D - 1), evaluate=False),
        ),
        Step(
            claim="Only these weights preserve it.",
            because="The logarithm's mean vanishes there, and its derivative by sigma_w is (D - 1) / sigma_w.",
            obligation=(
                sp.expand(sp.expand_log(mean.subs(sigma_w, _CRITICAL), force=True)),
                sp.diff(mean, sigma_w) - (D - 1) / sigma_w,
            ),
            shows=sp.Eq(CRITICAL, _CRITICAL, evaluate=False),
        ),
    )


def _larger_than_one() -> tuple[Step, ...]:
    y, u, c = sp.Symbol("y", positive=True), sp.Symbol("u", positive=True), sp.Symbol("c", positive=True)
    gap = sp.log(y) - sp.polygamma(0, y)
    further = gap.subs(y, y + 1).subs(sp.polygamma(0, y + 1), sp.polygamma(0, y) + 1 / y)
    excess = sp.Symbol("z", positive=True)  # of a positive gap, which is 2 ln(1 + z)
    above = _CRITICAL.subs(sp.polygamma(0, N / 2), sp.log(N / 2) - 2 * sp.log(1 + excess))
    g = sp.Function("g")
    fall = 1 / y - sp.log(1 + 1 / y)
    guess = u / 2 + c * u**2  # of the gap, in u = 1 / y
    balance = sp.series(guess - guess.subs(u, u / (1 + u)) - (u - sp.log(1 + u)), u, 0, 4).removeO()
    second = sp.Rational(1, 12)
    wide = sp.exp(guess / 2).subs({c: second, u: 2 / N})
    return (
        Step(
            claim="ln y - psi(y) falls by 1 / y - ln(1 + 1 / y) from y to y + 1.",
            because="psi(y + 1) is psi(y) + 1 / y.",
            shows=sp.Eq(g(y) - g(y + 1), fall, evaluate=False),
            means={g(y): gap, g(y + 1): further},
        ),
        Step(
            claim="That fall is positive, so the gap, which vanishes far out, is positive everywhere: the weights that "
            "preserve the typical gradient are above 1.",
            because="u - ln(1 + u) is zero at u = 0 and its slope u / (1 + u) is positive; ln y - psi(y) is the sum of "
            "all falls from y on.",
            obligation=(
                sp.diff(u - sp.log(1 + u), u) - u / (1 + u),
                (u - sp.log(1 + u)).subs(u, 0),
                sp.limit(gap, y, sp.oo),
            ),
            shows=sp.Gt(CRITICAL, 1, evaluate=False),
            means={CRITICAL: above},
        ),
        Step(
            claim="For wide networks they are 1 + 1 / (2 N) + 7 / (24 N^2) and higher orders.",
            because="1 / (2 y) + 1 / (12 y^2) falls from y to y + 1 as it must, to third order in 1 / y; half of it "
            "at y = N / 2 stands in the exponent.",
            obligation=sp.expand(balance).subs(c, second),
            shows=sp.Eq(
                CRITICAL, 1 + 1 / (2 * N) + sp.Rational(7, 24) / N**2 + sp.O(N**-3, (N, sp.oo)), evaluate=False
            ),
            means={CRITICAL: wide},
        ),
        Step(
            claim="At sigma_w = 1 the typical gradient falls to 1 / e in about 2 N layers; the mean square stays.",
            because="The power -2 N of that series tends to 1 / e.",
            obligation=STATEMENT.right[2].subs(sigma_w, 1) - 1,
            shows=sp.Eq(sp.Limit(CRITICAL ** (-2 * N), N, sp.oo), sp.exp(-1), evaluate=False),
            means={CRITICAL: wide},
        ),
    )
