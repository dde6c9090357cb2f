r"""One step of gradient descent for every matrix of a deep linear network.

Premises: a linear network y = W^D ... W^1 x and gradient descent on half the squared error, summed over the examples.
The pages write products as prod_{i=1}^D W^i and do not say in which order: the matrices stand in the order in which
they act, the last one on the left. The statement writes out four matrices, of any shapes that fit each other. A deeper
network is covered too, because a matrix of the formula may be the product of several matrices of the network: only the
matrix that changes must be a single one.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.calculus.matrix_product import letter, word
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import W_1, W_2, W_3, W_4, lambda_
from derivations.symbols import Sigma_11_matrix as S11
from derivations.symbols import Sigma_31_matrix as S31
from derivations.symbols import error_matrix as E

WEIGHTS = (W_1, W_2, W_3, W_4)
CHANGES = tuple(letter(rf"\Delta W^{number}") for number in (1, 2, 3, 4))

STATEMENT = Statement(
    module=__name__,
    title="Gradient descent in a deep linear network",
    formula=sp.Eq(
        sp.Tuple(*CHANGES),
        sp.Tuple(
            lambda_ * sp.transpose(W_4 * W_3 * W_2) * E,
            lambda_ * sp.transpose(W_4 * W_3) * E * sp.transpose(W_1),
            lambda_ * sp.transpose(W_4) * E * sp.transpose(W_2 * W_1),
            lambda_ * E * sp.transpose(W_3 * W_2 * W_1),
        ),
        evaluate=False,
    ),
    where=(sp.Eq(E, S31 - W_4 * W_3 * W_2 * W_1 * S11, evaluate=False),),
    parameters=(
        *(
            Parameter(
                symbol=w,
                meaning=f"entries of a real matrix, factor {k} from the inputs",
                domain=sp.Reals,
                typical=(-1.5, 1.5),
            )
            for k, w in enumerate(WEIGHTS, start=1)
        ),
        Parameter(symbol=S31, meaning="entries of the sum over examples of y x^T", domain=sp.Reals, typical=(-3, 3)),
        Parameter(symbol=S11, meaning="entries of the sum over examples of x x^T", domain=sp.Reals, typical=(-2, 2)),
        gradient_flow.LEARNING_RATE,
    ),
    assumptions=(
        "The loss is half the squared error summed over the examples; every matrix changes at the same time.",
        "Products over layers stand in the order in which the matrices act, W^D ... W^1, the last one on the left.",
        "There are four factors; each of them may be the product of several matrices, and the one whose change is "
        "stated is a single matrix.",
    ),
    regime=Exact(),
    sources=(
        Source(document="001", where="Deep linear network"),
        Source(document="000", where="Deep linear network"),
        Source(document="saxe2014exact", where="deeper multilayer dynamics"),
    ),
    covers=("A13",),
)

A, W, B, V = (letter(name) for name in ("A", "W", "B", "V"))  # layers above, a matrix, layers below; a change of W
X, Y = letter("X"), letter("Y")  # inputs and outputs, one example a column


def change(correlation: sp.Expr, square: sp.Expr) -> sp.Expr:
    """A^T (Sigma31 - A W B Sigma11) B^T: the step of a matrix W between products A above and B below it."""
    return sp.transpose(A) * (correlation - A * W * B * square) * sp.transpose(B)


def derivation() -> tuple[Step, ...]:
    """From the loss, moved along any direction of one matrix, to the step of every matrix of a chain."""
    return (*_any_depth(), *_four_factors())


def _any_depth() -> tuple[Step, ...]:
    size = sp.Symbol("epsilon", real=True)
    total = A * (W + size * V) * B
    error = Y - total * X
    squared = sp.expand(sp.transpose(error) * error) / 2
    moved = sp.diff(squared, size).subs(size, 0)
    step = change(Y * sp.transpose(X), X * sp.transpose(X))
    explicit = mp.matrix("G", 2, 3)
    entries = [
        (sp.Matrix(2, 3, lambda i, j, p=p, q=q: int((i, j) == (p, q))).T * explicit).trace() - explicit[p, q]
        for p in range(2)
        for q in range(3)
    ]
    inputs, outputs = mp.matrix("x", 2, 3), mp.matrix("y", 4, 3)
    sums = [
        m * inputs.T - sum((m[:, k] * inputs[:, k].T for k in range(3)), sp.zeros(m.rows, 2)) for m in (outputs, inputs)
    ]
    return (
        Step(
            claim="The map is linear in each matrix: between A above and B below, a change V moves it by A V B.",
            because="The product is differentiated along V; A and B may be products of any number of matrices.",
            obligation=sp.expand(sp.diff(sp.expand(total), size)) - word(A, V, B),
            shows=sp.Eq(letter(r"\delta (A W B)"), word(A, V, B), evaluate=False),
        ),
        Step(
            claim="The loss moves by minus the trace of V^T with the step, A^T (Y - A W B X) X^T B^T.",
            because="Half the trace of the squared error is differentiated along V; a trace does not change when its "
            "word is rotated or transposed.",
            obligation=mp.trace(moved) + mp.trace(sp.transpose(V) * step),
            shows=sp.Eq(letter(r"\delta L"), -letter(r"\mathrm{tr}\, V^{T}") * step, evaluate=False),
        ),
        Step(
            claim="A direction with a single entry picks that entry, so the step is minus the gradient.",
            because="The trace with each unit matrix is taken of an explicit 2 x 3 matrix.",
            obligation=tuple(entries),
            shows=sp.Eq(letter(r"-\partial L / \partial W"), step, evaluate=False),
        ),
        Step(
            claim="The examples enter through two sums.",
            because="Products of explicit matrices of examples, 2 inputs and 4 outputs, are sums over their columns.",
            obligation=tuple(sums),
            shows=sp.Eq(sp.Tuple(S31, S11), sp.Tuple(Y * sp.transpose(X), X * sp.transpose(X)), evaluate=False),
        ),
    )


def stated() -> tuple[sp.Expr, ...]:
    """The four steps with the error inserted."""
    return tuple(right.subs(E, STATEMENT.where[0].rhs) for right in STATEMENT.right)


def _four_factors() -> tuple[Step, ...]:
    chains = [(word(*reversed(WEIGHTS[k + 1 :])), WEIGHTS[k], word(*reversed(WEIGHTS[:k]))) for k in range(4)]
    general = [
        lambda_ * change(S31, S11).subs({A: above, W: own, B: below}, simultaneous=True) for above, own, below in chains
    ]
    widths = (2, 2, 1, 2, 3)
    weights, inputs, outputs = mp.chain(widths), mp.matrix("x", 2, 1), mp.matrix("y", 3, 1)
    loss = mp.squared_error(weights, inputs, outputs)
    matrices = {**dict(zip(WEIGHTS, weights, strict=True)), S31: outputs * inputs.T, S11: inputs * inputs.T}
    explicit = [
        mp.inserted(right, matrices) + lambda_ * mp.gradient(loss, weight)
        for right, weight in zip(stated(), weights, strict=True)
    ]
    return (
        Step(
            claim="In a chain of four factors these are the steps stated.",
            because="For each factor in turn the others are multiplied in the order in which they act and inserted "
            "for A and B.",
            obligation=tuple(sp.expand(a - b) for a, b in zip(stated(), general, strict=True)),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Entry by entry they are the derivatives of the loss, times minus the learning rate.",
            because="The loss of an explicit network with 2, 2, 1, 2 and 3 neurons is differentiated by every weight.",
            obligation=tuple(explicit),
            shows=sp.Eq(letter(r"\Delta W^{l}_{ij}"), -lambda_ * letter(r"\partial L / \partial W^{l}_{ij}")),
        ),
        _other_order(),
    )


def _other_order() -> Step:
    # integer matrices that do not commute; one example, at which the map errs
    numbers = [sp.Matrix(m) for m in ([[1, 2], [0, 1]], [[1, 0], [3, 1]], [[2, 1], [1, 1]], [[1, 1], [0, 2]])]
    inputs, outputs = sp.Matrix([1, 3]), sp.Matrix([5, -7])
    weights = mp.chain((2, 2, 2, 2, 2))
    at = {e: v for w, n in zip(weights, numbers, strict=True) for e, v in zip(w, n, strict=True)}
    gradient = mp.gradient(mp.squared_error(weights, inputs, outputs), weights[0]).subs(at)
    matrices = {**dict(zip(WEIGHTS, numbers, strict=True)), S31: outputs * inputs.T, S11: inputs * inputs.T}
    ascending = mp.inserted((W_4 * W_3 * W_2).subs({W_4: W_2, W_2: W_4}, simultaneous=True), matrices)
    reverse = ascending.T * mp.inserted(STATEMENT.where[0].rhs, matrices)
    return Step(
        claim="With the factors in ascending order the product is no step of gradient descent.",
        because="Both are computed for integer matrices of equal shapes and differ by these integers; for unequal "
        "shapes the ascending product does not exist.",
        obligation=reverse + gradient - sp.Matrix([[517, 1551], [-1025, -3075]]),
        shows=sp.Ne(sp.transpose(W_2 * W_3 * W_4) * E, sp.transpose(W_4 * W_3 * W_2) * E, evaluate=False),
    )
