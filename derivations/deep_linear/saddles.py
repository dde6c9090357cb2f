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
from derivations.calculus.matrix_product import letter, word
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


def _second_variation() -> Step:
    first, last, X, Y = (letter(k) for k in ("W^{21}", "W^{32}", "X", "Y"))
    of_first, of_last, error_t = letter(r"\delta W^{21}"), letter(r"\delta W^{32}"), letter("E^{T}")
    size = sp.Symbol("epsilon", real=True)
    error = Y - word(last + size * of_last, first + size * of_first, X)
    second = sp.diff(sp.expand(sp.transpose(error) * error) / 2, size, 2).subs(size, 0)
    moved = word(word(of_last, first) + word(last, of_first), X)
    bent = word(error_t, of_last, of_first, X)
    curvature, length, along = letter(r"\delta^2 L"), mp.squared_norm(moved), mp.trace_name(bent)
    return Step(
        claim="The curvature of the loss along changes of both matrices is the squared change of the outputs, minus "
        "twice what the errors have along the change that both make together.",
        because="Half the trace of the squared error is differentiated twice along any changes, for any widths.",
        shows=sp.Eq(curvature, length - 2 * along, evaluate=False),
        means={
            curvature: mp.trace(second),
            length: mp.trace(sp.transpose(moved) * moved),
            along: mp.trace(bent.subs(error_t, sp.transpose(error.subs(size, 0)))),
        },
    )


INDICES = sp.symbols("a b c d e f", integer=True, nonnegative=True)
CARRIED, POWER, LACKING = sp.Function("w"), sp.Function("Lambda"), sp.Function("m")  # of a mode; 0 is none
SAME = sp.KroneckerDelta


def second_derivatives() -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Second derivatives along h_a v_c^T and h_b v_d^T; u_e h_a^T and u_f h_b^T; h_a v_c^T and u_f h_b^T."""
    a, b, c, d, e, f = INDICES
    of_first = CARRIED(a) * CARRIED(b) * POWER(d) * SAME(a, b) * SAME(c, d)
    of_last = CARRIED(a) * CARRIED(b) * POWER(b) * SAME(e, f) * SAME(a, b)
    mixed = CARRIED(a) * CARRIED(b) * POWER(c) * SAME(f, a) * SAME(b, c) - LACKING(c) * SAME(f, c) * SAME(a, b)
    return of_first, of_last, mixed


def _elements() -> Step:
    first, first_t, last, last_t, square, lacking = (
        letter(k) for k in ("W^{21}", "W^{21T}", "W^{32}", "W^{32T}", r"\Sigma^{11}", r"(\Sigma^{31} - W \Sigma^{11})")
    )

    def vector(name: str, index: sp.Symbol) -> sp.Expr:
        return letter(f"{name}_{{{index}}}")

    def row(name: str, index: sp.Symbol) -> sp.Expr:
        return letter(f"{name}_{{{index}}}^{{T}}")

    rules = []
    for k in INDICES:  # h, u, v: hidden direction, output and input direction of a mode
        rules += [(word(last, vector("h", k)), CARRIED(k) * vector("u", k))]
        rules += [(word(row("h", k), last_t), CARRIED(k) * row("u", k))]
        rules += [(word(first_t, vector("h", k)), CARRIED(k) * vector("v", k))]
        rules += [(word(row("h", k), first), CARRIED(k) * row("v", k))]
        rules += [(word(lacking, vector("v", k)), LACKING(k) * vector("u", k))]
    squares = [(word(square, vector("v", k)), POWER(k) * vector("v", k)) for k in INDICES]
    lengths = [(word(row(name, j), vector(name, k)), SAME(j, k)) for name in "huv" for j in INDICES for k in INDICES]

    def element(*factors: sp.Expr) -> sp.Expr:
        """A row, matrices and a column as a number: what matrices make of directions, then products of directions."""
        product = word(*factors)
        for given in (rules, squares, lengths):
            product = product.subs([(old, new) for old, new in given if old.free_symbols <= product.free_symbols])
        return sp.expand(product)

    a, b, c, d, e, f = INDICES
    between = letter(r"\delta^2 L (h_a v_c^{T}, u_f h_b^{T})")
    across = element(row("u", f), last, vector("h", a)) * element(row("h", b), first, square, vector("v", c))
    found = (
        element(row("h", b), last_t, last, vector("h", a)) * element(row("v", c), square, vector("v", d)),
        element(row("u", e), vector("u", f)) * element(row("h", a), first, square, first_t, vector("h", b)),
        across - element(row("u", f), lacking, vector("v", c)) * element(row("h", b), vector("h", a)),
    )
    return Step(
        claim="Between changes h v^T of W21 and u h^T of W32 along directions of modes the second derivatives are "
        "products of Kronecker's deltas: every change meets itself and one other.",
        because="A hidden direction h_a carries mode a with w_a in both matrices, or nothing, w_a = 0; what is not "
        "learned holds m_c u_c v_c^T of each mode, with m_c = 0 for a mode that is held. Rows, matrices and columns "
        "are multiplied, for any number of modes.",
        obligation=tuple(sp.expand(x - y) for x, y in zip(found[:2], second_derivatives()[:2], strict=True)),
        shows=sp.Eq(between, second_derivatives()[2], evaluate=False),
        means={between: found[2]},
    )


def _block(hidden: tuple[int, int], into: int, out: int) -> sp.Matrix:
    """Second derivatives along h v^T and u h^T: hidden directions of both, mode of v, mode of u."""
    a, b, c, d, e, f = INDICES
    of_first, of_last, mixed = second_derivatives()
    own = of_first.subs({a: hidden[0], b: hidden[0], c: into, d: into})
    beside = mixed.subs({a: hidden[0], b: hidden[1], c: into, f: out})
    return sp.Matrix([[own, beside], [beside, of_last.subs({a: hidden[1], b: hidden[1], e: out, f: out})]])


def _hessian() -> tuple[Step, ...]:
    i, j, nothing = 1, 2, 0
    both_held = {CARRIED(i): sp.sqrt(s_i / Lambda_i), CARRIED(j): sp.sqrt(s_j / Lambda_j), LACKING(i): 0, LACKING(j): 0}
    one_held = both_held | {CARRIED(j): 0, LACKING(j): s_j, CARRIED(nothing): 0}
    powers = {POWER(i): Lambda_i, POWER(j): Lambda_j}
    pair = _block((i, i), j, j).subs(one_held | powers)
    square = _block((i, j), j, i).subs(both_held | powers)
    silent = _block((nothing, nothing), j, j).subs(one_held | powers)
    imbalance = sp.Symbol("c", positive=True)
    curved = sp.Matrix([[Lambda_j * s_i / Lambda_i * imbalance, -s_j], [-s_j, s_i / imbalance]])
    own = _block((i, i), i, i).subs(both_held | powers)
    of_pair = letter("H_{ij}")
    return (
        _second_variation(),
        _elements(),
        _explicit_network(),
        Step(
            claim="The block of a held and a left-out mode has the eigenvalues h_- and h_+ stated.",
            because="With w_i^2 = s_i / Lambda_i and m_j = s_j its characteristic polynomial is evaluated at both, and "
            "its trace compared with their sum.",
            obligation=(
                *((pair - h * sp.eye(2)).det() for h in STATEMENT.right[:2]),
                pair.trace() - STATEMENT.right[0] - STATEMENT.right[1],
            ),
            shows=sp.Eq(of_pair, curved.subs(imbalance, 1), evaluate=False),
            means={of_pair: pair},
        ),
        Step(
            claim="The block of two held modes has the eigenvalues zero and h_ij; a held mode with itself has 2 s.",
            because="Its determinant vanishes, so that the trace is the other eigenvalue.",
            obligation=(
                square.det(),
                square.trace() - STATEMENT.right[2],
                own.det(),
                own.trace() - 2 * s_i,
                STATEMENT.right[2].subs({s_j: s_i, Lambda_j: Lambda_i}) - 2 * s_i,
            ),
            shows=sp.Eq(ACROSS, STATEMENT.right[2], evaluate=False),
        ),
        Step(
            claim="A hidden neuron that holds nothing has the curvatures -s_j and s_j, the pair with s_i = 0.",
            because="Its w is zero, which leaves what is not learned beside the diagonal.",
            obligation=silent + s_j * sp.Matrix([[0, 1], [1, 0]]),
            shows=sp.Eq(sp.Tuple(DOWN, UP), sp.Tuple(-s_j, s_j), evaluate=False),
            means={h: right.subs(s_i, 0) for h, right in zip((DOWN, UP), STATEMENT.right, strict=False)},
        ),
        Step(
            claim="At unbalanced rest points the sign of h_- is the same.",
            because="With the strength shared unequally, c to 1 / c in the squares, the determinant of the block does "
            "not depend on c; its diagonal is positive.",
            obligation=(curved.det() - CURVATURES[0] * CURVATURES[1], sp.diff(curved.det(), imbalance)),
            shows=sp.Eq(DOWN * UP, curved.det(), evaluate=False),
        ),
    )


def _explicit_network() -> Step:
    both, place, at, gradients = _explicit(2)
    slope = letter(r"\nabla L")
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
    return Step(
        claim="A network of 3 inputs, 2 hidden neurons and 4 outputs that holds two of three modes is at rest, and its "
        "Hessian falls into these blocks of two weights.",
        because="Its loss is differentiated by all 14 weights, once and twice, and evaluated where each hidden neuron "
        "holds a mode, with w^2 = s / Lambda.",
        obligation=both - expected,
        shows=sp.Eq(slope, 0, evaluate=False),
        means=tuple({slope: gradient} for gradient in gradients),
    )


def _signs() -> tuple[Step, ...]:
    down, up = STATEMENT.right[:2]
    white = {Lambda_i: 1, Lambda_j: 1}
    weights = held, away = sp.symbols("x y", real=True)
    loss = Lambda_j * s_i / Lambda_i * held**2 / 2 - s_j * held * away + s_i * away**2 / 2  # along a pair
    flow = [-sp.diff(loss, k).subs(white) / tau for k in weights]
    push, rate = letter(r"\delta"), mp.rate(r"\delta")
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
            shows=sp.Eq(sp.Tuple(DOWN, UP), sp.Tuple(s_i - s_j, s_i + s_j), evaluate=False),
            means={DOWN: down.subs(white), UP: up.subs(white)},
        ),
        Step(
            claim="There a push grows at the rate (s_j - s_i) / tau along equal changes of both weights of the pair.",
            because="The quadratic part of the loss is differentiated by both weights; at equal changes it gives this "
            "rate for either.",
            shows=sp.Eq(tau * rate, (s_j - s_i) * push, evaluate=False),
            means=tuple({rate: change.subs(held, away), push: away} for change in flow),
        ),
    )
