r"""A balanced deep linear network keeps the sign of the determinant of its map, and so may never learn its data.

Premises: a linear network of d = N_l - 1 weight matrices with as many inputs as outputs and no narrower hidden layer,
slow gradient descent on half the squared error, whitened inputs, and a balanced start, W^{l+1 T} W^{l+1} = W^l W^{l T}:
square orthogonal matrices are balanced. No mode has to be decoupled: p and q are the directions of a singular value
sigma of the map itself, and m = p^T Sigma^{31} q is what the data ask of them, which may be negative. The slides say
that orthogonal initial conditions have depth-independent training times; they leave out that half of all orthogonal
starts of a network of one width never learn the mode with the smallest singular value. Wider hidden layers help:
orthogonal matrices drawn each for itself are not balanced there, and the determinant changes its sign.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus.matrix_product import contract, letter, word
from derivations.deep_linear import depth_n_mode, mode_logistic
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import N_l, a, a_0, m, s, sigma, t, tau

SLIDE = Source(document="001", where="Theoretical prediction verified: Depth independent training times")
GRONWALL = Source(document="teschl2012ordinary", where="Gronwall's lemma")
VALUE, REST = sp.Function("sigma")(t), sp.Symbol(r"L_{\infty}", nonnegative=True)
RATE = (N_l - 1) * sigma ** (2 - 2 / (N_l - 1)) * (m - sigma) / tau

STATEMENT = Statement(
    module=__name__,
    title="The sign of the determinant obstructs learning",
    formula=sp.Eq(sp.Tuple(sp.Derivative(VALUE, t), REST), sp.Tuple(RATE, s**2 / 2), evaluate=False),
    parameters=(
        gradient_flow.LAYERS.narrowed(domain=sp.Range(3, sp.oo), typical=(3, 7)),
        Parameter(symbol=sigma, meaning="singular value of the map", domain=POSITIVE, typical=(0.2, 2.5)),
        Parameter(symbol=m, meaning="p^T Sigma31 q along its singular vectors", domain=sp.Reals, typical=(-2.4, 2.4)),
        gradient_flow.SINGULAR_VALUE.narrowed("the smallest", typical=(0.3, 1.6)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        gradient_flow.SQUARED_ERROR,
        gradient_flow.SLOW,
        gradient_flow.WHITENED,
        "There are as many outputs as inputs and two matrices at least; no hidden layer is narrower.",
        "The start is balanced, W^(l+1)T W^(l+1) = W^l W^lT, as orthogonal matrices are where all layers have one "
        "width. Where hidden layers are wider they are so only if each takes over the directions of the one before; "
        "otherwise the determinant may change its sign.",
        "L_inf is the smallest loss, above that of the best map, that a start can reach whose map has a determinant of "
        "the sign opposite to that of the input-output correlation. Starts with the same sign can reach zero.",
    ),
    regime=Exact(),
    sources=(
        SLIDE,
        Source(document="000", where="Depth-independent training time"),
        Source(document="arora2019implicit", where="the flow of the singular values of a product of matrices"),
    ),
    covers=("A19", "A22"),
    printed=(
        Printed(
            erratum="E13",
            kind="assumption",
            formula=sp.Eq(sp.Tuple(sp.Derivative(VALUE, t), REST), sp.Tuple(RATE, sp.S.Zero), evaluate=False),
            note="Orthogonal starts are said to learn at any depth; a network of one width whose start has the other "
            "sign of the determinant never learns the weakest mode.",
            source=SLIDE,
        ),
    ),
    uses=("deep_linear.depth_n_mode", "deep_linear.mode_logistic"),
)


def derivation() -> tuple[Step, ...]:
    """From the loss through the flow of the map to its singular values, the sign that they keep, and what it costs."""
    return (
        linear_network.deep_flow()[0],
        linear_network.conserved_gram("l", "l+1"),
        *_orthogonal_starts(),
        *_flow_of_the_map(),
        *_singular_value(),
        *_sign(),
        *_cost(),
    )


def _orthogonal_starts() -> tuple[Step, ...]:
    low, low_t, high, high_t = (letter(k) for k in ("R_{l}", "R_{l}^{T}", "Q", "Q^{T}"))
    next_, next_t = letter("R_{l+1}"), letter("R_{l+1}^{T}")
    # W^l = R_l Q^T and W^(l+1) = R_(l+1) R_l^T with orthonormal columns, square or not
    here, here_t, following, following_t = (letter(k) for k in ("W^{l}", "(W^{l})^{T}", "W^{l+1}", "(W^{l+1})^{T}"))
    below, above = word(here, here_t), word(following_t, following)
    frames = {here: word(low, high_t), here_t: word(high, low_t)}
    frames |= {following: word(next_, low_t), following_t: word(low, next_t)}
    found = {gram: contract(gram.subs(frames), word(high_t, high), word(next_t, next_)) for gram in (below, above)}
    into, out_of = mp.matrix("a", 2, 1), mp.matrix("b", 2, 1)  # one input, two hidden neurons, one output
    total = (out_of.T * into)[0]
    loss = (s - total) ** 2 / 2
    rates = -mp.gradient(loss, into) / tau, -mp.gradient(loss, out_of) / tau
    both, apart = into + out_of, into - out_of
    grown = (s - total) / tau
    first, last, product = letter("a"), letter("b"), sp.Symbol(r"a \cdot b", real=True)
    rate = letter(rf"\frac{{d}}{{dt}} ({mp.written(first + last)})")
    return (
        Step(
            claim="Square orthogonal matrices are balanced, and stay so, and so are others whose inputs have the "
            "directions of the outputs below.",
            because="With W^l = R_l R_(l-1)^T and orthonormal columns both Gram matrices are R_l R_l^T, the unit "
            "matrix if the layer is no wider than the input; their difference is conserved.",
            shows=sp.Eq(below, above, evaluate=False),
            means=found,
        ),
        Step(
            claim="With a wider hidden layer unit vectors a and b, drawn each for itself, are not balanced, and a "
            "negative map a . b becomes positive; only a = -b, which is balanced, keeps it negative.",
            because="The sum of both grows and their difference shrinks at the rate (s - a . b) / tau, and a . b is a "
            "quarter of the difference of their squares.",
            obligation=(
                rates[0] - rates[1] + grown * apart,
                sp.expand(4 * total - (both.T * both)[0] + (apart.T * apart)[0]),
            ),
            shows=sp.Eq(tau * rate, (s - product) * (first + last), evaluate=False),
            means={rate: rates[0] + rates[1], product: total, first: into, last: out_of},
            instances="one input, two hidden neurons and one output",
        ),
    )


def _flow_of_the_map() -> tuple[Step, ...]:
    W, WT, A, AT, B, BT, E = (letter(k) for k in ("W_{l}", "W_{l}^{T}", "A", "A^{T}", "B", "B^{T}", "E"))
    out, into = letter("G_{l}"), letter("H_{l}")  # W_l W_l^T and W_l^T W_l
    p, d, layer = (sp.Symbol(k, integer=True, nonnegative=True) for k in ("p", "d", "l"))
    top, bottom = letter("K"), letter("M")  # W_d W_d^T and W_1^T W_1
    # balance: (W_(l-1) W_(l-1)^T)^p = H_l^p, so that A_(l-1) = A_l W_l gives A_l W_l H_l^p W_l^T A_l^T
    through = _rewritten(word(out**p, W, into), [(word(W, into), word(out, W))])
    above = word(A, _rewritten(word(out**p, W, WT), [(word(W, WT), out)]), AT)
    back = _rewritten(word(WT, out, out**p), [(word(WT, out), word(into, WT))])
    below = word(BT, _rewritten(word(WT, W, into**p), [(word(WT, W), into)]), B)
    term = word(top ** (d - layer), E, bottom ** (layer - 1))
    whole = (top ** (d - layer + p)).subs({p: 1, layer: 1})  # W W^T = A_1 (W_1 W_1^T) A_1^T
    chain = [letter(f"V_{{{k}}}") for k in range(3)]  # W_d and the matrices below it; balance ties their Gram matrices
    balance = [(word(y, sp.transpose(y)), word(sp.transpose(x), x)) for x, y in itertools.pairwise(chain)]
    gram, last = word(letter("A_{l}"), letter("A_{l}^{T}")), chain[0]
    total, total_t, target, rate = letter("W"), letter("W^{T}"), letter(r"\Sigma^{31}"), mp.rate("W")
    outer, inner = word(total, total_t) ** ((d - layer) / d), word(total_t, total) ** ((layer - 1) / d)
    return (
        Step(
            claim="A matrix passes powers of its two Gram matrices: W (W^T W)^p = (W W^T)^p W.",
            because="For one power both are W W^T W; a further factor is passed in the same way.",
            obligation=(
                word(W, into).subs(into, word(WT, W)) - word(out, W).subs(out, word(W, WT)),
                through - word(out ** (p + 1), W),
                back - word(into, WT, out**p),
            ),
            shows=sp.Eq(word(W, into**p), word(out**p, W), evaluate=False),
            means=tuple({p: power, into: word(WT, W), out: word(W, WT)} for power in (1, 2, 3)),
        ),
        Step(
            claim="In a balanced network the layers above any layer, squared around the p-th power of its Gram matrix, "
            "make the power d - l + p of K = W_d W_d^T; those below make the power l - 1 + p of M = W_1^T W_1.",
            because="One layer further from the end a matrix more stands around a Gram matrix, which balance replaces "
            "by that of the layer before: the power p becomes p + 1, and the product one factor shorter.",
            obligation=(above - word(A, out ** (p + 1), AT), below - word(BT, into ** (p + 1), B)),
            shows=sp.Eq(gram, top ** (d - layer), evaluate=False),
            means=tuple(
                {
                    gram: _rewritten(word(*chain[:count], *map(sp.transpose, reversed(chain[:count]))), balance),
                    top: word(last, sp.transpose(last)),
                    layer: d - count,
                }
                for count in (1, 2, 3)
            ),
        ),
        Step(
            claim="The map of a balanced network flows by itself.",
            because="The product rule gives A_l (flow of W_l) B_l for each layer, which is A_l A_l^T E B_l^T B_l; the "
            "squares are powers of K and M, whose d-th powers are W W^T and W^T W.",
            obligation=(
                _rewritten(
                    word(A, AT, E, BT, B),
                    [(word(A, AT), top ** (d - layer)), (word(BT, B), bottom ** (layer - 1))],
                )
                - term,
                whole - top**d,
            ),
            shows=sp.Eq(tau * rate, sp.Sum(word(outer, target - total, inner), (layer, 1, d)), evaluate=False),
            means={
                rate: sp.Sum(term.subs(E, target - total), (layer, 1, d)) / tau,
                outer: top ** (d * outer.exp),
                inner: bottom ** (d * inner.exp),
            },
        ),
    )


def _rewritten(expression: sp.Expr, rules: list) -> sp.Expr:
    """A word after rules have been applied, in turn, until none applies."""
    while True:
        changed = expression
        for old, new in rules:
            changed = changed.subs(old, new)
        if changed == expression:
            return expression
        expression = changed


def _singular_value() -> tuple[Step, ...]:
    # sigma = p^T W q with W q = sigma p, p^T W = sigma q^T and unit vectors, whose changes are orthogonal to them
    total, moved, left_t, right = letter("W"), letter(r"\dot{W}"), letter("p^{T}"), letter("q")
    left_change, right_change = letter(r"\dot{p}^{T}"), letter(r"\dot{q}")
    change = word(left_change, total, right) + word(left_t, moved, right) + word(left_t, total, right_change)
    kept = change.subs([(word(total, right), sigma * letter("p")), (word(left_t, total), sigma * letter("q^{T}"))])
    kept = kept.subs([(word(left_change, letter("p")), 0), (word(letter("q^{T}"), right_change), 0)])
    d, layer = (sp.Symbol(k, integer=True, positive=True) for k in ("d", "l"))
    along = (sigma**2) ** ((d - layer) / d) * (m - sigma) / tau * (sigma**2) ** ((layer - 1) / d)
    growth = sp.Derivative(VALUE, t)
    one = sp.powsimp(along).replace(lambda e: e.is_Pow and e.base == sigma, lambda e: e.base ** sp.expand(e.exp))
    stated = STATEMENT.right[0]
    return (
        Step(
            claim="A singular value changes by what the flow of the map has along its own directions.",
            because="p^T W q is differentiated by time; W q = sigma p and p^T W = sigma q^T, and unit vectors change "
            "at right angles to themselves.",
            shows=sp.Eq(growth, word(left_t, moved, right), evaluate=False),
            means={growth: kept},
        ),
        Step(
            claim="It moves at the rate stated.",
            because="p and q are eigenvectors of W W^T and W^T W, so that each of the d = N_l - 1 layers contributes "
            "sigma^(2 (d - l) / d) (m - sigma) sigma^(2 (l - 1) / d).",
            obligation=sp.Sum(one, (layer, 1, d)).doit() - stated.subs(N_l, d + 1),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Where its directions are those of a mode of the data it is the rate of a decoupled mode.",
            because="There m = s; the rate is compared with the earlier result.",
            shows=sp.Eq(growth, stated.subs(m, s), evaluate=False),
            means={growth: depth_n_mode.rate().subs(a, sigma)},
        ),
    )


def _sign() -> tuple[Step, ...]:
    k = sp.Symbol("k", integer=True, nonnegative=True)  # matrices beyond two
    stated = STATEMENT.right[0]
    growth, of_logarithm = sp.Derivative(VALUE, t), sp.Derivative(sp.log(VALUE), t)
    along = sp.powsimp(of_logarithm.doit().subs(growth, stated.subs(N_l, 3 + k)).subs(VALUE, sigma))
    along = along.replace(lambda e: e.is_Pow, lambda e: e.base ** sp.cancel(e.exp))
    shallow = stated.subs(N_l, 2)
    number, i = (sp.Symbol(name, integer=True, positive=True) for name in ("n", "i"))
    values = sp.Function("sigma", positive=True)(i, t)
    logarithm = sp.diff(sp.Sum(sp.log(values), (i, 1, number)), t)
    determinant = letter(r"\frac{d}{dt} \ln |\det W|")
    return (
        Step(
            claim="Its logarithm moves at a rate that stays finite as the singular value vanishes.",
            because="With 2 + k matrices the rate over sigma carries the power k / (2 + k), which is not negative.",
            shows=sp.Eq(of_logarithm, (2 + k) * VALUE ** (k / (2 + k)) * (m - VALUE) / tau, evaluate=False),
            means={of_logarithm: along, VALUE: sigma},
        ),
        Step(
            claim="The logarithm of the determinant of the map changes at the sum of those rates.",
            because="Up to its sign the determinant is the product of the singular values; the sum of their logarithms "
            "is differentiated, for any number of them.",
            shows=sp.Eq(determinant, sp.Sum(sp.Derivative(sp.log(values), t), (i, 1, number)), evaluate=False),
            means={determinant: logarithm},
        ),
        Step(
            claim="So no singular value reaches zero in finite time, and the determinant keeps its sign.",
            because="The loss falls, so the map is bounded, and with it the rate of ln |det W|.",
            assumption=GRONWALL,
        ),
        Step(
            claim="A single matrix has no such obstacle: its singular values cross zero at a finite rate.",
            because="The rate at N_l = 2 is m / tau at zero strength.",
            shows=sp.Eq(growth, (m - VALUE) / tau, evaluate=False),
            means={growth: shallow, VALUE: sigma},
        ),
    )


def _cost() -> tuple[Step, ...]:
    gap, gap_t, kernel, kernel_t = letter("Y"), letter("Y^{T}"), letter("n"), letter("n^{T}")
    across = word(kernel, kernel_t)  # a projector, since n has length 1
    unit = word(kernel_t, kernel)
    split = word(gap, gap_t) - word(gap, across, gap_t) - word(gap, contract((1 - across) * (1 - across), unit), gap_t)
    distance, length = mp.squared_norm(letter(r"\Sigma^{31}") - letter("X")), letter(r"| \Sigma^{31} n |^{2}")
    slope, more = sp.Symbol("h", real=True), sp.Symbol("g", nonnegative=True)
    unit_vector = sp.Matrix([1 - slope**2, 2 * slope]) / (1 + slope**2)
    of_gap, projector = mp.matrix("Y", 2, 2), unit_vector * unit_vector.T
    parts = [sum(x**2 for x in of_gap * onto) for onto in (projector, sp.eye(2) - projector)]
    k, number = (sp.Symbol(name, integer=True, positive=True) for name in ("k", "n"))
    value, entry = (sp.Function(name, real=True)(k) for name in ("s", "n"))
    squares = value**2 * entry**2 - s**2 * entry**2
    left, left_t, right, right_t = letter("u"), letter("u^{T}"), letter("v"), letter("v^{T}")
    lost = contract(word(right_t, s * word(right, left_t), s * word(left, right_t), right), word(left_t, left))
    lost = contract(lost, word(right_t, right))
    rest = s / ((1 + s / a_0) * sp.exp(2 * s * t / tau) - 1)  # strength of a mode of the wrong sign
    reversed_rate = STATEMENT.right[0].subs(m, -s)
    growth, rate = sp.Derivative(VALUE, t), reversed_rate.subs(N_l, 3)
    return (
        Step(
            claim="On the segment from the correlation to a map with the other sign lies a singular map X, which is no "
            "farther away; its distance is at least the length of Sigma31 n for a unit vector n with X n = 0.",
            because="The determinant is continuous. Y = Sigma31 - X is split along n and across it; the squared "
            "lengths of both parts, the second of which is not negative, add up to that of Y.",
            obligation=sp.expand(contract(split, unit)),
            shows=sp.Ge(distance, length, evaluate=False),
            means={distance: parts[0] + parts[1], length: parts[0]},
        ),
        Step(
            claim="That length is at least the smallest singular value of the correlation.",
            because="In singular coordinates its square exceeds s^2 by squares with weights s_k^2 - s^2, which are not "
            "negative, for any number of modes.",
            obligation=sp.Sum(sp.expand(squares - (value**2 - s**2) * entry**2), (k, 1, number)).doit(),
            shows=sp.Ge(length, s**2, evaluate=False),
            means={length: sum(x**2 for x in sp.diag(s, s + more) * unit_vector)},
        ),
        Step(
            claim="The loss of the map that lacks the smallest mode alone is the one stated.",
            because="Half the squared length of what it lacks, s u v^T, is computed with unit vectors.",
            obligation=lost / 2 - STATEMENT.right[1],
            shows=sp.Eq(REST, STATEMENT.right[1], evaluate=False),
        ),
        Step(
            claim="Training gets there: the strength of a decoupled mode of the wrong sign falls as long as it is not "
            "zero, which it cannot cross.",
            because="With m = -s the rate stated is minus a product of positive factors, and its only zero is at "
            "strength zero.",
            shows=sp.Eq(growth, -(sigma ** (2 - 2 / (N_l - 1))) * (N_l - 1) * (s + sigma) / tau, evaluate=False),
            means={growth: reversed_rate},
        ),
        Step(
            claim="With three layers it decays exponentially.",
            because="The logistic curve, with -s for s, satisfies the rate stated with m = -s, starts at a_0, and its "
            "inverse grows without bound.",
            obligation=(
                sp.diff(rest, t) - rate.subs(sigma, rest),
                rest.subs(t, 0) - a_0,
                sp.diff(1 / rest, t) - 2 * (s / rest + 1) / tau,
            ),
            shows=sp.Eq(VALUE, rest, evaluate=False),
            means={VALUE: mode_logistic.curve().subs(s, -s)},
        ),
    )
