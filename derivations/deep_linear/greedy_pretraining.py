r"""Greedy pretraining by autoencoders finds decoupled starts of strength one, from which learning has no plateau.

Premises: a linear autoencoder with one matrix W^{21} and its transpose, slow gradient descent on half its squared error
|x - W^{21 T} W^{21} x|^2, inputs with correlation Sigma^{11} = V Lambda V^T, and a start of small strengths a_0 along
the principal components. Then a three-layer network with correlation Sigma^{31} = U S V^T, whose input modes are the
same V, trained from the pretrained W^{21} and from W^{32} = 0. The slides say that pretraining finds the special
initial conditions; they leave out that the two correlations must share their input modes, and give no formula.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.calculus.linear_network import RT, S11, UNIQUENESS, VT, W21, W32, R, S, U, V
from derivations.calculus.matrix_product import contract, letter, word
from derivations.deep_linear.balancedness import STATEMENT as BALANCEDNESS
from derivations.proof import Step
from derivations.statement import NONNEGATIVE, POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import Lambda, a, a_0, c_0, s, t, tau

SLIDE = Source(document="001", where="Theoretical prediction verified: Depth independent training times")
PRETRAINED, MODE = sp.Function("p")(t), sp.Function("a")(t)
GROWTH = 1 / (1 + (1 / a_0 - 1) * sp.exp(-4 * Lambda * t / tau))

STATEMENT = Statement(
    module=__name__,
    title="Greedy pretraining finds decoupled starts of strength one",
    formula=sp.Eq(
        sp.Tuple(PRETRAINED, sp.Derivative(MODE, t)),
        sp.Tuple(GROWTH, sp.sqrt(1 + 4 * a**2) * (s - Lambda * a) / tau),
        evaluate=False,
    ),
    parameters=(
        gradient_flow.TIME.narrowed(typical=(0.05, 1.5)),
        Parameter(
            symbol=Lambda,
            meaning="eigenvalue of the input correlation",
            domain=POSITIVE,
            typical=(0.4, 2.5),
        ),
        gradient_flow.INITIAL_STRENGTH.narrowed("in the autoencoder", typical=(0.01, 0.7)),
        gradient_flow.SINGULAR_VALUE,
        Parameter(symbol=a, meaning="mode strength, after pretraining", domain=NONNEGATIVE, typical=(0.05, 1.5)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        gradient_flow.SQUARED_ERROR,
        gradient_flow.SLOW,
        "The autoencoder has one matrix and its transpose; p(t) is the strength of a principal component in the map "
        "W21^T W21, which starts with strengths along the principal components.",
        "The input-output correlation and the input correlation share their right singular vectors.",
        "After pretraining, p = 1, both layers are trained on the outputs, the second from zero.",
        "There are as many hidden neurons as modes are to be learned, and their eigenvalues are the largest.",
    ),
    regime=Exact(),
    sources=(
        SLIDE,
        Source(document="000", where="Depth-independent training time"),
        Source(document="saxe2014exact", where="greedy layer-wise pretraining"),
    ),
    covers=("A23",),
    uses=("deep_linear.balancedness",),
)


def derivation() -> tuple[Step, ...]:
    """From the loss of the autoencoder to its fixed point, its stability, and learning from there."""
    return (*_autoencoder(), *_one_component(), *_fixed_point(), *_next_layer(), *_learning())


def _autoencoder() -> tuple[Step, ...]:
    weight, change, data = (letter(k) for k in ("W", "V", "X"))
    size = sp.Symbol("epsilon", real=True)
    encoder = weight + size * change
    error = data - word(sp.transpose(encoder), encoder, data)
    fall = sp.diff(sp.expand(sp.transpose(error) * error) / 2, size).subs(size, 0)
    inputs, left = word(data, sp.transpose(data)), 1 - word(sp.transpose(weight), weight)
    flow = word(weight, word(inputs, left) + word(left, inputs))
    strength, spread = letter("D"), letter(r"\Lambda")
    one = word(V, VT)
    # W = R D V^T, Sigma11 = V Lambda V^T; D and Lambda are diagonal and commute
    error = one - word(V, strength, RT, R, strength, VT)
    moved = word(R, strength, VT, word(V, spread, VT, error) + word(error, V, spread, VT))
    inside = contract(word(RT, moved, V), word(RT, R), word(VT, V))
    rates, errors = (mp.rate("W^{21}"), mp.rate("D")), letter("E")
    own = sp.symbols("d Lambda", positive=True)  # an entry of D and of Lambda
    return (
        Step(
            claim="The autoencoder moves along its matrix times what it does not yet reproduce of the inputs.",
            because="Half the trace of the squared error is differentiated along any change V of the matrix; what "
            "remains is minus the trace of V^T with the step, for any widths and examples.",
            obligation=mp.trace(fall) + mp.trace(word(sp.transpose(change), flow)),
            shows=sp.Eq(tau * rates[0], word(W21, word(S11, errors) + word(errors, S11)), evaluate=False),
            means={rates[0]: flow / tau, W21: weight, S11: inputs, errors: left},
        ),
        Step(
            claim="A start along the principal components stays there; only the diagonal matrix D changes.",
            because="With W21 = R D V^T the orthonormal R and V drop out of the flow, word by word.",
            obligation=contract(moved, word(RT, R), word(VT, V)) - word(R, inside, VT),
            shows=sp.Eq(tau * rates[1], 2 * word(spread, strength, 1 - strength**2), evaluate=False),
            means={
                rates[1]: inside.subs({strength: own[0], spread: own[1]}) / tau,
                strength: own[0],
                spread: own[1],
            },
        ),
    )


def _one_component() -> tuple[Step, ...]:
    d, first, last = sp.symbols("d d_1 d_2", positive=True)
    growth = -sp.diff(Lambda * (1 - d**2) ** 2 / 2, d) / tau
    untied = [-sp.diff(Lambda * (1 - first * last) ** 2 / 2, w) / tau for w in (first, last)]
    strength = STATEMENT.right[0]
    rate = 4 * Lambda * a * (1 - a) / tau
    along = untied[0] * last + untied[1] * first
    changing = sp.Derivative(PRETRAINED, t)
    return (
        Step(
            claim="The strength of a component, the square of its weight, grows logistically.",
            because="Half the squared error of one component is differentiated by its weight.",
            obligation=2 * d * growth - rate.subs(a, d**2),
            shows=sp.Eq(tau * changing, 4 * Lambda * PRETRAINED * (1 - PRETRAINED), evaluate=False),
        ),
        Step(
            claim="The curve stated satisfies this equation and starts at the initial strength.",
            because="It is differentiated by time, inserted into the rate, and evaluated at time zero.",
            obligation=(sp.diff(strength, t) - rate.subs(a, strength), strength.subs(t, 0) - a_0),
            shows=sp.Eq(PRETRAINED, strength, evaluate=False),
        ),
        Step(
            claim="No other curve satisfies the equation with this start.",
            because="The rate is polynomial in the strength, hence locally Lipschitz.",
            assumption=UNIQUENESS,
        ),
        Step(
            claim="With two matrices of their own instead of a transpose it takes twice the time.",
            because="The product of two equal weights that descend the same error is differentiated by time.",
            shows=sp.Eq(tau * changing, 2 * Lambda * PRETRAINED * (1 - PRETRAINED), evaluate=False),
            means={changing: along.subs({first: d, last: d}), PRETRAINED: d**2},
        ),
    )


def _fixed_point() -> tuple[Step, ...]:
    small = sp.Symbol("delta", real=True)
    kept, lost = letter("L"), letter("M")  # eigenvalues of the components kept and discarded
    P, PT, Q, QT = (letter(name) for name in ("P", "P^{T}", "Q", "Q^{T}"))  # changes of R^T W21 V on both
    own, own_t = 1 + small * P, 1 + small * PT
    # 1 - W21^T W21 in blocks of kept and discarded components
    inside, across = 1 - word(own_t, own), -small * word(own_t, Q)
    back, outside = -small * word(QT, own), 1 - small**2 * word(QT, Q)
    flow = [
        word(own, word(kept, inside) + word(inside, kept)) + small * word(Q, word(lost, back) + word(back, kept)),
        word(own, word(kept, across) + word(across, lost)) + small * word(Q, word(lost, outside) + word(outside, lost)),
    ]
    change = [sp.expand(sp.diff(sp.expand(block), small).subs(small, 0)) for block in flow]
    remaining = word(inside, kept, inside) + word(across, lost, back) + word(back, kept, across)
    remaining = sp.expand(remaining + word(outside, lost, outside)).subs(small, 0)  # of Sigma11, by what is lost
    loss, discarded = letter("L"), letter(r"\sum_{j > N_2} \Lambda_j")
    of_kept, of_lost = sp.Symbol(r"\Lambda_k"), sp.Symbol(r"\Lambda_j")
    push, rate = letter(r"\delta W_{k j}"), mp.rate(r"\delta W_{k j}")
    towards_lost = change[1].subs({kept: of_kept, lost: of_lost, Q: push})
    at_rest = [sp.expand(block).subs(small, 0) for block in (inside, across, back, outside)]
    return (
        Step(
            claim="Strengths tend to one: W21 becomes R V^T, with orthonormal rows. What is lost is half the sum of "
            "the discarded eigenvalues.",
            because="There 1 - W21^T W21 is the unit matrix on the discarded components and zero elsewhere, for any "
            "numbers of both.",
            obligation=(*at_rest[:3], at_rest[3] - 1),
            shows=sp.Eq(loss, discarded / 2, evaluate=False),
            means={loss: mp.trace(remaining) / 2, discarded: mp.trace(lost)},
        ),
        Step(
            claim="The point is stable if the kept eigenvalues are the largest ones.",
            because="The flow is linearised in blocks of kept and discarded components: a change P among the kept ones "
            "moves at -L (P + P^T) - (P + P^T) L, so that lengths and obliqueness decay, and one towards the "
            "discarded ones at -L Q + Q M, entry by entry with Lambda_k - Lambda_j.",
            obligation=(
                change[0] + sp.expand(word(kept, P + PT) + word(P + PT, kept)),
                change[1] + word(kept, Q) - word(Q, lost),
            ),
            shows=sp.Eq(tau * rate, -push * (of_kept - of_lost), evaluate=False),
            means={rate: towards_lost / tau},
        ),
    )


def _next_layer() -> tuple[Step, ...]:
    spread, last = letter(r"\Lambda"), letter("D_{2}")
    next_ = letter("R'")
    first, first_t = word(R, VT), word(V, RT)
    hidden = contract(word(first, V, spread, VT, first_t), word(VT, V))
    total = word(W32, W21)
    stacked = contract(total.subs([(W32, word(next_, RT)), (W21, first)]), word(RT, R))
    rate = mp.rate("W^{32}")
    error = word(U, S, VT) - word(U, last, RT, R, VT, V, spread, VT)
    moved = contract(word(error, first_t), word(RT, R), word(VT, V))
    return (
        Step(
            claim="The next autoencoder sees the same eigenvalues along R; a stack of pretrained matrices is R' V^T, "
            "of strength one at any depth.",
            because="The correlation of the hidden neurons and the product with the next matrix R' R^T are contracted.",
            obligation=hidden - word(R, spread, RT),
            shows=sp.Eq(total, word(next_, VT), evaluate=False),
            means={total: stacked},
        ),
        Step(
            claim="The last matrix, started at zero, moves along U and R only: all modes are decoupled.",
            because="Its flow from the pretrained R V^T is contracted; here the shared V is needed.",
            shows=sp.Eq(tau * rate, word(U, S - word(last, spread), RT), evaluate=False),
            means={rate: moved / tau},
        ),
    )


def _learning() -> tuple[Step, ...]:
    first, last = sp.symbols("d_1 d_2", real=True)
    loss = (s - Lambda * first * last) ** 2 / (2 * Lambda)
    flow = {w: -sp.diff(loss, w) / tau for w in (first, last)}

    def along(expression: sp.Expr) -> sp.Expr:
        return sum(sp.diff(expression, w) * flow[w] for w in flow)

    stated = STATEMENT.right[1]
    whitened = BALANCEDNESS.right[1].subs(c_0, -1)
    start, angle = {first: sp.S.One, last: sp.S.Zero}, sp.Symbol("x", real=True)
    imbalance, growth = last**2 - first**2, sp.Derivative(MODE, t)
    squares = (first**2 + last**2) ** 2 - imbalance**2 - 4 * first**2 * last**2
    return (
        Step(
            claim="A mode keeps its imbalance, -1 after pretraining.",
            because="The error of one mode, (s - Lambda d_1 d_2)^2 / (2 Lambda), is differentiated by both weights; "
            "the imbalance is differentiated along the flow and evaluated at d_1 = 1, d_2 = 0, and on the hyperbola "
            "through that start.",
            obligation=along(imbalance),
            shows=sp.Eq(imbalance, -1, evaluate=False),
            means=(start, {first: sp.cosh(angle), last: sp.sinh(angle)}),
        ),
        Step(
            claim="Its strength moves at the rate stated.",
            because="The strength is differentiated along the flow; the sum of the squares is fixed by the imbalance.",
            obligation=(
                along(first * last) - (first**2 + last**2) * (s - Lambda * first * last) / tau,
                squares,
                stated**2 * tau**2 - (1 + 4 * a**2) * (s - Lambda * a) ** 2,
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="With whitened inputs it is the rate of a mode with that imbalance.",
            because="The statement at Lambda = 1 is compared with the earlier result.",
            obligation=stated.subs(Lambda, 1) - whitened,
            shows=sp.Eq(tau * growth, sp.sqrt(1 + 4 * a**2) * (s - a), evaluate=False),
            means={growth: whitened},
        ),
        Step(
            claim="There is no plateau: at strength zero the mode moves at the rate s / tau.",
            because="The statement is evaluated at zero strength.",
            shows=sp.Eq(growth, s / tau, evaluate=False),
            means={growth: stated.subs(a, 0)},
        ),
    )
