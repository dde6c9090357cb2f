r"""How steep the saddles are that learning in a three-layer linear network passes.

Premises: a linear network y = W^{32} W^{21} x of any widths under gradient descent on half the squared error, at a
balanced critical point, where it holds some modes of the data in full and others not at all. All critical points that
leave out a mode while holding a weaker one are strict saddles; modes are ranked by s^2 / Lambda, the singular value of
Sigma^{31} (Sigma^{11})^{-1/2} squared, and not by s.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.calculus import matrix_product as mp
from derivations.calculus.matrix_product import letter
from derivations.proof import Step
from derivations.statement import NONNEGATIVE, POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import Lambda_i, Lambda_j, s_i, s_j, tau

DOWN, UP, ACROSS = sp.symbols("h_{-} h_{+} h_{ij}", real=True)
_MEAN, _HALF = (s_i + Lambda_j * s_i / Lambda_i) / 2, (s_i - Lambda_j * s_i / Lambda_i) / 2
_ROOT = sp.sqrt(_HALF**2 + s_j**2)
CURVATURES = (_MEAN - _ROOT, _MEAN + _ROOT, s_j + Lambda_j * s_i / Lambda_i)

HELD_VALUE = Parameter(
    symbol=s_i,
    meaning="singular value of Sigma31 of a mode that the network holds",
    domain=NONNEGATIVE,
    typical=(0.3, 3.5),
)
OTHER_VALUE = Parameter(
    symbol=s_j, meaning="singular value of Sigma31 of another mode", domain=NONNEGATIVE, typical=(0.3, 3.5)
)
HELD_POWER, OTHER_POWER = (
    Parameter(
        symbol=symbol,
        meaning=f"square of the input of mode {name}, summed over examples",
        domain=POSITIVE,
        typical=(0.4, 2.5),
    )
    for symbol, name in ((Lambda_i, "i"), (Lambda_j, "j"))
)
SUMMED = "The loss is half the squared error summed over the examples."
PRINCIPAL = "Input directions of the modes are eigenvectors of Sigma11, with eigenvalues Lambda."

STATEMENT = Statement(
    module=__name__,
    title="Curvatures at the saddles of learning",
    formula=sp.Eq(sp.Tuple(DOWN, UP, ACROSS), sp.Tuple(*CURVATURES), evaluate=False),
    parameters=(
        HELD_VALUE,
        OTHER_VALUE.narrowed("left out in h_- and h_+, held in h_ij"),
        HELD_POWER,
        OTHER_POWER,
    ),
    assumptions=(
        SUMMED,
        PRINCIPAL,
        "Curvatures are eigenvalues of the Hessian at a critical point that is balanced, W32^T W32 = W21 W21^T. A pair "
        "of a held mode i and a left-out mode j has h_- and h_+; a pair of held modes, also a mode with itself, has "
        "h_ij and zero; a hidden neuron that holds nothing counts as s_i = 0.",
        "h_- is negative exactly where s_j^2 / Lambda_j exceeds s_i^2 / Lambda_i; with whitened inputs h_- and h_+ are "
        "s_i - s_j and s_i + s_j, and a critical point is left at the rate (s_j - s_i) / tau.",
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="Fixed points"),
        Source(document="baldi1989neural", where="critical points and saddles of linear networks"),
        Source(document="saxe2014exact", where="general learning dynamics of gradient descent"),
    ),
    covers=("A7",),
)


def derivation() -> tuple[Step, ...]:
    """From the loss of an explicit network to its whole Hessian at a critical point, and to the signs of its blocks."""
    return (*_hessian(), *_signs())


def _explicit(held: int) -> tuple[sp.Matrix, dict, dict, tuple[sp.Matrix, sp.Matrix]]:
    """Hessian at a rest point of a network with 3 inputs, 2 hidden neurons and 4 outputs that holds `held` modes.

    Returns the Hessian by all 14 weights, the place of each weight in it, the letters, and the gradients there. Inputs
    are modes with Lambda_k = r_k^2; modes that are held have s_k = Lambda_k w_k^2, carried as w_k by both matrices.
    """
    weights = first, second = mp.chain((3, 2, 4))
    root = sp.symbols("r_1:4", positive=True)
    strength = sp.symbols("w_1:4", positive=True)
    value = [root[k] ** 2 * strength[k] ** 2 if k < held else sp.Symbol(f"s_{k + 1}", positive=True) for k in range(3)]
    inputs = sp.diag(*root)
    outputs = sp.Matrix(4, 3, lambda i, k: value[k] / root[k] if i == k else 0)
    loss = mp.squared_error(weights, inputs, outputs)
    order = [*first, *second]
    rest = {w: sp.S.Zero for w in order}
    rest |= {matrix[k, k]: strength[k] for k in range(held) for matrix in weights}
    slopes = [sp.diff(loss, w) for w in order]
    hessian = sp.Matrix(14, 14, lambda i, j: sp.expand(sp.diff(slopes[i], order[j]).xreplace(rest)) if i <= j else 0)
    hessian = hessian + hessian.T - sp.diag(*hessian.diagonal())
    place = {("in", h, k): 3 * h + k for h in range(2) for k in range(3)}
    place |= {("out", k, h): 6 + 2 * k + h for k in range(4) for h in range(2)}
    letters = {"w": strength, "s": value, "Lambda": [r**2 for r in root]}
    return hessian, place, letters, tuple(mp.gradient(loss, weight).xreplace(rest) for weight in weights)


def _hessian() -> tuple[Step, ...]:
    both, place, at, gradients = _explicit(2)
    w, s, power = at["w"], at["s"], at["Lambda"]
    expected = sp.zeros(14, 14)

    def block(matrix: sp.Matrix, *places: int) -> None:
        for (i, p), (j, q) in itertools.product(enumerate(places), repeat=2):
            expected[p, q] += matrix[i, j]

    for i, j in itertools.product(range(2), repeat=2):  # held i, held j: the map of input j into output i
        block(power[j] * sp.Matrix([w[i], w[j]]) * sp.Matrix([[w[i], w[j]]]), place["in", i, j], place["out", i, j])
    for i in range(2):  # held i, left out: the third mode, and an output without partner
        pair = sp.Matrix([[power[2] * w[i] ** 2, -s[2]], [-s[2], s[i]]])
        block(pair, place["in", i, 2], place["out", 2, i])
        block(sp.Matrix([[s[i]]]), place["out", 3, i])
    one, place, lone, _ = _explicit(1)
    silent = [place["in", 1, 2], place["out", 2, 1]]
    rows = [one[p, q] for p in silent for q in range(14) if q not in silent]
    alone = one.extract(silent, silent) + lone["s"][2] * sp.Matrix([[0, 1], [1, 0]])
    imbalance = sp.Symbol("c", positive=True)
    curved = sp.Matrix([[Lambda_j * s_i / Lambda_i * imbalance, -s_j], [-s_j, s_i / imbalance]])
    stated = CURVATURES[0] * CURVATURES[1]
    return (
        Step(
            claim="A network that holds two of three modes, each by a hidden neuron of its own, is at rest.",
            because="The loss of an explicit network with 3 inputs, 2 hidden neurons and 4 outputs is differentiated "
            "by every weight, and evaluated at W21 = R S V^T and W32 = U S R^T, S^2 the strengths s / Lambda.",
            obligation=gradients,
            shows=sp.Eq(letter(r"\nabla L"), sp.Integer(0), evaluate=False),
        ),
        Step(
            claim="Its Hessian falls into blocks of two weights: one for each held mode and each mode, held or not.",
            because="All second derivatives by the 14 weights are evaluated there, and compared entry by entry.",
            obligation=both - expected,
            instances="a network of 3-2-4 neurons that holds two of three modes",
            shows=sp.Eq(
                letter("H_{ij}"),
                sp.Matrix([[Lambda_j * s_i / Lambda_i, -s_j], [-s_j, s_i]]),
                evaluate=False,
            ),
        ),
        Step(
            claim="The block of a held and a left-out mode has the eigenvalues h_- and h_+ stated.",
            because="Its characteristic polynomial is evaluated at both, and its trace compared with their sum.",
            obligation=(
                *((curved.subs(imbalance, 1) - h * sp.eye(2)).det() for h in STATEMENT.right[:2]),
                curved.subs(imbalance, 1).trace() - STATEMENT.right[0] - STATEMENT.right[1],
            ),
            shows=sp.Eq(sp.Tuple(DOWN, UP), sp.Tuple(*CURVATURES[:2]), evaluate=False),
        ),
        Step(
            claim="The block of two held modes is a square, with the eigenvalues zero and h_ij; a held mode with "
            "itself has 2 s.",
            because="The square of a vector has its squared length as eigenvalue; s = Lambda w^2 is inserted.",
            obligation=(
                STATEMENT.right[2].subs(
                    {s_i: power[0] * w[0] ** 2, s_j: power[1] * w[1] ** 2, Lambda_i: power[0], Lambda_j: power[1]}
                )
                - power[1] * (w[0] ** 2 + w[1] ** 2),
                STATEMENT.right[2].subs({s_j: s_i, Lambda_j: Lambda_i}) - 2 * s_i,
            ),
            shows=sp.Eq(ACROSS, STATEMENT.right[2], evaluate=False),
        ),
        Step(
            claim="A hidden neuron that holds nothing has the curvatures -s_j and s_j, the pair with s_i = 0.",
            because="The Hessian of the network that holds one mode is evaluated at the weights of its other neuron.",
            obligation=(
                *rows,
                alone,
                *(h.subs(s_i, 0) - sign * s_j for h, sign in zip(STATEMENT.right[:2], (-1, 1), strict=True)),
            ),
            instances="a network of 3-2-4 neurons that holds one of three modes",
            shows=sp.Eq(sp.Tuple(DOWN, UP).subs(s_i, 0), sp.Tuple(-s_j, s_j), evaluate=False),
        ),
        Step(
            claim="At unbalanced rest points the sign of h_- is the same.",
            because="With the strength shared unequally, c to 1 / c in the squares, the determinant of the block does "
            "not depend on c; its diagonal is positive.",
            obligation=(curved.det() - stated, sp.diff(curved.det(), imbalance)),
            shows=sp.Eq(DOWN * UP, curved.det(), evaluate=False),
        ),
    )


def _signs() -> tuple[Step, ...]:
    down, up = STATEMENT.right[:2]
    white = {Lambda_i: 1, Lambda_j: 1}
    weights = held, away = sp.symbols("x y", real=True)
    loss = Lambda_j * s_i / Lambda_i * held**2 / 2 - s_j * held * away + s_i * away**2 / 2  # along a pair
    flow = [-sp.diff(loss, k).subs(white) / tau for k in weights]
    return (
        Step(
            claim="A rest point is a strict saddle where a mode is left out that has larger s^2 / Lambda than a held "
            "one, and only there.",
            because="The product of h_- and h_+ is computed; h_+ is positive.",
            obligation=down * up - Lambda_j * (s_i**2 / Lambda_i - s_j**2 / Lambda_j),
            shows=sp.Eq(DOWN * UP, Lambda_j * (s_i**2 / Lambda_i - s_j**2 / Lambda_j), evaluate=False),
        ),
        Step(
            claim="With whitened inputs the curvatures are the difference and the sum of the singular values.",
            because="Lambda_i = Lambda_j = 1 is inserted.",
            obligation=(down.subs(white) - s_i + s_j, up.subs(white) - s_i - s_j),
            shows=sp.Eq(sp.Tuple(DOWN, UP), sp.Tuple(s_i - s_j, s_i + s_j), evaluate=False),
        ),
        Step(
            claim="There a push grows at the rate (s_j - s_i) / tau along equal changes of both weights of the pair.",
            because="The quadratic part of the loss is differentiated by both weights; at equal changes it gives this "
            "rate for either.",
            obligation=tuple(rate.subs({held: away}) * tau - (s_j - s_i) * away for rate in flow),
            shows=sp.Eq(tau * letter(r"\dot{\delta}"), (s_j - s_i) * letter(r"\delta"), evaluate=False),
        ),
    )
