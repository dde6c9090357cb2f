r"""The error that travels back to the first hidden layer: it rises, is largest in mid-learning, and falls.

Premises: a deep linear network under slow gradient descent from a balanced start. What backpropagation sends to
the first hidden layer is the error of a mode times its strengths in all matrices above. The figure that the lecture
takes over shows this signal for three levels of a tree, without a formula. Early the layers above are too weak to carry
an error, late there is none left; in between lies a largest value, and coarse distinctions have theirs first.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.deep_linear.learning_time import STATEMENT as LEARNING_TIME
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import N_l, a, a_0, a_f, s, tau

SIGNAL, PLACE, LARGEST = (sp.Symbol(name, positive=True) for name in (r"\delta", r"a_{\max}", r"\delta_{\max}"))
WHEN = sp.Symbol("t_max", positive=True)
START = gradient_flow.INITIAL_STRENGTH.narrowed("the same for every mode", typical=(0.002, 0.03))
SMALL_START = "All modes start with the same strength a_0, less than an eighth of s."
_PLACE = s * (N_l - 2) / (2 * N_l - 3)


def signal(strength: sp.Expr) -> sp.Expr:
    """The error of a mode at the first hidden layer, at a mode strength."""
    return strength ** (1 - 1 / (N_l - 1)) * (s - strength)


STATEMENT = Statement(
    module=__name__,
    title="Error signals of the first hidden layer",
    formula=sp.Eq(
        sp.Tuple(SIGNAL, PLACE, LARGEST, WHEN),
        sp.Tuple(
            signal(a),
            _PLACE,
            _PLACE ** (1 - 1 / (N_l - 1)) * s * (N_l - 1) / (2 * N_l - 3),
            tau * sp.log((s - a_0) / (2 * a_0)) / (2 * s),
        ),
        evaluate=False,
    ),
    parameters=(
        gradient_flow.LAYERS.narrowed(domain=sp.Range(3, sp.oo)),
        gradient_flow.STRENGTH.narrowed(typical=(0.05, 0.29)),
        gradient_flow.SINGULAR_VALUE,
        START,
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *gradient_flow.FLOW,
        gradient_flow.BALANCED_CHAIN,
        SMALL_START,
        "delta is the norm of minus the loss's gradient by the activity of the first hidden layer, for an input of "
        "length 1 along the mode; a_max is the mode strength at which it is largest.",
        "t_max is the time of that in a network with three layers of neurons.",
    ),
    regime=Exact(),
    sources=(
        Source(document="000", where="In a position to analytically understand many phenomena previously simulated"),
        Source(document="saxe2013hierarchical", where="hierarchical structure learning"),
    ),
    covers=("B11", "B10"),
    uses=("deep_linear.learning_time",),
)


def derivation() -> tuple[Step, ...]:
    """From the error of a chain to its largest value, the time of that, and the order of a tree's levels."""
    return (*_signal(), *_largest(), *_order())


def _signal() -> tuple[Step, ...]:
    d = sp.Symbol("d", integer=True, positive=True)  # number of matrices
    activity, above, lowest = (sp.Symbol(name, positive=True) for name in ("h", "r", "w_1"))
    sent = -sp.diff((s - above * activity) ** 2 / 2, activity).subs(activity, lowest)
    balanced = sent.subs({above: a ** ((d - 1) / d), lowest: a ** (1 / d)})
    high, high_t, frame = mp.letter("R"), mp.letter("R^{T}"), mp.letter("v")
    carried = mp.contract(mp.word(mp.letter("v^{T}"), high_t, high, frame), mp.word(high_t, high))
    strengths, norm, own_norm = sp.Symbol(r"\prod_{k > 1} w_k"), mp.letter("|R v|^2"), mp.letter("|v|^2")
    return (
        Step(
            claim="The activity of the first hidden layer receives the error times the strengths of what is above.",
            because="Half the squared error of a mode is differentiated by that activity.",
            shows=sp.Eq(SIGNAL, strengths * (s - a), evaluate=False),
            means={SIGNAL: sent, strengths: above, a: above * lowest},
        ),
        Step(
            claim="The direction of the mode in the hidden layer does not change its norm.",
            because="The directions are orthonormal.",
            shows=sp.Eq(norm, own_norm, evaluate=False),
            means={norm: carried, own_norm: mp.word(mp.letter("v^{T}"), frame)},
        ),
        Step(
            claim="From a balanced start all d = N_l - 1 strengths are a^(1/d), which gives the signal.",
            because="They are inserted.",
            obligation=sp.powsimp(sp.expand(balanced)) - sp.powsimp(sp.expand(STATEMENT.right[0].subs(N_l, d + 1))),
            shows=sp.Eq(SIGNAL, STATEMENT.right[0], evaluate=False),
        ),
    )


def _largest() -> tuple[Step, ...]:
    power = sp.Symbol("p", positive=True)  # 1 - 1 / (N_l - 1)
    plain = a**power * (s - a)
    slope = a ** (power - 1) * (power * s - (1 + power) * a)
    inserted = {power: 1 - 1 / (N_l - 1)}
    place = power * s / (1 + power)
    passage = LEARNING_TIME.right[0].subs(a_f, s / 3)
    return (
        Step(
            claim="The signal rises up to a_max and falls from there on.",
            because="Its derivative is a positive power of a times a line that vanishes at a_max; the power of the "
            "signal is inserted.",
            obligation=(
                sp.powsimp(sp.expand(sp.diff(plain, a) - slope)),
                place.subs(inserted) - STATEMENT.right[1],
            ),
            shows=sp.Eq(PLACE, STATEMENT.right[1], evaluate=False),
        ),
        Step(
            claim="Its largest value is the one stated.",
            because="s less a_max is s (N_l - 1) / (2 N_l - 3).",
            obligation=(
                s - _PLACE - s * (N_l - 1) / (2 * N_l - 3),
                signal(STATEMENT.right[1]) / STATEMENT.right[2] - 1,
            ),
            shows=sp.Eq(LARGEST, STATEMENT.right[2], evaluate=False),
        ),
        Step(
            claim="With three layers of neurons it is 2 s^(3/2) / (3 sqrt 3), at a third of the singular value.",
            because="N_l = 3 is inserted.",
            obligation=STATEMENT.right[1].subs(N_l, 3) - s / 3,
            shows=sp.Eq(LARGEST, 2 * s ** sp.Rational(3, 2) / (3 * sp.sqrt(3)), evaluate=False),
            means={LARGEST: STATEMENT.right[2].subs(N_l, 3)},
        ),
        Step(
            claim="There it comes at the time stated.",
            because="The time to learn up to a third of the singular value is taken over; exponentials are compared.",
            obligation=sp.expand_log(sp.simplify(passage - STATEMENT.right[3]), force=True),
            shows=sp.Eq(WHEN, STATEMENT.right[3], evaluate=False),
        ),
    )


def _order() -> tuple[Step, ...]:
    ratio = sp.Symbol("x", positive=True)  # s / a_0
    time = sp.log((ratio - 1) / 2) / ratio  # 2 a_0 t_max / tau
    inner = ratio / (ratio - 1) - sp.log((ratio - 1) / 2)
    return (
        Step(
            claim="The time depends on s / a_0 alone, up to the unit.",
            because="s is written as that ratio times a_0.",
            shows=sp.Eq(2 * a_0 * WHEN / tau, time, evaluate=False),
            means={WHEN: STATEMENT.right[3].subs(s, ratio * a_0)},
        ),
        Step(
            claim="From the same start a mode of larger singular value has its largest signal first, and with the "
            "spectrum of a tree a level before the levels below it.",
            because="The derivative of the time by the ratio is a positive factor times x / (x - 1) - ln((x - 1) / 2), "
            "which falls, and is 8/7 - ln(7/2), below zero, at the least ratio, 8.",
            obligation=(
                sp.diff(time, ratio) - inner / ratio**2,
                sp.diff(inner, ratio) + 1 / (ratio - 1) ** 2 + 1 / (ratio - 1),
            ),
            shows=sp.Lt(inner, 0, evaluate=False),
            means={ratio: 8},
        ),
    )
