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


def curvature() -> sp.Expr:
    """Largest eigenvalue of the Hessian at the balanced minimum, as a function of s and N_l."""
    return STATEMENT.right[0]


def derivation() -> tuple[Step, ...]:
    """From the loss through its second variation at the minimum to its spectrum and the stability of an update."""
    return (_noise_drops_out(), _second_variation(), _singular_pairs(), *_spectrum(), *_updates())


def _noise_drops_out() -> Step:
    W, WT, X, XT, Y, YT = (letter(k) for k in ("W", "W^{T}", "X", "X^{T}", "Y", "Y^{T}"))
    target, target_t = letter(r"\Sigma^{31}"), letter(r"\Sigma^{31T}")
    errors = contract(word(Y - word(W, X), YT - word(XT, WT)), word(X, XT))
    errors = errors.subs([(word(Y, XT), target), (word(X, YT), target_t)])
    rest = word(Y, YT) - word(target, target_t)
    return Step(
        claim="Up to a constant the loss is half the squared distance of the map from the input-output correlation.",
        because="In the Gram matrix of the errors the inputs are whitened and Y X^T is the correlation.",
        obligation=sp.expand(errors - word(target - W, target_t - WT) - rest),
        shows=sp.Eq(
            letter("L"), letter(r"\tfrac12 \|\Sigma^{31} - W^{d} \cdots W^{1}\|^2 + \mathrm{const}"), evaluate=False
        ),
    )


def _second_variation() -> Step:
    epsilon = sp.Symbol("epsilon", real=True)
    entry = sp.Function("W_ij")(epsilon)
    target = sp.Symbol(r"\Sigma^{31}_{ij}", real=True)
    curved = sp.diff((target - entry) ** 2 / 2, epsilon, 2)
    above, own, below = (letter(k) for k in ("A", "W", "B"))
    moves = [letter(rf"\delta {k}") for k in ("A", "W", "B")]
    factors = [f + epsilon * move for f, move in zip((above, own, below), moves, strict=True)]
    first = sp.diff(sp.expand(word(*factors)), epsilon).subs(epsilon, 0)
    terms = word(moves[0], own, below) + word(above, moves[1], below) + word(above, own, moves[2])
    return Step(
        claim="At a minimum the curvature along a change of the weights is the squared change of the map, J^T J.",
        because="Half the squared error of any entry of the map is differentiated twice; its second term vanishes "
        "where the map is the correlation. The change of a product is a sum over its factors, and so on for the "
        "factors of what stands above and below a matrix.",
        obligation=((curved - sp.diff(entry, epsilon) ** 2).subs(target, entry), first - terms),
        shows=sp.Eq(
            letter(r"\delta^2 L"),
            letter(r"\|\sum_{l} (W^{d} \cdots W^{l+1})\, \delta W^{l}\, (W^{l-1} \cdots W^{1})\|^2"),
            evaluate=False,
        ),
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
    return Step(
        claim="J J^T, which has the same nonzero spectrum, multiplies the map u_i v_j^T of singular directions by a "
        "number.",
        because="Above and below layer l the balanced matrices multiply to U D^p R^T and R D^q V^T with D = S^(1/d), "
        "p = d - l and q = l - 1; orthonormal columns cancel and D is diagonal.",
        obligation=(longer, image - word(U, D ** (2 * p), E, D ** (2 * q), VT)),
        shows=sp.Eq(
            letter(r"J J^{T}(u_i v_j^{T})"),
            letter(r"\sum_{l=1}^{d} s_i^{2 (d - l) / d}\, s_j^{2 (l - 1) / d}\; u_i v_j^{T}"),
            evaluate=False,
        ),
    )


def _spectrum() -> tuple[Step, ...]:
    d, layer = (sp.Symbol(k, integer=True, positive=True) for k in ("d", "l"))
    one, two = (sp.Symbol(k, positive=True) for k in ("s_i", "s_j"))
    term = one ** (2 * (d - layer) / d) * two ** (2 * (layer - 1) / d)
    equal = sp.powsimp(term.subs({one: s, two: s})).replace(lambda e: e.is_Pow, lambda e: e.base ** sp.expand(e.exp))
    growth = [value * sp.diff(term, value) for value in (one, two)]
    chains = []
    for count in (2, 3, 4):
        weights = sp.symbols(f"w_1:{count + 1}", positive=True)
        hessian = sp.hessian((s - sp.prod(weights)) ** 2 / 2, weights)
        hessian = hessian.subs({w: s ** sp.Rational(1, count) for w in weights})
        chains.append(hessian - curvature().subs(N_l, count + 1) / count * sp.ones(count))
    return (
        Step(
            claim="The number grows with both singular values; the largest of them, taken twice, gives the top.",
            because="In each of its d terms the derivatives by s_i and s_j carry the factors 2 (d - l) / d and "
            "2 (l - 1) / d, which are not negative. Directions outside the modes count as s = 0.",
            obligation=(growth[0] - 2 * (d - layer) / d * term, growth[1] - 2 * (layer - 1) / d * term),
            shows=sp.Ge(one * sp.Derivative(term, one), 0, evaluate=False),
        ),
        Step(
            claim="The largest eigenvalue of the Hessian is the one stated.",
            because="For s_i = s_j = s all d = N_l - 1 terms are equal, and they are added.",
            obligation=sp.Sum(equal, (layer, 1, d)).doit() - curvature().subs(N_l, d + 1),
            shows=sp.Eq(CURVATURE, curvature(), evaluate=False),
        ),
        Step(
            claim="Chains of two, three and four single weights have it, along equal changes of all weights.",
            because="The Hessian of (s - w_1 ... w_d)^2 / 2 at equal weights s^(1/d) is computed entry by entry; all "
            "entries are h / d.",
            obligation=tuple(chains),
            shows=sp.Eq(letter(r"\partial_i \partial_j L"), CURVATURE / (N_l - 1), evaluate=False),
        ),
    )


def _updates() -> tuple[Step, ...]:
    deviation, learning_rate = sp.Symbol("e", real=True), sp.Symbol("lambda", positive=True)
    factor = sp.diff(deviation - learning_rate * sp.diff(CURVATURE * deviation**2 / 2, deviation), deviation)
    limit = STATEMENT.right[1]
    delta = sp.Symbol("delta", positive=True)  # 1 / (N_l - 1)
    deep = sp.powsimp(limit.subs(N_l, 1 + 1 / delta) / delta).subs(delta, 0)
    product = learning_rate * CURVATURE
    return (
        Step(
            claim="An update multiplies a deviation along an eigenvector by 1 - lambda h; it shrinks just if lambda h "
            "lies between 0 and 2.",
            because="The quadratic part of the loss is differentiated; the factor squared, minus 1, is a parabola.",
            obligation=factor**2 - 1 - product * (product - 2),
            shows=sp.Eq(letter(r"\delta W"), factor * letter(r"\delta W"), evaluate=False),
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
            because="The learning rate times N_l - 1 is evaluated at 1 / (N_l - 1) = 0.",
            obligation=deep - 2 / s**2,
            shows=sp.Eq(sp.Limit((N_l - 1) * LARGEST_RATE, N_l, sp.oo), deep, evaluate=False),
        ),
    )
