r"""The largest learning rate at which a deep linear network stays at its minimum.

Premises: a linear network with d = N_l - 1 weight matrices of any shapes, half the squared error summed over whitened
examples, and a minimum that is balanced: every matrix carries mode k with strength s_k^(1/d). The slides say that the
learning rate must fall like 1 / N_l; the coefficient and the meaning given here, the limit of stability of gradient
descent at that minimum, are left out there. Elsewhere on the manifold of minima the layers are unequal and the limit
is another.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.calculus.matrix_product import contract, letter, word
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import N_l, s

CURVATURE, LARGEST_RATE = sp.Symbol(r"h_{\max}", positive=True), sp.Symbol(r"\lambda_{\max}", positive=True)
_TOP = (N_l - 1) * s ** (2 - 2 / (N_l - 1))

STATEMENT = Statement(
    module=__name__,
    title="Curvature at the minimum and largest stable learning rate at any depth",
    formula=sp.Eq(sp.Tuple(CURVATURE, LARGEST_RATE), sp.Tuple(_TOP, 2 / _TOP), evaluate=False),
    parameters=(
        gradient_flow.LAYERS,
        gradient_flow.SINGULAR_VALUE.narrowed("the largest"),
    ),
    assumptions=(
        "The loss is half the squared error summed over the examples, all of which are shown in every update.",
        gradient_flow.WHITENED,
        "The minimum is balanced: all N_l - 1 matrices carry each mode with the same strength.",
        "No hidden layer is narrower than the number of modes, so that the minimum has learned all of them.",
        "A learning rate is called stable if the linearised update enlarges no deviation of the input-output map.",
    ),
    regime=Exact(),
    sources=(
        Source(document="000", where="Deep linear learning speed"),
        Source(document="001", where="Theoretical prediction verified: Depth independent training times"),
        Source(document="saxe2014exact", where="optimal learning rates"),
    ),
    covers=("A17",),
)


COUNT, LAYER = (sp.Symbol(k, integer=True, positive=True) for k in ("d", "l"))
S_I, S_J = (sp.Symbol(k, positive=True) for k in ("s_i", "s_j"))
TERM = S_I ** (2 * (COUNT - LAYER) / COUNT) * S_J ** (2 * (LAYER - 1) / COUNT)  # of J J^T, by layer l


def curvature() -> sp.Expr:
    """Largest eigenvalue of the Hessian at the balanced minimum, as a function of s and N_l."""
    return STATEMENT.right[0]


def derivation() -> tuple[Step, ...]:
    """From the loss through its second variation at the minimum to its spectrum and the stability of an update."""
    return (_noise_drops_out(), _second_variation(), _singular_pairs(), *_spectrum(), *_updates())


def _noise_drops_out() -> Step:
    W, WT, X, XT, Y, YT = (letter(k) for k in (r"W^{d} \cdots W^{1}", "W^{T}", "X", "X^{T}", "Y", "Y^{T}"))
    target, target_t = letter(r"\Sigma^{31}"), letter(r"\Sigma^{31T}")
    errors = contract(word(Y - word(W, X), YT - word(XT, WT)), word(X, XT))
    errors = errors.subs([(word(Y, XT), target), (word(X, YT), target_t)])
    rest = word(Y, YT) - word(target, target_t)
    loss, distance, constant = letter("L"), mp.squared_norm(target - W), letter(r"\mathrm{const}")
    return Step(
        claim="Up to a constant the loss is half the squared distance of the map from the input-output correlation.",
        because="In the Gram matrix of the errors the inputs are whitened and Y X^T is the correlation.",
        shows=sp.Eq(loss, distance / 2 + constant, evaluate=False),
        means={
            loss: mp.trace(errors) / 2,
            distance: mp.trace(word(target - W, target_t - WT)),
            constant: mp.trace(rest) / 2,
        },
    )


def _second_variation() -> Step:
    epsilon = sp.Symbol("epsilon", real=True)
    factors = above, own, below = [letter(k) for k in ("A", "W", "B")]
    moves = [letter(rf"\delta {k}") for k in ("A", "W", "B")]
    moved = word(*(factor + epsilon * move for factor, move in zip(factors, moves, strict=True)))
    error = word(*factors) - moved  # at a minimum the map is the correlation
    second = sp.expand(sp.transpose(error) * error).coeff(epsilon, 2)  # half a second derivative, of twice the loss
    terms = word(moves[0], own, below) + word(above, moves[1], below) + word(above, own, moves[2])
    curvature_along = letter(r"\delta^2 L")
    length = letter(r"\|\sum_{l} (W^{d} \cdots W^{l+1})\, \delta W^{l}\, (W^{l-1} \cdots W^{1})\|^2")
    return Step(
        claim="At a minimum the curvature along a change of the weights is the squared change of the map, J^T J.",
        because="Half the trace of the squared error is differentiated twice along changes of all factors; what the "
        "errors have along the second change of the map vanishes where the map is the correlation. The change of a "
        "product is a sum over its factors, and so on for the factors of what stands above and below a matrix.",
        shows=sp.Eq(curvature_along, length, evaluate=False),
        means={curvature_along: mp.trace(second), length: mp.trace(sp.transpose(terms) * terms)},
    )


def _singular_pairs() -> Step:
    U, UT, V, VT, E, D = (letter(k) for k in ("U", "U^{T}", "V", "V^{T}", "E", "D"))
    high, high_t, low, low_t, next_, next_t = (
        letter(k) for k in ("R_{l}", "R_{l}^{T}", "R_{l-1}", "R_{l-1}^{T}", "R_{l+1}", "R_{l+1}^{T}")
    )
    p, q = (sp.Symbol(k, integer=True, nonnegative=True) for k in ("p", "q"))  # matrices above and below
    unit = (word(UT, U), word(VT, V), word(high_t, high), word(low_t, low), word(next_t, next_))
    # one matrix more: W^(d..l+1) = (W^d ... W^(l+2)) W^(l+1)
    longer = contract(word(U, D**p, next_t, next_, D, high_t), *unit) - word(U, D ** (p + 1), high_t)
    above, above_t = word(U, D**p, high_t), word(high, D**p, UT)
    below, below_t = word(low, D**q, VT), word(V, D**q, low_t)
    image = contract(word(above, above_t, U, E, VT, below_t, below), *unit)
    pair = word(letter("u_i"), letter("v_j^{T}"))  # U e_i e_j^T V^T
    ends = {word(U, D ** (2 * p), E): S_I ** (2 * p / COUNT) * word(U, E), D ** (2 * q): S_J ** (2 * q / COUNT)}
    factor = image.subs(ends).subs(word(U, E, VT), 1).subs({p: COUNT - LAYER, q: LAYER - 1})
    applied = letter(r"J J^{T}(u_i v_j^{T})")
    return Step(
        claim="J J^T, which has the same nonzero spectrum, multiplies the map u_i v_j^T of singular directions by a "
        "number.",
        because="Above and below layer l the balanced matrices multiply to U D^p R^T and R D^q V^T with D = S^(1/d), "
        "p = d - l and q = l - 1; orthonormal columns cancel and D is diagonal.",
        obligation=(longer, image - word(U, D ** (2 * p), E, D ** (2 * q), VT)),
        shows=sp.Eq(applied, sp.Sum(TERM, (LAYER, 1, COUNT)) * pair, evaluate=False),
        means={applied: sp.Sum(factor, (LAYER, 1, COUNT)) * pair},
    )


def _spectrum() -> tuple[Step, ...]:
    equal = sp.powsimp(TERM.subs({S_I: s, S_J: s})).replace(lambda e: e.is_Pow, lambda e: e.base ** sp.expand(e.exp))
    more = sp.Symbol("n", integer=True, nonnegative=True)  # layers above one
    second, chains = letter(r"\partial_i \partial_j L"), []
    for count in (2, 3, 4):
        weights = sp.symbols(f"w_1:{count + 1}", positive=True)
        hessian = sp.hessian((s - sp.prod(weights)) ** 2 / 2, weights)
        hessian = hessian.subs({w: s ** sp.Rational(1, count) for w in weights})
        at = {N_l: count + 1, CURVATURE: curvature().subs(N_l, count + 1)}
        chains += [{second: entry, **at} for entry in set(hessian)]
    return (
        Step(
            claim="The number grows with both singular values; the largest of them, taken twice, gives the top.",
            because="In each of its d terms the derivatives by s_i and s_j carry the factors 2 (d - l) / d and "
            "2 (l - 1) / d, which are not negative. Directions outside the modes count as s = 0.",
            obligation=S_J * sp.diff(TERM, S_J) - 2 * (LAYER - 1) / COUNT * TERM,
            shows=sp.Ge(S_I * sp.Derivative(TERM, S_I), 0, evaluate=False),
            means={COUNT: LAYER + more},
        ),
        Step(
            claim="The largest eigenvalue of the Hessian is the one stated.",
            because="For s_i = s_j = s all d = N_l - 1 terms are equal, and they are added.",
            obligation=sp.Sum(equal, (LAYER, 1, COUNT)).doit() - curvature().subs(N_l, COUNT + 1),
            shows=sp.Eq(CURVATURE, curvature(), evaluate=False),
        ),
        Step(
            claim="Chains of two, three and four single weights have it, along equal changes of all weights.",
            because="The Hessian of (s - w_1 ... w_d)^2 / 2 at equal weights s^(1/d) is computed entry by entry; all "
            "entries are h / d.",
            shows=sp.Eq(second, CURVATURE / (N_l - 1), evaluate=False),
            means=tuple(chains),
        ),
    )


def _updates() -> tuple[Step, ...]:
    deviation, learning_rate = sp.Symbol("e", real=True), sp.Symbol("lambda", positive=True)
    updated = deviation - learning_rate * sp.diff(CURVATURE * deviation**2 / 2, deviation)
    factor, limit = sp.diff(updated, deviation), STATEMENT.right[1]
    before, after = letter(r"\delta W"), letter(r"\delta W'")
    product = learning_rate * CURVATURE
    return (
        Step(
            claim="An update multiplies a deviation along an eigenvector by 1 - lambda h; it shrinks just if lambda h "
            "lies between 0 and 2.",
            because="The quadratic part of the loss is differentiated; the factor squared, minus 1, is a parabola.",
            obligation=factor**2 - 1 - product * (product - 2),
            shows=sp.Eq(after, (1 - learning_rate * CURVATURE) * before, evaluate=False),
            means={after: updated, before: deviation},
        ),
        Step(
            claim="At the learning rate stated the steepest deviation changes sign and keeps its size; all other "
            "deviations of the map shrink.",
            because="The statement is inserted into the factor, with the eigenvalue of the statement.",
            obligation=factor.subs({CURVATURE: curvature(), learning_rate: limit}) + 1,
            shows=STATEMENT.formula,
        ),
        Step(
            claim="It falls like one over the depth, with a coefficient that does not depend on the depth.",
            because="The power of s in the learning rate times N_l - 1 tends to a square.",
            shows=sp.Eq(sp.Limit((N_l - 1) * LARGEST_RATE, N_l, sp.oo), 2 / s**2, evaluate=False),
            means={LARGEST_RATE: limit},
        ),
    )
