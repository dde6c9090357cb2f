r"""How fast a property is learned depends on the object analyzers that it is made of.

Premises: those of `mode_logistic`, with one-hot items. A property is a vector across items, a row of Sigma^{31}, and
p_alpha is its component along the object analyzer v^alpha. The statement has two analyzers; further ones add like
terms. The slides say in words that a property similar to an analyzer with a large singular value "will then (and only
then) be learned quickly". The first holds as it stands. "Only then" needs a tolerance: a property counts as learned
quickly in spite of components along slow analyzers, as long as these are smaller than what is tolerated.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus.linear_network import VT, S, U, V
from derivations.calculus.matrix_product import letter, word
from derivations.deep_linear.learning_time import learning_time
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.deep_linear.mode_logistic import curve
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import a_0, a_f, delta, p_1, p_2, s, s_1, s_2, t, tau

RESIDUAL, TIME = sp.Function("E_m")(t), sp.Symbol("t_m^min")


def missing(singular_value: sp.Expr) -> sp.Expr:
    """Fraction of a mode that is not yet learned at time t."""
    return 1 / (1 + sp.exp(2 * singular_value * t / tau) / (singular_value / a_0 - 1))


STATEMENT = Statement(
    module=__name__,
    title="What is missing of a property, and the time that its slow part needs",
    formula=sp.Eq(
        sp.Tuple(RESIDUAL, TIME),
        sp.Tuple(
            p_1**2 * missing(s_1) ** 2 + p_2**2 * missing(s_2) ** 2,
            tau * sp.log((p_2 / delta - 1) * (s_2 / a_0 - 1)) / (2 * s_2),
        ),
        evaluate=False,
    ),
    parameters=(
        gradient_flow.TIME,
        *(
            Parameter(
                symbol=value,
                meaning=f"singular value of mode {number}",
                domain=POSITIVE,
                typical=(0.6, 3.5),
            )
            for number, value in ((1, s_1), (2, s_2))
        ),
        *(
            Parameter(
                symbol=part,
                meaning=f"size of the property's component along object analyzer {number}",
                domain=POSITIVE,
                typical=(0.5, 2.5),
            )
            for number, part in ((1, p_1), (2, p_2))
        ),
        Parameter(symbol=delta, meaning="tolerated error of the property", domain=POSITIVE, typical=(0.03, 0.4)),
        gradient_flow.INITIAL_STRENGTH.narrowed(typical=(0.001, 0.1)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *MODE_LOGISTIC.assumptions,
        "Items are one-hot inputs; E_m is the squared error of property m summed over the items.",
        "All modes start with the same strength a_0, below s_2 (1 - delta / p_2), at which the slow part is known "
        "within the tolerance; so delta is below p_2.",
        "The second result is the time at which the part along analyzer 2 alone has the tolerated size; the whole "
        "property is learned within the tolerance no sooner, and at that time if there is no other part.",
    ),
    regime=Exact(),
    sources=(
        Source(document="000", where="Why are some properties distinctive, or learned faster?"),
        Source(document="saxe2013hierarchical", where="distinctive features"),
    ),
    covers=("B6",),
    uses=("deep_linear.mode_logistic", "deep_linear.learning_time"),
)


def derivation() -> tuple[Step, ...]:
    """From the map of the network to the error of one property, and to the time that a slow component needs."""
    return (*_error(), *_time())


def _error() -> tuple[Step, ...]:
    learned, row = letter("A"), letter("e_m^T")  # diagonal matrix of mode strengths; picks property m
    error = word(U, S, VT) - word(U, learned, VT)
    fraction = missing(s)
    # two orthonormal analyzers over three items, by angles; a property with components along both
    x, y = sp.symbols("x y", real=True)
    first = sp.Matrix([sp.cos(x), sp.sin(x) * sp.cos(y), sp.sin(x) * sp.sin(y)])
    second = sp.diff(first, x)
    parts = [missing(value) for value in (s_1, s_2)]
    gone = p_1 * parts[0] * first + p_2 * parts[1] * second
    squares = sp.expand((gone.T * gone)[0])
    strength, left_over, along = sp.Function("a")(t), sp.Function("g")(t), word(row, error, V)
    unit = {sp.sin(y) ** 2: 1 - sp.cos(y) ** 2, sp.sin(x) ** 2: 1 - sp.cos(x) ** 2}
    return (
        Step(
            claim="What is missing of a mode is its singular value times the fraction not yet learned.",
            because="The logistic curve is subtracted from the singular value.",
            shows=sp.Eq(s - strength, s * fraction, evaluate=False),
            means={strength: curve()},
        ),
        Step(
            claim="Along each object analyzer a property misses what its entry in the synthesizer makes of the mode.",
            because="The error of the map is multiplied with the analyzers, whose product V^T V is the unit matrix.",
            shows=sp.Eq(along, word(row, U, S - learned), evaluate=False),
            means={along: mp.contract(along, word(VT, V))},
        ),
        linear_network.one_solution(),
        Step(
            claim="The squares along orthonormal analyzers add up to the squared error of the property.",
            instances="two analyzers over three items",
            because="A property with components along two orthonormal vectors over three items, given by angles, is "
            "squared and summed.",
            obligation=sp.expand(sp.expand(squares.subs(unit)).subs(unit)) - sp.expand(STATEMENT.right[0]),
            shows=sp.Eq(RESIDUAL, STATEMENT.right[0], evaluate=False),
        ),
        Step(
            claim="Every part only shrinks, at a rate that grows with the singular value.",
            because="The fraction not yet learned is differentiated by time: it obeys its own logistic equation.",
            shows=sp.Eq(sp.Derivative(left_over, t), -2 * s * left_over * (1 - left_over) / tau, evaluate=False),
            means={left_over: fraction},
        ),
    )


def _time() -> tuple[Step, ...]:
    when = STATEMENT.right[1]
    final = s_2 * (1 - delta / p_2)
    other, rest = sp.symbols("f g", real=True)  # fractions not yet learned
    slow, at_time, component = sp.Function("g_2")(t), sp.Function("g_2")(TIME), letter("p_2")
    return (
        Step(
            claim="The part along analyzer 2 has the tolerated size when its mode has learned the rest.",
            because="The learning time to the strength s_2 (1 - delta / p_2) is taken from the result on single modes.",
            obligation=when - learning_time().subs({s: s_2, a_f: final}, simultaneous=True),
            shows=sp.Eq(TIME, when, evaluate=False),
        ),
        Step(
            claim="At that time this part alone has the size of the tolerance.",
            because="The time is inserted into the fraction not yet learned.",
            shows=sp.Eq(component * at_time, delta, evaluate=False),
            means={component: p_2, at_time: missing(s_2).subs(t, when)},
        ),
        Step(
            claim="Before that time the error exceeds the tolerance, whatever the other part: both are squares.",
            because="The time is inserted into the whole error; what is left beside the square of the tolerance is the "
            "square of the other part.",
            shows=sp.Ge(RESIDUAL, p_2**2 * slow**2, evaluate=False),
            means={RESIDUAL: STATEMENT.right[0].subs({missing(s_1): other, missing(s_2): rest}), slow: rest},
        ),
        Step(
            claim="The better a property is aligned with the fast analyzer, the less time its slow part needs; none "
            "once it is below the tolerance.",
            because="The time is differentiated by the component along the slow analyzer.",
            obligation=sp.diff(when, p_2) - tau / (2 * s_2 * (p_2 - delta)),
            shows=sp.Eq(sp.Derivative(TIME, p_2), tau / (2 * s_2 * (p_2 - delta)), evaluate=False),
        ),
    )
