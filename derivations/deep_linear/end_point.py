r"""Where learning in a three-layer linear network ends, and how steep the saddles are that it passes.

Premises: a linear network y = W^{32} W^{21} x of any widths under gradient descent on half the squared error, from
small random weights. At a critical point the network holds some modes of the data in full and others not at all. All
critical points that leave out a mode while holding a weaker one are strict saddles, so learning ends with the strongest
modes, as many as the narrowest layer has neurons. The page says that the map approaches Sigma^{31}; this needs as many
hidden neurons as the data have modes, and whitened inputs. With other inputs the map approaches the regression
Sigma^{31} (Sigma^{11})^{-1}, projected on as many output directions as there are hidden neurons; modes are then ranked
by s^2 / Lambda, the singular value of Sigma^{31} (Sigma^{11})^{-1/2} squared, and not by s.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.calculus import linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus.matrix_product import contract, letter, word
from derivations.proof import Step
from derivations.statement import NONNEGATIVE, POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import Lambda_i, Lambda_j, s_i, s_j, tau

HELD, LEFT_OUT, DOWN, UP, ACROSS = sp.symbols(
    r"u_{i}^{T}W(\infty)v_{i} u_{j}^{T}W(\infty)v_{j} h_{-} h_{+} h_{ij}", real=True
)
_MEAN, _HALF = (s_i + Lambda_j * s_i / Lambda_i) / 2, (s_i - Lambda_j * s_i / Lambda_i) / 2
_ROOT = sp.sqrt(_HALF**2 + s_j**2)
CURVATURES = (_MEAN - _ROOT, _MEAN + _ROOT, s_j + Lambda_j * s_i / Lambda_i)
LEFT = sp.Tuple(HELD, LEFT_OUT, DOWN, UP, ACROSS)
SLIDE = Source(document="001", where="Fixed points")

STATEMENT = Statement(
    module=__name__,
    title="End point of learning, and the saddles on the way",
    formula=sp.Eq(LEFT, sp.Tuple(s_i / Lambda_i, sp.S.Zero, *CURVATURES), evaluate=False),
    parameters=(
        Parameter(
            symbol=s_i,
            meaning="singular value of Sigma31 of a mode that the network holds",
            domain=NONNEGATIVE,
            typical=(0.3, 3.5),
        ),
        Parameter(
            symbol=s_j,
            meaning="singular value of another mode: left out in h_- and h_+, held in h_ij",
            domain=NONNEGATIVE,
            typical=(0.3, 3.5),
        ),
        Parameter(
            symbol=Lambda_i,
            meaning="square of the input of mode i, summed over examples",
            domain=POSITIVE,
            typical=(0.4, 2.5),
        ),
        Parameter(
            symbol=Lambda_j,
            meaning="square of the input of mode j, summed over examples",
            domain=POSITIVE,
            typical=(0.4, 2.5),
        ),
    ),
    assumptions=(
        "The loss is half the squared error summed over the examples.",
        "Training starts at small random weights, and ends at one of the points that almost every start leads to.",
        "The modes left out at the end are those of smallest s^2 / Lambda, beyond the number of hidden neurons.",
        "Input directions of the modes are eigenvectors of Sigma11, with eigenvalues Lambda. For other inputs the "
        "statement on the end holds with Lambda = 1 for W Sigma11^(1/2) and the modes of Sigma31 Sigma11^(-1/2).",
        "Curvatures are eigenvalues of the Hessian at a critical point that is balanced, W32^T W32 = W21 W21^T. A pair "
        "of a held mode i and a left-out mode j has h_- and h_+; a pair of held modes, also a mode with itself, has "
        "h_ij and zero; a hidden neuron that holds nothing counts as s_i = 0.",
        "h_- is negative exactly where s_j^2 / Lambda_j exceeds s_i^2 / Lambda_i; with whitened inputs h_- and h_+ are "
        "s_i - s_j and s_i + s_j, and a critical point is left at the rate (s_j - s_i) / tau.",
    ),
    regime=Exact(),
    sources=(
        SLIDE,
        Source(document="baldi1989neural", where="critical points and saddles of linear networks"),
        Source(document="saxe2014exact", where="general learning dynamics of gradient descent"),
    ),
    covers=("A7",),
    printed=(
        Printed(
            erratum="E6",
            kind="assumption",
            formula=sp.Eq(LEFT, sp.Tuple(s_i, s_j, *CURVATURES), evaluate=False),
            note="The map is said to approach Sigma31; this needs as many hidden neurons as the data have modes, and "
            "whitened inputs.",
            source=SLIDE,
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the flow to its rest points, to the whole Hessian there, to the one rest point where training ends."""
    return (
        *linear_network.averaged_flow(),
        *_rest_points(),
        *_hessian(),
        *_signs(),
        linear_network.conserved_gram("21", "32"),
        *_end(),
    )


def _rest_points() -> tuple[Step, ...]:
    A, AT, G = letter("W^{32}"), letter("W^{32T}"), letter(r"(W^{32T} W^{32})^{-1}")
    data, data_t, square, inverse = (
        letter(k) for k in (r"\Sigma^{31}", r"\Sigma^{31T}", r"\Sigma^{11}", r"(\Sigma^{11})^{-1}")
    )
    one = (word(G, AT, A), word(AT, A, G), word(inverse, square), word(square, inverse))
    first, first_t = word(G, AT, data, inverse), word(inverse, data_t, A, G)  # W21 and its transpose
    error = data - word(A, first, square)
    spread, onto = word(data, inverse, data_t), word(A, G, AT)
    held = letter("P")
    return (
        Step(
            claim="At rest the map is the regression of outputs on inputs, projected on the columns of W32.",
            because="W21 = (W32^T W32)^-1 W32^T Sigma31 Sigma11^-1 is inserted into the flow of W21, which vanishes; "
            "W32 W21 is then a projector, equal to its square, times the regression.",
            obligation=(contract(word(AT, error), *one), contract(word(onto, onto) - onto, *one)),
            shows=sp.Eq(word(A, letter("W^{21}")), word(held, data, inverse), evaluate=False),
        ),
        Step(
            claim="The projector commutes with Sigma31 Sigma11^-1 Sigma31^T: it holds some of the left singular "
            "vectors of Sigma31 Sigma11^(-1/2), and leaves out the others.",
            because="The flow of W32 at this W21 is multiplied by W32^T; what it leaves is symmetric only if the "
            "projector can change sides.",
            obligation=contract(word(error, first_t, AT), *one)
            - contract(word(spread, onto), *one)
            + contract(word(onto, spread, onto), *one),
            shows=sp.Eq(word(held, data, inverse, data_t), word(data, inverse, data_t, held), evaluate=False),
        ),
    )


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
                *((curved.subs(imbalance, 1) - h * sp.eye(2)).det() for h in STATEMENT.right[2:4]),
                curved.subs(imbalance, 1).trace() - STATEMENT.right[2] - STATEMENT.right[3],
            ),
            shows=sp.Eq(sp.Tuple(DOWN, UP), sp.Tuple(*CURVATURES[:2]), evaluate=False),
        ),
        Step(
            claim="The block of two held modes is a square, with the eigenvalues zero and h_ij; a held mode with "
            "itself has 2 s.",
            because="The square of a vector has its squared length as eigenvalue; s = Lambda w^2 is inserted.",
            obligation=(
                STATEMENT.right[4].subs(
                    {s_i: power[0] * w[0] ** 2, s_j: power[1] * w[1] ** 2, Lambda_i: power[0], Lambda_j: power[1]}
                )
                - power[1] * (w[0] ** 2 + w[1] ** 2),
                STATEMENT.right[4].subs({s_j: s_i, Lambda_j: Lambda_i}) - 2 * s_i,
            ),
            shows=sp.Eq(ACROSS, STATEMENT.right[4], evaluate=False),
        ),
        Step(
            claim="A hidden neuron that holds nothing has the curvatures -s_j and s_j, the pair with s_i = 0.",
            because="The Hessian of the network that holds one mode is evaluated at the weights of its other neuron.",
            obligation=(
                *rows,
                alone,
                *(h.subs(s_i, 0) - sign * s_j for h, sign in zip(STATEMENT.right[2:4], (-1, 1), strict=True)),
            ),
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
    down, up = STATEMENT.right[2:4]
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


def _end() -> tuple[Step, ...]:
    w, first, second = sp.symbols("w w_1 w_2", positive=True)
    total = sp.Matrix([[w], [0]]) * sp.Matrix([[w, 0]])  # W32 W21 in the coordinates of the modes i and j
    slope = sp.diff(Lambda_i * (first * second) ** 2 / 2 - s_i * first * second, first)
    at_end = slope.subs({first: w, second: w})
    end = total.subs(w, sp.sqrt(STATEMENT.right[0]))
    return (
        Step(
            claim="Training converges to one of these rest points.",
            because="The loss is a polynomial that falls along the flow; the conserved Gram matrices keep the weights "
            "bounded while the map is.",
            assumption=Source(document="absil2005convergence", where="analytic gradient flows converge"),
        ),
        Step(
            claim="From almost every start it does not end at a strict saddle: the modes held at the end are those of "
            "largest s^2 / Lambda, as many as the narrowest layer has neurons.",
            because="The starts that lead to strict saddles have measure zero, saddles that are not isolated included.",
            assumption=Source(document="panageas2017gradient", where="main theorem, non-isolated critical points"),
        ),
        Step(
            claim="Hence the map ends with the strengths stated: s / Lambda of the held modes, zero of the others.",
            because="The slope of the loss along a held mode vanishes at that strength; the product of the matrices "
            "has no other entry.",
            obligation=(
                at_end.subs(w, sp.sqrt(STATEMENT.right[0])),
                end - sp.diag(STATEMENT.right[0], STATEMENT.right[1]),
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="It is Sigma31 where every mode is held and the inputs are whitened.",
            because="Lambda_i = 1 is inserted into the map at the end.",
            obligation=end[0, 0].subs(Lambda_i, 1) - s_i,
            shows=sp.Eq(HELD, s_i, evaluate=False),
        ),
    )
