r"""One step of gradient descent for every matrix of a deep linear network.

Premises: a linear network y = W^D ... W^1 x and gradient descent on half the squared error, summed over the examples.
The pages write products as prod_{i=1}^D W^i and do not say in which order: the matrices stand in the order in which
they act, the last one on the left. The statement writes out four matrices, of any shapes that fit each other. A deeper
network is covered too, because a matrix of the formula may be the product of several matrices of the network: only the
matrix that changes must be a single one.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus.linear_network import A, B, W, backpropagated
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


def derivation() -> tuple[Step, ...]:
    """From the loss, moved along any direction of one matrix, to the step of every matrix of a chain."""
    return (linear_network.descent_of_a_factor(), *_four_factors())


def stated() -> tuple[sp.Expr, ...]:
    """The four steps with the error inserted."""
    return tuple(right.subs(E, STATEMENT.where[0].rhs) for right in STATEMENT.right)


def _four_factors() -> tuple[Step, ...]:
    chains = [(word(*reversed(WEIGHTS[k + 1 :])), WEIGHTS[k], word(*reversed(WEIGHTS[:k]))) for k in range(4)]
    general = [
        lambda_ * backpropagated(S31, S11).subs({A: above, W: own, B: below}, simultaneous=True)
        for above, own, below in chains
    ]
    widths = (2, 2, 1, 2, 3)
    weights, inputs, outputs = mp.chain(widths), mp.matrix("x", 2, 1), mp.matrix("y", 3, 1)
    loss = mp.squared_error(weights, inputs, outputs)
    matrices = {**dict(zip(WEIGHTS, weights, strict=True)), S31: outputs * inputs.T, S11: inputs * inputs.T}
    change, slope = letter(r"\Delta W^{l}_{ij}"), letter(r"\partial L / \partial W^{l}_{ij}")
    return (
        Step(
            claim="In a chain of four factors these are the steps stated.",
            because="For each factor in turn the others are multiplied in the order in which they act and inserted "
            "for A and B; sums over the examples of y x^T and x x^T for Y X^T and X X^T.",
            obligation=tuple(sp.expand(a - b) for a, b in zip(stated(), general, strict=True)),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="In a network with 2, 2, 1, 2 and 3 neurons they are, entry by entry, the derivatives of the loss, "
            "times minus the learning rate.",
            because="Its loss is differentiated by every weight.",
            shows=sp.Eq(change, -lambda_ * slope, evaluate=False),
            means=tuple(
                {change: mp.inserted(right, matrices), slope: mp.gradient(loss, weight)}
                for right, weight in zip(stated(), weights, strict=True)
            ),
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
    error = mp.inserted(STATEMENT.where[0].rhs, matrices)
    return Step(
        claim="With the factors in ascending order the product is no step of gradient descent.",
        because="Both are computed for integer matrices of equal shapes and differ in every entry; the one in "
        "descending order is minus the gradient. For unequal shapes the ascending product does not exist.",
        obligation=mp.inserted(stated()[0].subs(lambda_, 1), matrices) + gradient,
        shows=sp.Ne(sp.transpose(W_2 * W_3 * W_4) * E, sp.transpose(W_4 * W_3 * W_2) * E, evaluate=False),
        means={E: error, **dict(zip((W_2, W_3, W_4), numbers[1:], strict=True))},
    )
