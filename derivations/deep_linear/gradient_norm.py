r"""How large the gradient of a mode is in a linear network of any depth.

Premises: those of `depth_n_mode`, with its d = N_l - 1 weight matrices. The slide gives the combined gradient of a deep
network as O(N_l / tau) and the gradient norm as O(N_l). Both hold for the rate of the mode strength, which adds one
term from every matrix. The norm of the gradient in the space of all weights adds the squares of d equal shares and
grows like sqrt(N_l).
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import matrix_product as mp
from derivations.deep_linear.depth_n_mode import STATEMENT as DEPTH_N_MODE
from derivations.deep_linear.depth_n_mode import rate
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import N_l, a, s, tau

NORM = sp.Symbol(r"\|\nabla_{W} L\|", nonnegative=True)  # Euclidean norm over all weights, of one mode's share
RATE = DEPTH_N_MODE.left[0]
SLIDE = Source(document="000", where="Deep linear learning speed")

STATEMENT = Statement(
    module=__name__,
    title="Gradient norm and combined gradient of a mode at any depth",
    formula=sp.Eq(
        sp.Tuple(NORM, RATE),
        sp.Tuple(sp.sqrt(N_l - 1) * a ** (1 - 1 / (N_l - 1)) * sp.Abs(s - a), rate()),
        evaluate=False,
    ),
    parameters=DEPTH_N_MODE.parameters,
    assumptions=(
        *DEPTH_N_MODE.assumptions,
        "The norm is the Euclidean one over all entries of all matrices; the squares of the modes' norms add up.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="000", where="Deeper networks"), Source(document="001", where="Deeper networks")),
    covers=("A16",),
    uses=("deep_linear.depth_n_mode",),
    printed=(
        Printed(
            erratum="E12",
            kind="ambiguous",
            formula=sp.Eq(
                sp.Tuple(NORM, RATE),
                sp.Tuple((N_l - 1) * a ** (2 - 2 / (N_l - 1)) * sp.Abs(s - a), rate()),
                evaluate=False,
            ),
            note="The gradient norm is printed as O(N_l), which holds for the rate of the mode strength; the Euclidean "
            "norm of the gradient grows like sqrt(N_l).",
            source=SLIDE,
        ),
    ),
)


def norm() -> sp.Expr:
    """Euclidean norm of the gradient of a mode as a function of a, s and N_l."""
    return STATEMENT.right[0]


def derivation() -> tuple[Step, ...]:
    """From the gradient of a decoupled network to the norm of one mode, and its relation to the rate of learning."""
    return (_squares_add(), _frames_drop_out(), *_one_mode())


def _squares_add() -> Step:
    share = sp.Symbol("g_l", real=True)
    high, high_t, low, low_t = (mp.letter(name) for name in ("h_{l}", "h_{l}^{T}", "h_{l-1}", "h_{l-1}^{T}"))
    rest, rest_t = mp.letter("G'"), mp.letter("G'^{T}")
    gradient, gradient_t = share * mp.word(high, low_t) + rest, share * mp.word(low, high_t) + rest_t
    square = mp.contract(mp.word(gradient_t, gradient), mp.word(high_t, high))
    square = square.subs([(mp.word(high_t, rest), sp.S.Zero), (mp.word(rest_t, high), sp.S.Zero)])
    length = mp.contract(mp.word(low_t, low), mp.word(low_t, low))  # the trace of h h^T
    d, i = (sp.Symbol(k, integer=True, positive=True) for k in ("d", "i"))  # number of matrices, index of a matrix
    own, others = sp.Symbol("w_l", positive=True), sp.Function("r", positive=True)(i)  # strengths, of one and others
    slope = sp.diff((s - own * others) ** 2 / 2, own).subs(own, a / others)
    squares = sp.Symbol(r"\sum_{l} \Big(\prod_{k \neq l} w_k\Big)^2")
    return Step(
        claim="In a decoupled start the squared gradient norm is a sum over modes, and within a mode over matrices.",
        because="The gradient by a matrix is that of one mode, g_l h_l h_(l-1)^T with unit vectors, and a rest on "
        "which they do not act (see the modes at any depth); its Gram matrix splits in the same way, and the trace of "
        "h h^T is 1. Squares of different matrices are of different weights.",
        obligation=(square - share**2 * mp.word(low, low_t) - mp.word(rest_t, rest), length - 1),
        shows=sp.Eq(NORM**2, squares * (s - a) ** 2, evaluate=False),
        means={NORM: sp.sqrt(sp.factor_terms(sp.Sum(slope**2, (i, 1, d)))), squares: sp.Sum(others**2, (i, 1, d))},
    )


def _frames_drop_out() -> Step:
    high, high_t, low, low_t = (mp.letter(name) for name in ("R_{l}", "R_{l}^{T}", "R_{l-1}", "R_{l-1}^{T}"))
    inner, inner_t = mp.letter("G_{l}"), mp.letter("G_{l}^{T}")
    gradient, gradient_t = mp.word(high, inner, low_t), mp.word(low, inner_t, high_t)
    square = mp.contract(mp.word(gradient_t, gradient), mp.word(high_t, high))
    around = mp.contract(mp.word(inner_t, inner, low_t, low), mp.word(low_t, low))
    whole, own = mp.squared_norm(gradient), mp.squared_norm(inner)
    return Step(
        claim="The directions of the modes in the hidden layers do not change the norm.",
        because="A decoupled gradient is R_l G_l R_(l-1)^T; in the trace of its Gram matrix, where R_(l-1) may be "
        "moved around to the end, the orthonormal columns cancel.",
        obligation=square - mp.word(low, inner_t, inner, low_t),
        shows=sp.Eq(whole, own, evaluate=False),
        means={whole: mp.trace(around), own: mp.trace(mp.word(inner_t, inner))},
    )


def _one_mode() -> tuple[Step, ...]:
    d, i = (sp.Symbol(k, integer=True, positive=True) for k in ("d", "i"))  # number of matrices, index of a matrix
    strength, others = (sp.Symbol(k, positive=True) for k in ("w_l", "r_l"))
    share = sp.diff((s - strength * others) ** 2 / 2, strength).subs(others, a / strength)
    total = sp.Sum((share**2).subs(strength, a ** (1 / d)), (i, 1, d)).doit()
    loss = (s - a) ** 2 / 2
    delta = sp.Symbol("delta", positive=True)  # 1 / (N_l - 1)
    deep = {N_l: 1 + 1 / delta}
    per_layer = sp.powsimp(rate().subs(deep) * delta).subs(delta, 0)
    return (
        Step(
            claim="With d = N_l - 1 equal strengths a^(1/d) the norm is the one stated.",
            because="Half the squared error of a mode is differentiated by one strength, the other factors "
            "multiplying to the mode strength over it; the squares of d equal shares are added.",
            obligation=total - norm().subs(N_l, d + 1) ** 2,
            shows=sp.Eq(NORM, STATEMENT.right[0], evaluate=False),
        ),
        Step(
            claim="Rate and norm belong together: the loss of a mode falls by the squared norm over tau.",
            because="The loss changes by its derivative times the rate of the mode strength, which is taken over from "
            "the result on any depth.",
            obligation=sp.diff(loss, a) + (s - a),
            shows=sp.Eq((s - a) * RATE, NORM**2 / tau, evaluate=False),
            means={RATE: STATEMENT.right[1], NORM: norm()},
        ),
        Step(
            claim="For deep networks the norm grows like the square root of the number of matrices, the rate like the "
            "number itself.",
            because="Both are divided by their power of N_l - 1 and evaluated at 1 / (N_l - 1) = 0.",
            obligation=per_layer - a**2 * (s - a) / tau,
            shows=sp.Eq(sp.Limit(NORM / sp.sqrt(N_l - 1), N_l, sp.oo), a * sp.Abs(s - a), evaluate=False),
            means={NORM: norm()},
        ),
    )
