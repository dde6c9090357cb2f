r"""The modes of a linear network cooperate, stabilise and compete: gradient flow on an energy of their hidden vectors.

Premises: the rotated flow of `singular_coordinates` with whitened inputs. The column a^alpha of Wbar^{21} connects
input mode alpha to the hidden layer, the row b^alpha of Wbar^{32} connects the hidden layer to output mode alpha. Their
flow is

    tau da^alpha/dt = s_alpha b^alpha - (a^alpha . b^alpha) b^alpha - sum over gamma of b^gamma (a^alpha . b^gamma),

gamma other than alpha, and the same with a and b exchanged. The sum runs over output modes, up to N_3 (the page prints
N_2), in the equation for a, and over input modes, up to N_1, in that for b. Equal widths hide the difference. The
statement writes out one entry of each equation in the network of 3 inputs, 2 hidden neurons and 4 outputs. The page
does not name the energy,

    E = 1/2 sum over alpha of (s_alpha - a^alpha . b^alpha)^2 + 1/2 sum over alpha != gamma of (a^alpha . b^gamma)^2,

with alpha up to N_1 and gamma up to N_3; it is the loss, up to the part that no weights can remove.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus.linear_network import BAR21, BAR32, A, B, S, W, backpropagated
from derivations.deep_linear.singular_coordinates import rotated_flow
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Printed, Source, Statement
from derivations.symbols import (
    a_1_1,
    a_1_2,
    a_1_3,
    a_2_1,
    a_2_2,
    a_2_3,
    b_1_1,
    b_1_2,
    b_1_3,
    b_1_4,
    b_2_1,
    b_2_2,
    b_2_3,
    b_2_4,
    s,
    t,
    tau,
)

SLIDE = Source(document="001", where="Dynamics of synaptic modes")
FIRST = sp.Matrix([[a_1_1, a_1_2, a_1_3], [a_2_1, a_2_2, a_2_3]])  # column k: the vector a^k
SECOND = sp.Matrix([[b_1_1, b_2_1], [b_1_2, b_2_2], [b_1_3, b_2_3], [b_1_4, b_2_4]])  # row k: the vector b^k
PARTNERS = {(k, j): sp.Symbol(rf"(a^{{{k}}} \cdot b^{{{j}}})", real=True) for k in (1, 2, 3) for j in (1, 2, 3, 4)}
RATES = tuple(sp.Derivative(sp.Function(str(w))(t), t) for w in (a_1_1, b_1_1))
LEFT = sp.Tuple(*RATES)
RATE = mp.letter(r"\dot{a}^{\alpha}")  # of any hidden vector of the first layer


def _rate_of_first(last: int) -> sp.Expr:
    """tau times the rate of a_1_1, with competition from output modes 2, ..., last."""
    return s * b_1_1 - PARTNERS[1, 1] * b_1_1 - sum(SECOND[j - 1, 0] * PARTNERS[1, j] for j in range(2, last + 1))


SECOND_RATE = s * a_1_1 - PARTNERS[1, 1] * a_1_1 - a_1_2 * PARTNERS[2, 1] - a_1_3 * PARTNERS[3, 1]

STATEMENT = Statement(
    module=__name__,
    title="Cooperation, stabilisation and competition of modes",
    formula=sp.Eq(LEFT, sp.Tuple(_rate_of_first(4) / tau, SECOND_RATE / tau), evaluate=False),
    where=tuple(
        sp.Eq(PARTNERS[k, j], FIRST[0, k - 1] * SECOND[j - 1, 0] + FIRST[1, k - 1] * SECOND[j - 1, 1], evaluate=False)
        for k, j in ((1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (3, 1))
    ),
    parameters=(
        *(
            Parameter(
                symbol=FIRST[i, k],
                meaning=f"weight of input mode {k + 1} in hidden neuron {i + 1}",
                domain=sp.Reals,
                typical=(-1.5, 1.5),
            )
            for i in range(2)
            for k in range(3)
        ),
        *(
            Parameter(
                symbol=SECOND[k, i],
                meaning=f"weight of hidden neuron {i + 1} in output mode {k + 1}",
                domain=sp.Reals,
                typical=(-1.5, 1.5),
            )
            for i in range(2)
            for k in range(4)
        ),
        gradient_flow.SINGULAR_VALUE.narrowed("of mode 1; an output mode without partner has none"),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        gradient_flow.SQUARED_ERROR,
        gradient_flow.SLOW,
        gradient_flow.WHITENED,
        "Three inputs, two hidden neurons, four outputs; the derivation shows the equations of all modes for any "
        "widths.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="saxe2014exact", where="learning dynamics in the basis of input and output modes")),
    covers=("A5", "A6"),
    uses=("deep_linear.singular_coordinates",),
    printed=(
        Printed(
            erratum="E5",
            kind="misprint",
            formula=sp.Eq(LEFT, sp.Tuple(_rate_of_first(2) / tau, SECOND_RATE / tau), evaluate=False),
            note="The sum over output modes in the equation for a ends at N_2, the number of hidden neurons, in print.",
            source=SLIDE,
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the rotated flow to the equations of the modes, their energy, and what competition does."""
    return (*_modes(), *_energy(), *_hidden_directions())


def _flow(first: sp.Matrix, second: sp.Matrix, singular: sp.Matrix) -> tuple[sp.Matrix, sp.Matrix]:
    """tau times the rates of whitened inputs."""
    return rotated_flow((first, second), (first.T, second.T), singular, sp.eye(first.shape[1]))


def _singular() -> sp.Matrix:
    """S of the network that is written out."""
    others = sp.Symbol("s_2", positive=True), sp.Symbol("s_3", positive=True)
    return sp.Matrix(4, 3, lambda j, k: (s, *others)[j] if j == k else 0)


def _modes() -> tuple[Step, ...]:
    row_t, column, value = mp.letter(r"e_{\gamma}^{T}"), mp.letter(r"e_{\alpha}"), sp.Symbol("s_gamma_alpha", real=True)
    a_k, a_k_t, b_j, b_j_t = (mp.letter(name) for name in ("a", "a^{T}", "b", "b^{T}"))
    # Wbar32^T is the sum of b^gamma e_gamma^T, Wbar21^T that of e_alpha a^alpha^T
    entry = [(mp.word(row_t, S, column), value), (mp.word(row_t, BAR32), b_j_t), (mp.word(BAR21, column), a_k)]
    gap = S - mp.word(BAR32, BAR21)
    of_first = sp.expand(mp.word(b_j, row_t, gap, column)).subs(entry)
    of_second = sp.expand(mp.word(row_t, gap, column, a_k_t)).subs(entry)
    lacking = value - mp.word(b_j_t, a_k)
    definitions = [(d.lhs, d.rhs) for d in STATEMENT.where]
    singular, meeting = _singular(), SECOND * FIRST
    flow = _flow(FIRST, SECOND, singular)
    printed = STATEMENT.printed[0].formula.rhs[0]
    missing = b_1_3 * PARTNERS[1, 3] + b_1_4 * PARTNERS[1, 4]
    left_out = mp.letter(r"\sum_{\gamma = N_2 + 1}^{N_3} b_1^{\gamma} (a^{1} \cdot b^{\gamma})")
    own, partner, product = (
        sp.Symbol(r"s_\alpha"),
        mp.letter(r"b^{\alpha}"),
        sp.Symbol(r"(a^{\alpha} \cdot b^{\alpha})"),
    )
    competition = mp.letter(r"\sum_{\gamma \ne \alpha}^{N_3} b^{\gamma} (a^{\alpha} \cdot b^{\gamma})")
    return (
        Step(
            claim="Each hidden vector moves along those of all partners, by what is missing from their products.",
            because="Columns of the flow of Wbar21 are sums over the N_3 output modes, rows of that of Wbar32 sums "
            "over the N_1 input modes; in each term the rotated map gives the product of two hidden vectors, and S "
            "the singular value of a mode with itself.",
            obligation=(
                of_first - sp.expand(mp.word(b_j, lacking)),
                of_second - sp.expand(mp.word(lacking, a_k_t)),
            ),
            shows=sp.Eq(tau * RATE, own * partner - product * partner - competition, evaluate=False),
            means=tuple(
                {
                    RATE: flow[0][:, k] / tau,
                    own: singular[k, k],
                    partner: SECOND[k, :].T,
                    product: meeting[k, k],
                    competition: sum((meeting[j, k] * SECOND[j, :].T for j in range(4) if j != k), sp.zeros(2, 1)),
                }
                for k in range(3)
            ),
        ),
        Step(
            claim="The rates stated are entries of the rotated flow.",
            because="The products of hidden vectors are inserted into the statement, for 3, 2 and 4 neurons.",
            obligation=tuple(flow[n][0, 0] / tau - STATEMENT.right[n].subs(definitions) for n in range(2)),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="A sum that ends at the number of hidden neurons leaves out output modes 3 and 4.",
            because="The printed right-hand side is subtracted from the entry of the rotated flow.",
            shows=sp.Eq(left_out, missing, evaluate=False),
            means={
                left_out: tau * printed.subs(definitions) - flow[0][0, 0],
                **{PARTNERS[1, j]: meeting[j - 1, 0] for j in (3, 4)},
            },
        ),
    )


def _energy() -> tuple[Step, ...]:
    row_t, column, value = mp.letter(r"e_{\gamma}^{T}"), mp.letter(r"e_{\alpha}"), sp.Symbol("s_gamma_alpha", real=True)
    entry = [(mp.word(row_t, S, column), value), (mp.word(row_t, BAR32), mp.letter("b^{T}"))]
    entry.append((mp.word(BAR21, column), mp.letter("a")))
    distance = sp.expand(mp.word(row_t, S - mp.word(BAR32, BAR21), column)).subs(entry)
    descent = [
        backpropagated(S, sp.S.One).subs({A: above, W: own, B: below}, simultaneous=True)
        for above, own, below in ((BAR32, BAR21, sp.S.One), (sp.S.One, BAR32, BAR21))
    ]
    turned = sp.transpose(BAR21), sp.transpose(BAR32)
    flow = rotated_flow((BAR21, BAR32), turned, S, sp.S.One)
    number, k = (sp.Symbol(name, integer=True, positive=True) for name in ("n", "k"))
    slope = sp.Function("g", real=True)(k)  # of the energy by one of the n weights, which moves at -slope / tau
    fall = slope * (-slope / tau) + tau * (-slope / tau) ** 2
    surface, distance_squared = sp.Symbol("E", real=True), mp.squared_norm(S - mp.word(BAR32, BAR21))
    errors = _singular() - SECOND * FIRST
    energy = sum(error**2 for error in errors) / 2
    slopes = energy.diff(FIRST), energy.diff(SECOND)
    of_first, of_second = (rate / tau for rate in _flow(FIRST, SECOND, _singular()))
    falling = sp.Derivative(sp.Function("E")(t), t)
    slope_along = mp.letter(r"\frac{\partial E}{\partial a^{\alpha}}")
    moves = [mp.letter(name) for name in (r"\sum_{\alpha} |\dot{a}^{\alpha}|^2", r"\sum_{\gamma} |\dot{b}^{\gamma}|^2")]
    return (
        Step(
            claim="The energy is half the squared distance of the rotated map from S, the part of the loss that the "
            "weights can remove.",
            because="Any entry of S - Wbar32 Wbar21 is the singular value of the pair, or zero, minus the product of "
            "its hidden vectors.",
            obligation=distance - value + mp.word(mp.letter("b^{T}"), mp.letter("a")),
            shows=sp.Eq(surface, distance_squared / 2, evaluate=False),
            means={surface: energy, distance_squared: (errors.T * errors).trace()},
        ),
        linear_network.descent_of_a_factor(),
        Step(
            claim="The flow of all modes is descent on this energy.",
            because="The step of each matrix, with S for the outputs and the unit matrix for the inputs, is compared "
            "with the rotated flow, for any widths.",
            obligation=tuple(sp.expand(a - b) for a, b in zip(descent, flow, strict=True)),
            shows=sp.Eq(tau * RATE, -slope_along, evaluate=False),
            means=tuple({RATE: of_first[:, k], slope_along: slopes[0][:, k]} for k in range(3)),
        ),
        Step(
            claim="The energy never rises.",
            because="By the chain rule every weight adds its slope times its rate, minus a square.",
            obligation=sp.Sum(sp.expand(fall), (k, 1, number)).doit(),
            shows=sp.Eq(falling, -tau * (moves[0] + moves[1]), evaluate=False),
            means={
                falling: (slopes[0].T * of_first).trace() + (slopes[1].T * of_second).trace(),
                moves[0]: sum(rate**2 for rate in of_first),
                moves[1]: sum(rate**2 for rate in of_second),
            },
        ),
    )


def _hidden_directions() -> tuple[Step, ...]:
    k, x, y = sp.symbols("k x y", real=True)
    weaker = sp.Symbol("s_2", positive=True)
    turn = sp.Matrix([[1 - k**2, -2 * k], [2 * k, 1 - k**2]]) / (1 + k**2)
    unit, across = turn[:, 0], turn[:, 1]
    alone = dict.fromkeys((*FIRST[:, 1:], *SECOND[1:, :]), sp.S.Zero)
    alone |= dict(zip((*FIRST[:, 0], *SECOND[0, :]), (*(x * unit), *(y * unit)), strict=True))
    of_first, of_second = _flow(FIRST.xreplace(alone), SECOND.xreplace(alone), _singular())
    singular = sp.Matrix(4, 3, lambda j, k: (s, weaker, 0)[j] if j == k else 0)

    def growth(direction: sp.Matrix) -> sp.Matrix:
        """tau times the linear growth of x and y, by which mode 2 points along a direction, beside a learned mode 1."""
        first, second = sp.zeros(2, 3), sp.zeros(4, 2)
        first[:, 0], second[0, :] = sp.sqrt(s) * unit, sp.sqrt(s) * unit.T
        first[:, 1], second[1, :] = x * direction, y * direction.T
        flow = _flow(first, second, singular)
        rate = sp.Matrix([flow[0][:, 1].dot(direction), flow[1][1, :].dot(direction)])
        return rate.jacobian([x, y]).subs({x: 0, y: 0})

    apart, weaker_mode = sp.Matrix([1, -1]), sp.Matrix([x, y])
    moving, direction = mp.letter(r"\dot{a}^{1}"), mp.letter("r")
    x_2, y_2 = sp.Function("x_2")(t), sp.Function("y_2")(t)
    total = x_2 + y_2
    beside, alone_in_it = growth(unit), growth(across)
    together = sp.Derivative(total, t)

    def changing(rates: sp.Matrix) -> sp.Expr:
        return total.subs(dict(zip((x_2, y_2), rates * weaker_mode / tau, strict=True)))

    return (
        Step(
            claim="Without competition every mode would be learned in whatever hidden direction it starts, several in "
            "one and the same.",
            because="With the vectors of all other modes at zero, vectors x r and y r along a unit vector r move along "
            "it, until x y = s.",
            obligation=of_second[0, :] - (s - x * y) * x * unit.T,
            shows=sp.Eq(tau * moving, (s - x * y) * y * direction, evaluate=False),
            means={moving: of_first[:, 0] / tau, direction: unit},
        ),
        Step(
            claim="Competition drives a weaker mode out of a hidden direction that carries a stronger one.",
            because="The rotated flow is linearised where mode 1 is learned along r and mode 2 is small along r.",
            obligation=(beside * apart + (weaker + s) * apart, beside - beside.T),
            shows=sp.Eq(tau * together, (weaker - s) * total, evaluate=False),
            means={together: changing(beside), x_2: x, y_2: y},
        ),
        Step(
            claim="In a direction across it the mode grows as if it were alone.",
            because="The same linearisation, with mode 2 orthogonal to mode 1.",
            obligation=(alone_in_it * apart + weaker * apart, alone_in_it - alone_in_it.T),
            shows=sp.Eq(tau * together, weaker * total, evaluate=False),
            means={together: changing(alone_in_it), x_2: x, y_2: y},
        ),
    )
