r"""What a large gain of the initial weights costs in generalization: directions that no example has stay as they began.

Premises: a linear network of two matrices, fewer examples than inputs, labels of a linear teacher without noise, and
gradient descent to the end. The first matrix moves along examples only; on all other directions it keeps its start, and
whatever the second matrix has become makes an output of it. The slide says that a large gain costs generalization, and
prints no formula; another one says that critical dynamics can aid generalization. Here the error of one network is
exact, and so is its mean over Gaussian starts, at any width and any step of descent.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import linear_network as ln
from derivations.calculus import matrix_product as mp
from derivations.calculus.matrix_product import contract, letter, word
from derivations.generalization import EXAMPLES, INPUTS
from derivations.proof import Step
from derivations.statement import NONNEGATIVE, POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import N_1, P

SLIDE = Source(document="000", where="Beyond learning: criticality and generalization")
ONE, MEAN = sp.Symbol("e_one", nonnegative=True), sp.Symbol("E_gain", nonnegative=True)
gain = sp.Symbol("g_0", positive=True)
unseen, frozen = sp.symbols("w_perp f_perp", nonnegative=True)
overlap = sp.Symbol("o_perp", real=True)
last = sp.Symbol("b_w", nonnegative=True)

STATEMENT = Statement(
    module=__name__,
    title="What the initial gain costs in generalization",
    formula=sp.Eq(
        sp.Tuple(ONE, MEAN),
        sp.Tuple(unseen - 2 * overlap + frozen, unseen + (1 - P / N_1) * gain**2 * last),
        evaluate=False,
    ),
    parameters=(
        Parameter(
            symbol=unseen,
            meaning="squared norm of the teacher on directions without examples",
            domain=NONNEGATIVE,
            typical=(0.6, 2.4),
        ),
        Parameter(
            symbol=overlap,
            meaning="product of the frozen map with the teacher",
            domain=sp.Reals,
            typical=(-0.5, 0.6),
        ),
        Parameter(
            symbol=frozen,
            meaning="squared norm of the frozen map, the last matrix times the start on directions without examples",
            domain=NONNEGATIVE,
            typical=(0.4, 2.3),
        ),
        EXAMPLES.narrowed("at most N_1"),
        INPUTS.narrowed(typical=(8, 14)),
        Parameter(symbol=gain, meaning="gain of the initial weights", domain=POSITIVE, typical=(0.3, 1.4)),
        Parameter(
            symbol=last,
            meaning="squared norm of the last matrix, in the mean and at the end, which depends on its own gain",
            domain=NONNEGATIVE,
            typical=(0.4, 2.5),
        ),
    ),
    assumptions=(
        "The network is linear with one hidden layer, and descends to the end, where no label is missed; examples are "
        "linearly independent, and at most as many as inputs.",
        "Labels are those of a linear teacher, without noise; e_one is the mean squared error of one network on new "
        "white inputs, summed over outputs, and E_gain its mean over starts.",
        "For E_gain the entries of the first matrix start Gaussian and independent, of variance g_0^2 / N_1, whatever "
        "the last matrix, the examples and the teacher.",
    ),
    regime=Exact(),
    sources=(
        SLIDE,
        Source(document="advani2020high", where="frozen subspace and initial weights"),
    ),
    covers=("A24",),
    printed=(
        Printed(
            erratum="E47",
            kind="assumption",
            formula=sp.Eq(
                sp.Tuple(ONE, MEAN),
                sp.Tuple(unseen - 2 * overlap + frozen, unseen + (1 - P / N_1) * last),
                evaluate=False,
            ),
            note="A gain beyond the edge aids training without a cost in generalization, as it were at gain 1, only "
            "just above 1: what the start leaves of the error grows with the squared gain and with the last matrix, in "
            "first order of g_0 - 1, while isometry is kept to the second.",
            source=SLIDE,
        ),
    ),
)

X, XT, IN, OUT = letter("X"), letter("X^{T}"), letter(r"\Pi"), letter(r"\Pi_{\perp}")
START, STARTT = letter("W_{0}"), letter("W_{0}^{T}")
# Pi projects onto what the examples span: X^T Pi_perp = 0, Pi_perp X = 0, Pi X = X
NOTHING = {word(XT, OUT): 0, word(OUT, X): 0, word(OUT, IN): 0, word(IN, OUT): 0}


def without(expression: sp.Expr) -> sp.Expr:
    """The expression with what examples have on directions without examples put to zero, and projections squared."""
    expression = sp.expand(expression)
    for left, right in NOTHING.items():
        expression = sp.expand(expression.subs(left, right))
    return sp.expand(expression.subs({OUT**2: OUT, IN**2: IN}))


def derivation() -> tuple[Step, ...]:
    """From the gradient to what never moves, to the error of one network, and to its mean over starts."""
    return (ln.descent_of_a_factor(), *_frozen(), *_one_network(), *_mean())


def _frozen() -> tuple[Step, ...]:
    W21, W32, W32T, W21T, Y = ln.W21, ln.W32, ln.W32T, ln.W21T, ln.Y
    error = Y - word(W32, W21, X)
    of_first, of_last = word(W32T, error, XT), word(error, XT, W21T)
    seen, kept = letter("A"), letter("B")  # the first matrix on directions with examples, and without
    split = word(seen, IN) + word(kept, OUT)
    split_t = word(IN, letter("A^{T}")) + word(OUT, letter("B^{T}"))
    parts = {W21: split, W21T: split_t}
    alone = {W21: word(seen, IN), W21T: word(IN, letter("A^{T}"))}
    on_unseen, on_examples = word(mp.rate("W^{21}"), OUT), word(W21, X)
    return (
        Step(
            claim="On directions that no example has the first matrix never moves.",
            because="Its step ends on the inputs of the examples, X^T, which has nothing there.",
            shows=sp.Eq(on_unseen, sp.Integer(0), evaluate=False),
            means={on_unseen: without(word(of_first, OUT))},
        ),
        Step(
            claim="Nothing else depends on that part of the start: both matrices learn as if it were zero.",
            because="With W21 = A Pi + B Pi_perp both steps are those with B = 0, at every update.",
            obligation=tuple(without(s.subs(parts) - s.subs(alone)) for s in (of_first, of_last)),
            shows=sp.Eq(on_examples, word(seen, IN, X), evaluate=False),
            means={on_examples: without(on_examples.subs(parts))},
        ),
    )


def _one_network() -> tuple[Step, ...]:
    student, teacher, chosen = letter("W"), letter(r"\overline{W}"), letter("C")
    gap = student - teacher
    # Pi = X C with C = (X^T X)^-1 X^T, and no label is missed: W X = Wbar X
    learned = word(gap, X, chosen).expand().subs(word(student, X), word(teacher, X))
    frozen_map = word(letter("W^{32}"), START, OUT)
    difference = frozen_map - word(teacher, OUT)
    square = mp.trace(word(sp.transpose(difference), difference))
    parts = (word(sp.transpose(part), other) for part, other in _pairs(frozen_map, word(teacher, OUT)))
    own, cross, asked = (mp.trace(part) for part in parts)
    on_seen = word(gap, IN)
    seen, not_seen = map(letter, (r"\|(W - \overline{W}) \Pi\|^{2}", r"\|(W - \overline{W}) \Pi_{\perp}\|^{2}"))

    def squared(directions: sp.Expr) -> sp.Expr:
        """Squared norm of what is missed on directions, given by their projection."""
        return mp.trace(without(word(gap, directions, directions, sp.transpose(gap))))

    return (
        Step(
            claim="The error on white inputs is the squared distance from the teacher, on both kinds of directions.",
            because="E x x^T is the unit matrix, Pi + Pi_perp; the product of both projections vanishes.",
            shows=sp.Eq(ONE, seen + not_seen, evaluate=False),
            means={ONE: squared(IN + OUT), seen: squared(IN), not_seen: squared(OUT)},
        ),
        Step(
            claim="At the end nothing is missed on directions with examples.",
            because="They are combinations of examples, Pi = X (X^T X)^(-1) X^T, and W X = Wbar X.",
            shows=sp.Eq(on_seen, sp.Integer(0), evaluate=False),
            means={on_seen: learned},
        ),
        Step(
            claim="So the error of one network is the distance of the frozen map from the teacher there.",
            because="The last matrix meets the start where the first one never moved; the square is multiplied out.",
            obligation=(
                square - own + 2 * cross - asked,
                STATEMENT.right[0] - (frozen - 2 * overlap + unseen),
            ),
            shows=sp.Eq(ONE, STATEMENT.right[0], evaluate=False),
        ),
    )


def _pairs(first: sp.Expr, second: sp.Expr) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    return ((first, first), (first, second), (second, second))


def _mean() -> tuple[Step, ...]:
    entries = mp.matrix("w", 2, 3)
    square, project = _symmetric("m", 2), _symmetric("p", 3)
    form = sp.expand((entries.T * square * entries * project).trace())
    variance = sp.Symbol("sigma_0", positive=True)
    second = {w**2: variance for w in entries}
    mean = form.subs(second).subs({w: 0 for w in entries})
    there, here = sp.Matrix(sp.symbols("u_1:4", real=True)), sp.Matrix(sp.symbols("v_1:4", real=True))
    both = sp.expand((entries.row(0) * there)[0] * (entries.row(0) * here)[0])
    between = both.subs(second).subs({w: 0 for w in entries})
    onto, unit = word(X, letter("C")), word(letter("C"), X)
    row_product, product = sp.Symbol("E[(w.u)(w.v)]"), sp.Symbol("(u.v)")
    of_frozen, left_over = sp.Symbol("E[f_perp]"), letter(r"\mathrm{tr}\, \Pi_{\perp}")
    return (
        Step(
            claim="A Gaussian start has independent parts on directions with and without examples.",
            because="Products of a row with two directions have the mean sigma^2 times the directions' product, which "
            "vanishes between both kinds; Gaussian numbers without covariance are independent.",
            shows=sp.Eq(row_product, variance * product, evaluate=False),
            means={row_product: between, product: (there.T * here)[0]},
            instances="three inputs",
        ),
        Step(
            claim="So the frozen map's square has the mean sigma^2 times the squared norm of the last matrix times the "
            "number of directions without examples, and its product with the teacher the mean zero.",
            because="tr(W^T M W Q) is averaged over the entries of W; M = W32^T W32 and Q is the projection, whose "
            "trace is the number of directions. What is odd in the start vanishes.",
            shows=sp.Eq(of_frozen, variance * last * (N_1 - P), evaluate=False),
            means={of_frozen: mean, last: square.trace(), N_1: project.rows, P: project.rows - project.trace()},
            instances="two hidden neurons and three inputs",
        ),
        Step(
            claim="P independent examples leave N_1 - P directions.",
            because="The projection X C squares to itself, since C X is the unit matrix of size P: its trace is P.",
            obligation=contract(onto * onto, unit) - onto,
            shows=sp.Eq(left_over, N_1 - P, evaluate=False),
            means={left_over: N_1 - mp.trace(onto), P: mp.trace(unit)},
        ),
        Step(
            claim="With the variance g_0^2 / N_1 the mean error is the one stated: at a given last matrix it rises "
            "with the squared gain of the first, unless there are as many examples as inputs.",
            because="Mean square and mean product are inserted into the error of one network.",
            obligation=(
                STATEMENT.right[0].subs({overlap: 0, frozen: gain**2 / N_1 * last * (N_1 - P)})
                - sp.expand(STATEMENT.right[1]),
                STATEMENT.right[1].subs(P, N_1) - unseen,
            ),
            shows=sp.Eq(MEAN, STATEMENT.right[1], evaluate=False),
        ),
    )


def _symmetric(name: str, size: int) -> sp.Matrix:
    return sp.Matrix(size, size, lambda i, j: sp.Symbol(f"{name}_{min(i, j) + 1}{max(i, j) + 1}", real=True))
