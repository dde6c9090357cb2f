r"""A novel property spreads from one item to the others, and a known property tells of others of a novel item.

Premises: a linear network with one hidden layer whose weights are given, for instance learned up to some age; items are
one-hot inputs. A novel property is an output with a new row of weights w from zero; it is taught for item i alone, by
slow gradient descent on 1/2 (1 - w . h_i)^2 with all other weights kept. A novel item is an input with a new column h
from zero; it is taught property m alone, by descent on 1/2 (1 - w_m . h)^2. The slides print both questions and the
drawing of a projection without a formula, and do not say that only the new weights may learn: if the weights of the
taught item learn as well, as backpropagation in the whole network would have it, the property spreads less.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.calculus.linear_network import D1, D1T, D2, D2T, RT, UNIQUENESS, UT, VT, R, U, V
from derivations.calculus.matrix_product import letter, word
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import H_ii, H_ij, R_mm, R_mn, t, tau

ITEM, FEATURE, WHOLE = sp.Function("y_j")(t), sp.Function("y_n")(t), sp.Symbol("y_j^whole")


def _projected(product: sp.Symbol, square: sp.Symbol) -> sp.Expr:
    return product * (1 - sp.exp(-square * t / tau)) / square


STATEMENT = Statement(
    module=__name__,
    title="Inductive projection of novel properties and onto novel items",
    formula=sp.Eq(
        sp.Tuple(ITEM, FEATURE, WHOLE),
        sp.Tuple(
            _projected(H_ij, H_ii),
            _projected(R_mn, R_mm),
            H_ij * sp.sqrt((sp.sqrt(H_ii**2 + 4) - H_ii) / (2 * H_ii)),
        ),
        evaluate=False,
    ),
    parameters=(
        gradient_flow.TIME.narrowed("of the new weights"),
        Parameter(
            symbol=H_ii,
            meaning="squared norm of the hidden activity of the taught item",
            domain=POSITIVE,
            typical=(0.4, 3.5),
        ),
        Parameter(
            symbol=H_ij,
            meaning="product of the hidden activities of the taught and another item",
            domain=sp.Reals,
            typical=(-1.5, 3.0),
        ),
        Parameter(
            symbol=R_mm,
            meaning="squared norm of the weights to the taught property",
            domain=POSITIVE,
            typical=(0.4, 3.5),
        ),
        Parameter(
            symbol=R_mn,
            meaning="product of the weights to the taught and another property",
            domain=sp.Reals,
            typical=(-1.5, 3.0),
        ),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        "The loss is half the squared error; the novel property or item is taught by gradient descent so slow that "
        "time is continuous, and the new weights start at zero.",
        "In the first two results only the new weights learn: the row of the property, or the column of the item.",
        "In the third the weights of the taught item learn as well and nothing else is rehearsed; it is the estimate "
        "in the end.",
        "Items are one-hot inputs, so that teaching one item leaves the hidden activity of the others as it is.",
    ),
    regime=Exact(),
    sources=(
        Source(
            document="000",
            where=(
                "How is inductive generalization achieved by neural networks? Inferring familiar properties"
                " of a novel item; How is inductive generalization achieved by neural networks? Inferring "
                "which familiar objects have a novel property"
            ),
        ),
        Source(document="saxe2013hierarchical", where="inductive property judgments"),
    ),
    covers=("B8",),
)

SIZE = 3  # hidden neurons of the explicit networks
w, h, k = (mp.matrix(name, SIZE, 1) for name in ("w", "h", "k"))  # new row, taught item, other item
AT = {H_ii: (h.T * h)[0], H_ij: (h.T * k)[0], R_mm: (w.T * w)[0], R_mn: (w.T * k)[0]}


def derivation() -> tuple[Step, ...]:
    """From the loss of the taught example to the new weights, their products with the others, and the whole network."""
    return (*_row(), *_column(), *_whole(), _age())


def _row() -> tuple[Step, ...]:
    loss = mp.squared_error((w.T,), h, sp.ones(1, 1))
    learned = h * _projected(sp.S.One, H_ii).subs(AT)
    final = h * sp.limit(_projected(sp.S.One, H_ii), t, sp.oo).subs(AT)
    free = k - h * (h.T * k)[0] / AT[H_ii]
    estimate = (learned.T * k)[0]
    moving, at_end, missing = letter("w(t)"), letter(r"w(\infty)"), letter("(1 - w^T h_i)")
    rate, activity = mp.rate("w"), letter("h_i")
    return (
        Step(
            claim="The row of a novel property moves along the hidden activity of the item for which it is taught.",
            instances="three hidden neurons",
            because="The loss of an explicit row over three hidden neurons is differentiated by every weight.",
            shows=sp.Eq(tau * rate, word(missing, activity), evaluate=False),
            means={rate: -mp.gradient(loss, w) / tau, missing: 1 - (w.T * h)[0], activity: h},
        ),
        Step(
            claim="It grows along that activity and stops where the taught item is right.",
            because="The row is differentiated by time and inserted into its flow, and evaluated at time zero.",
            obligation=(tau * sp.diff(learned, t) - (1 - (learned.T * h)[0]) * h, learned.subs(t, 0)),
            shows=sp.Eq(moving, activity * _projected(sp.S.One, H_ii), evaluate=False),
            means={moving: learned, activity: h, H_ii: AT[H_ii]},
        ),
        Step(
            claim="No other row follows the flow from zero.",
            because="The flow is linear in the row.",
            assumption=UNIQUENESS,
        ),
        Step(
            claim="Of all rows that are right for the taught item, the final one has the least norm.",
            because="Any other differs by a part without product with the activity, whose square adds to the norm.",
            obligation=((final.T * h)[0] - 1, (free.T * h)[0], (final.T * free)[0]),
            shows=sp.Eq(at_end, activity / H_ii, evaluate=False),
            means={at_end: final, activity: h, H_ii: AT[H_ii]},
        ),
        Step(
            claim="The estimate for another item is the projection of its activity on that of the taught item.",
            because="The row is multiplied with the activity of the other item.",
            obligation=estimate - STATEMENT.right[0].subs(AT),
            shows=sp.Eq(ITEM, STATEMENT.right[0], evaluate=False),
        ),
    )


def _column() -> tuple[Step, ...]:
    weights = mp.matrix("W", 2, SIZE)  # rows of two properties, the first of which is taught
    loss = (1 - (weights[0, :] * h)[0]) ** 2 / 2
    row, other = weights[0, :].T, weights[1, :].T
    products = {R_mm: (row.T * row)[0], R_mn: (row.T * other)[0]}
    learned = row * _projected(sp.S.One, R_mm).subs(products)
    rate, missing, taught = mp.rate("h"), letter("(1 - w_m^T h)"), letter("w_m")
    return (
        Step(
            claim="The column of a novel item moves along the weights to the property that it is taught.",
            instances="three hidden neurons",
            because="The loss of an explicit column is differentiated by the activity of every hidden neuron.",
            shows=sp.Eq(tau * rate, word(missing, taught), evaluate=False),
            means={rate: -mp.gradient(loss, h) / tau, missing: 1 - (row.T * h)[0], taught: row},
        ),
        Step(
            claim="Its other properties are projections of their weights on those to the taught property.",
            because="The column solves its flow from zero, and is multiplied with the weights to the other property.",
            obligation=(
                tau * sp.diff(learned, t) - (1 - (row.T * learned)[0]) * row,
                learned.subs(t, 0),
                (other.T * learned)[0] - STATEMENT.right[1].subs(products),
            ),
            shows=sp.Eq(FEATURE, STATEMENT.right[1], evaluate=False),
        ),
    )


def _whole() -> tuple[Step, ...]:
    weights = mp.matrix("W", SIZE, 2)  # columns of the taught and of another item
    loss = mp.squared_error((weights, w.T), sp.Matrix([1, 0]), sp.ones(1, 1))
    first = weights[:, 0]
    error = 1 - (w.T * first)[0]
    rates = -mp.gradient(loss, w), -mp.gradient(loss, weights)
    along, across = sp.symbols("omega eta", positive=True)  # strengths of row and activity along the first activity
    missing = 1 - along * across
    left_over, new_row, of_item = letter("(1 - w^T h_i)"), letter("w"), mp.rate("h_i")
    of_activity, of_row = letter("h_i^T h_i"), letter("w^T w")
    wrong, error_rate = letter("e"), letter(r"\dot{e}")
    changes = missing * across, missing * along  # of the strengths, times tau
    square = sp.Symbol("x")  # of the strength of the activity at rest
    quadratic, linear, constant = sp.Poly(sp.expand(square * (square - 1 / square - H_ii)), square).all_coeffs()
    at_rest = sp.sqrt((sp.sqrt(H_ii**2 + 4) + H_ii) / 2)
    stated = STATEMENT.right[2]
    return (
        Step(
            claim="If the weights of the taught item learn too, they move along the new row; other items stay.",
            instances="three hidden neurons and two items",
            because="The loss of an explicit network with two items and three hidden neurons is differentiated.",
            obligation=(rates[0] - error * first, rates[1][:, 1]),
            shows=sp.Eq(tau * of_item, word(left_over, new_row), evaluate=False),
            means={of_item: rates[1][:, 0] / tau, left_over: error, new_row: w},
        ),
        Step(
            claim="The squared norm of the activity exceeds that of the row by what it was at the start.",
            because="Both norms change alike under these rates.",
            shows=sp.Eq(of_activity - of_row, H_ii, evaluate=False),
            means=(
                {of_activity: (h.T * h)[0], of_row: 0, H_ii: AT[H_ii]},  # at the start; then their rates, times tau
                {of_activity: 2 * (first.T * rates[1][:, 0])[0], of_row: 2 * (w.T * rates[0])[0], H_ii: 0},
            ),
        ),
        Step(
            claim="Both stay on the line of the first activity, and the error decays at least with the rate H_ii.",
            because="On that line the flow has two strengths; the error's rate is the sum of their squares.",
            obligation=rates[0].subs(list(zip([*w, *first], [*(along * h), *(across * h)], strict=True)))
            - (1 - along * across * AT[H_ii]) * across * h,
            shows=sp.Eq(tau * error_rate, -(along**2 + across**2) * wrong, evaluate=False),
            means={error_rate: -(across * changes[0] + along * changes[1]) / tau, wrong: missing},
        ),
        Step(
            claim="At rest the product of the strengths is one and the difference of their squares is unchanged.",
            because="The positive root of that quadratic equation is inserted.",
            shows=sp.Eq(across**2, at_rest**2, evaluate=False),
            means={across: sp.sqrt((sp.sqrt(linear**2 - 4 * quadratic * constant) - linear) / (2 * quadratic))},
        ),
        Step(
            claim="The estimate for another item is its product with the first activity, over its norm and the "
            "strength at rest.",
            because="Squares are compared; both sides have the sign of the product of the activities.",
            obligation=stated**2 - H_ij**2 / (H_ii * at_rest**2),
            shows=sp.Eq(WHOLE, stated, evaluate=False),
        ),
        Step(
            claim="It is smaller than the projection that the row alone would reach.",
            because="The squared ratio of the two is 1 / (1 + x) with a positive x, the squared strength of the row "
            "over H_ii.",
            shows=sp.Eq((WHOLE * H_ii / H_ij) ** 2, 1 / (1 + 1 / (H_ii * across**2)), evaluate=False),
            means={WHOLE: stated, across: at_rest},
        ),
    )


def _age() -> Step:
    first, last = word(R, D1, VT), word(U, D2, RT)
    hidden = mp.contract(word(V, D1T, RT, first), word(RT, R)) - word(V, D1T, D1, VT)
    rows = mp.contract(word(last, R, D2T, UT), word(RT, R)) - word(U, D2, D2T, UT)
    # of two modes and two items: columns of W21, whose entries are a turned frame times sqrt(a) v
    angle, strengths, entries = sp.Symbol("x", real=True), sp.symbols("a_1:3", positive=True), mp.matrix("v", 2, 2)
    turned = sp.Matrix([[sp.cos(angle), -sp.sin(angle)], [sp.sin(angle), sp.cos(angle)]])
    taught, other = (turned * sp.diag(*map(sp.sqrt, strengths)) * entries.row(item).T for item in range(2))
    over_modes = letter(r"\sum_\alpha a_\alpha v_i^\alpha v_j^\alpha")
    return Step(
        claim="In a network that learns from a balanced decoupled start these products are sums over modes: an item's "
        "projection grows and narrows with age as the modes are learned.",
        because="The hidden directions are orthonormal; balanced layers carry the square root of the mode strength.",
        obligation=(hidden, rows),
        shows=sp.Eq(H_ij, over_modes, evaluate=False),
        means={
            H_ij: (taught.T * other)[0],
            over_modes: sum(a * entries[0, k] * entries[1, k] for k, a in enumerate(strengths)),
        },
    )
