r"""A balanced deep linear network keeps the sign of the determinant of its map, and so may never learn its data.

Premises: a linear network of d = N_l - 1 weight matrices with as many inputs as outputs and no narrower hidden layer,
slow gradient descent on half the squared error, whitened inputs, and a balanced start, W^{l+1 T} W^{l+1} = W^l W^{l T}:
orthogonal matrices are balanced. No mode has to be decoupled: p and q are the directions of a singular value sigma of
the map itself, and m = p^T Sigma^{31} q is what the data ask of them, which may be negative. The slides say that
orthogonal initial conditions have depth-independent training times; they leave out that half of all orthogonal starts
of a square network never learn the mode with the smallest singular value.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus.matrix_product import contract, letter, word
from derivations.deep_linear import depth_n_mode
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
        "The start is balanced, as orthogonal matrices are: W^(l+1)T W^(l+1) = W^l W^lT.",
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
            note="Orthogonal starts are said to learn at any depth; a square network whose start has the other sign of "
            "the determinant never learns the last mode.",
            source=SLIDE,
        ),
    ),
    uses=("deep_linear.depth_n_mode",),
)


def derivation() -> tuple[Step, ...]:
    """From the loss through the flow of the map to its singular values, the sign that they keep, and what it costs."""
    return (
        linear_network.deep_flow()[0],
        linear_network.conserved_gram("l", "l+1"),
        _orthogonal_is_balanced(),
        _flow_of_the_map(),
        *_singular_value(),
        *_sign(),
        *_cost(),
    )


def _orthogonal_is_balanced() -> Step:
    low, low_t, high, high_t = (letter(k) for k in ("R_{l}", "R_{l}^{T}", "Q", "Q^{T}"))
    next_, next_t = letter("R_{l+1}"), letter("R_{l+1}^{T}")
    # W^l = R_l Q^T and W^(l+1) = R_(l+1) R_l^T with orthonormal columns, square or not
    below = contract(word(low, high_t, high, low_t), word(high_t, high))
    above = contract(word(low, next_t, next_, low_t), word(next_t, next_))
    return Step(
        claim="Orthogonal matrices are balanced, and stay so.",
        because="With W^l = R_l R_(l-1)^T and orthonormal columns both Gram matrices are R_l R_l^T, the unit matrix if "
        "the layer is no wider than the input; their difference is conserved.",
        obligation=above - below,
        shows=sp.Eq(
            word(letter("W^{l}"), letter("(W^{l})^{T}")),
            word(letter("(W^{l+1})^{T}"), letter("W^{l+1}")),
            evaluate=False,
        ),
    )


def _flow_of_the_map() -> Step:
    error = letter("E")
    residuals = []
    for count in (2, 3, 4):
        weight = [letter(f"W_{k}") for k in range(1, count + 1)]
        weight_t = [letter(f"W_{k}^T") for k in range(1, count + 1)]
        top, bottom = (weight[-1], weight_t[-1]), (weight_t[0], weight[0])

        def upward(*letters: sp.Expr, w: list = weight, v: list = weight_t) -> sp.Expr:
            """Balance read from below: W^l W^lT becomes W^(l+1)T W^(l+1)."""
            return _rewritten(word(*letters), [(word(w[k], v[k]), word(v[k + 1], w[k + 1])) for k in range(len(w) - 1)])

        def downward(*letters: sp.Expr, w: list = weight, v: list = weight_t) -> sp.Expr:
            return _rewritten(word(*letters), [(word(v[k + 1], w[k + 1]), word(w[k], v[k])) for k in range(len(w) - 1)])

        residuals.append(upward(*reversed(weight), *weight_t) - word(*top * count))
        residuals.append(downward(*weight_t, *reversed(weight)) - word(*bottom * count))
        for layer in range(1, count + 1):
            # the flow of W^l is A^T E B^T, so that of the map is the sum of A A^T E B^T B
            above = upward(*reversed(weight[layer:]), *weight_t[layer:])
            below = downward(*weight_t[: layer - 1], *reversed(weight[: layer - 1]))
            term = word(above, error, below)
            residuals.append(term - word(*top * (count - layer), error, *bottom * (layer - 1)))
    return Step(
        claim="The map of a balanced network flows by itself.",
        because="The product rule gives one term a layer, with the layers above and below squared; balance, applied "
        "word by word in networks of two to four matrices, turns them into powers of two matrices K and M whose d-th "
        "powers are W W^T and W^T W.",
        obligation=tuple(residuals),
        shows=sp.Eq(
            tau * mp.rate("W"),
            letter(r"\sum_{l=1}^{d} (W W^{T})^{(d - l) / d}\, (\Sigma^{31} - W)\, (W^{T} W)^{(l - 1) / d}"),
            evaluate=False,
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
    angles = [sp.Function(k)(t) for k in ("alpha", "beta")]
    values = [sp.Function(k)(t) for k in ("sigma_1", "sigma_2")]
    left, right = (sp.Matrix([[sp.cos(x), -sp.sin(x)], [sp.sin(x), sp.cos(x)]]) for x in angles)
    total = left * sp.diag(*values) * right.T
    moved = (left.T * total.diff(t) * right).applyfunc(sp.expand)
    d, layer = (sp.Symbol(k, integer=True, positive=True) for k in ("d", "l"))
    along = (sigma**2) ** ((d - layer) / d) * (m - sigma) / tau * (sigma**2) ** ((layer - 1) / d)
    one = sp.powsimp(along).replace(lambda e: e.is_Pow and e.base == sigma, lambda e: e.base ** sp.expand(e.exp))
    stated = STATEMENT.right[0]
    return (
        Step(
            claim="A singular value changes by what the flow of the map has along its own directions.",
            because="A map of two dimensions is written in rotating singular vectors and differentiated by time; the "
            "rotation of unit vectors drops out of the diagonal.",
            obligation=tuple(moved[k, k] - sp.diff(values[k], t) for k in range(2)),
            shows=sp.Eq(sp.Derivative(VALUE, t), letter(r"p^{T} \dot{W} q"), evaluate=False),
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
            obligation=stated.subs({m: s, sigma: a}, simultaneous=True) - depth_n_mode.rate(),
            shows=sp.Eq(sp.Derivative(VALUE, t), stated.subs(m, s), evaluate=False),
        ),
    )


def _sign() -> tuple[Step, ...]:
    k = sp.Symbol("k", integer=True, nonnegative=True)  # matrices beyond two
    stated = STATEMENT.right[0]
    growth = sp.powsimp(sp.expand_power_exp(stated.subs(N_l, 3 + k)) / sigma)
    regular = (2 + k) * sigma ** (k / (2 + k)) * (m - sigma) / tau
    shallow = stated.subs(N_l, 2)
    weights = mp.matrix("p", 2, 3), mp.matrix("q", 2, 3)  # a wider hidden layer
    total = weights[0] * weights[1].T
    speed = mp.matrix("v", 2, 2)
    small = sp.Symbol("e", real=True)
    slope = sp.diff((total + small * speed).det(), small).subs(small, 0)
    return (
        Step(
            claim="Its logarithm moves at a rate that stays finite as the singular value vanishes.",
            because="With 2 + k matrices the rate over sigma carries the power k / (2 + k), which is not negative.",
            obligation=sp.powsimp(growth / regular) - 1,
            shows=sp.Eq(sp.Derivative(sp.log(VALUE), t), regular.subs(sigma, VALUE), evaluate=False),
        ),
        Step(
            claim="The determinant of the map changes by itself times the sum of those rates.",
            because="Jacobi's formula on explicit matrices with two inputs and outputs and three hidden neurons.",
            obligation=slope - (total.adjugate() * speed).trace(),
            shows=sp.Eq(
                letter(r"\frac{d}{dt} \ln |\det W|"), letter(r"\sum_{i} \frac{d}{dt} \ln \sigma_i"), evaluate=False
            ),
        ),
        Step(
            claim="So no singular value reaches zero in finite time, and the determinant keeps its sign.",
            because="The loss falls, so the map is bounded, and with it the rate of ln |det W|.",
            assumption=GRONWALL,
        ),
        Step(
            claim="A single matrix has no such obstacle: its singular values cross zero at a finite rate.",
            because="The rate at N_l = 2 is evaluated at zero strength.",
            obligation=shallow.subs(sigma, 0) - m / tau,
            shows=sp.Eq(sp.Derivative(VALUE, t), (m - VALUE) / tau, evaluate=False),
        ),
    )


def _cost() -> tuple[Step, ...]:
    gap, kernel = mp.matrix("y", 3, 3), mp.matrix("n", 3, 1)
    seen = gap * kernel
    squares = sum((x**2 for x in gap), sp.S.Zero) * sum((x**2 for x in kernel), sp.S.Zero)
    areas = sum(
        ((gap[r, i] * kernel[j] - gap[r, j] * kernel[i]) ** 2 for r in range(3) for i in range(3) for j in range(i)),
        sp.S.Zero,
    )
    first, second = sp.symbols("s_1 s_2", positive=True)
    target = sp.diag(first, second, s)
    image = target * kernel
    excess = sum(((target[k, k] ** 2 - s**2) * kernel[k] ** 2 for k in range(3)), sp.S.Zero)
    lost = mp.squared_error((sp.diag(first, second, 0),), sp.eye(3), target)
    rest = s / ((1 + s / a_0) * sp.exp(2 * s * t / tau) - 1)  # strength of a mode of the wrong sign
    rate = STATEMENT.right[0].subs({N_l: 3, m: -s})
    norm = sum((x**2 for x in kernel), sp.S.Zero)
    return (
        Step(
            claim="On the segment from the correlation to a map with the other sign lies a singular map X, which is no "
            "farther away; its distance is at least the length of Sigma31 n for a unit vector n with X n = 0.",
            because="The determinant is continuous; Lagrange's identity for each row of Y = Sigma31 - X, with 3 rows.",
            obligation=sp.expand(squares - sum((x**2 for x in seen), sp.S.Zero) - areas),
            shows=sp.Ge(letter(r"\| \Sigma^{31} - X \|^{2}"), letter(r"| \Sigma^{31} n |^{2}"), evaluate=False),
        ),
        Step(
            claim="That length is at least the smallest singular value of the correlation.",
            because="In singular coordinates its square exceeds s^2 by squares with weights s_k^2 - s^2, which are not "
            "negative.",
            obligation=sp.expand(sum((x**2 for x in image), sp.S.Zero) - s**2 * norm - excess),
            shows=sp.Ge(letter(r"| \Sigma^{31} n |^{2}"), s**2, evaluate=False),
        ),
        Step(
            claim="The loss of the map that lacks the smallest mode alone is the one stated.",
            because="Half the squared error of that map is computed with three modes.",
            obligation=lost - STATEMENT.right[1],
            shows=sp.Eq(REST, STATEMENT.right[1], evaluate=False),
        ),
        Step(
            claim="Training gets there: a decoupled mode of the wrong sign decays to zero and never crosses it.",
            because="For three layers the curve below satisfies the rate stated with m = -s, starts at a_0, and its "
            "inverse grows without bound.",
            obligation=(
                sp.diff(rest, t) - rate.subs(sigma, rest),
                rest.subs(t, 0) - a_0,
                sp.diff(1 / rest, t) - 2 * (s / rest + 1) / tau,
            ),
            shows=sp.Eq(VALUE, rest, evaluate=False),
        ),
    )
