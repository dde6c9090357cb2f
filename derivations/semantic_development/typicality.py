r"""A typical member of a category is an item that resembles the category's feature synthesizer.

Premises: those of `mode_logistic`, with one-hot items. An item is a vector across properties, a column of Sigma^{31}; a
property is a vector across items, a row of it. The entry v_i of the object analyzer says how typical item i is for the
category of that mode, the entry u_m of the feature synthesizer how typical property m is. The statement writes out two
properties and two items; further ones add like terms. The slides say it in words: "if an item is similar to the feature
synthesizer for a category, then it is a typical member". The similarity is a scalar product, over the singular value;
the slides do not say that the length of the item counts too: an item of few properties is atypical for that reason.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus.linear_network import UT, VT, S, U, V
from derivations.calculus.matrix_product import letter, word
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.deep_linear.mode_logistic import curve
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import a_0, nu_1, nu_2, s, t, tau, u_1, u_2, x_1, x_2, y_1, y_2

ITEM, PROPERTY, RESPONSE = sp.Symbol("v_i"), sp.Symbol("u_m"), sp.Function("c_i")(t)
ENTRY, VALUE = sp.Interval(-1, 1), sp.Reals

STATEMENT = Statement(
    module=__name__,
    title="Typical items and properties of a category, and its response to an item",
    formula=sp.Eq(
        sp.Tuple(ITEM, PROPERTY, RESPONSE),
        sp.Tuple(
            (u_1 * y_1 + u_2 * y_2) / s,
            (nu_1 * x_1 + nu_2 * x_2) / s,
            (u_1 * y_1 + u_2 * y_2) / (1 + (s / a_0 - 1) * sp.exp(-2 * s * t / tau)),
        ),
        evaluate=False,
    ),
    parameters=(
        gradient_flow.TIME,
        gradient_flow.SINGULAR_VALUE,
        *(
            Parameter(
                symbol=u,
                meaning=f"entry of property {k} in the feature synthesizer",
                domain=ENTRY,
                typical=(-0.9, 0.9),
            )
            for k, u in ((1, u_1), (2, u_2))
        ),
        *(
            Parameter(symbol=y, meaning=f"property {k} of the item", domain=VALUE, typical=(-3, 3))
            for k, y in ((1, y_1), (2, y_2))
        ),
        *(
            Parameter(symbol=nu, meaning=f"entry of item {k} in the object analyzer", domain=ENTRY, typical=(-0.9, 0.9))
            for k, nu in ((1, nu_1), (2, nu_2))
        ),
        *(
            Parameter(symbol=x, meaning=f"the property for item {k}", domain=VALUE, typical=(-3, 3))
            for k, x in ((1, x_1), (2, x_2))
        ),
        gradient_flow.INITIAL_STRENGTH,
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *MODE_LOGISTIC.assumptions,
        "Items are one-hot inputs; u and v are the singular vectors of one mode, with its singular value s.",
        "The category's response to an item is the product of the network's output with the feature synthesizer.",
    ),
    regime=Exact(),
    sources=(
        Source(
            document="000",
            where=(
                "Why are some items more typical members of a category? (i.e. sparrow versus ostrich for "
                "the category bird)"
            ),
        ),
        Source(document="saxe2013hierarchical", where="typicality"),
    ),
    covers=("B7",),
    uses=("deep_linear.mode_logistic",),
)


def derivation() -> tuple[Step, ...]:
    """From the singular vectors of the data to the places of items and properties, and to the output over time."""
    data, learned, inverse = word(U, S, VT), letter("A"), letter("S^{-1}")
    units = word(UT, U), word(VT, V), word(inverse, S), word(S, inverse)
    other, grown, rest = sp.symbols("sigma g b", positive=True)  # second singular value; strengths of both modes
    x, y, z = sp.symbols("x y z", real=True)  # angles of the singular vectors of explicit tasks
    left = sp.Matrix([[sp.cos(x), -sp.sin(x)], [sp.sin(x), sp.cos(x)]])
    right = sp.Matrix(
        [
            [sp.cos(y), -sp.sin(y)],
            [sp.sin(y) * sp.cos(z), sp.cos(y) * sp.cos(z)],
            [sp.sin(y) * sp.sin(z), sp.cos(y) * sp.sin(z)],
        ]
    )
    turned = sp.Matrix([[sp.cos(y), sp.sin(y)], [-sp.sin(y), sp.cos(y)]])
    of_three, of_two = left * sp.diag(s, other) * right.T, left * sp.diag(s, other) * turned
    network = left * sp.diag(grown, rest) * right.T
    by_item, by_property, response = STATEMENT.right
    items, properties, outputs = [], [], []
    for i in range(3):
        at = {u_1: left[0, 0], u_2: left[1, 0], y_1: of_three[0, i], y_2: of_three[1, i]}
        items.append(_angles(by_item.subs(at) - right[i, 0]))
        outputs.append(_angles((left[:, 0].T * network[:, i])[0] - grown * right[i, 0]))
    for m in range(2):
        at = {nu_1: turned[0, 0], nu_2: turned[0, 1], x_1: of_two[m, 0], x_2: of_two[m, 1]}
        properties.append(_angles(by_property.subs(at) - left[m, 0]))
    correlation, outputs_along = letter(r"\Sigma^{31}"), word(UT, letter("W^{32}"), letter("W^{21}"))
    of_items, of_properties = word(inverse, UT, correlation), word(correlation, V, inverse)
    return (
        Step(
            claim="An object analyzer collects the items' products with its feature synthesizer, over s.",
            because="The data are multiplied with the synthesizers, whose product U^T U is the unit matrix.",
            shows=sp.Eq(VT, of_items, evaluate=False),
            means={of_items: mp.contract(of_items.subs(correlation, data), *units)},
        ),
        Step(
            claim="A feature synthesizer collects the properties' products with its object analyzer, over s.",
            because="The data are multiplied with the analyzers, whose product V^T V is the unit matrix.",
            shows=sp.Eq(U, of_properties, evaluate=False),
            means={of_properties: mp.contract(of_properties.subs(correlation, data), *units)},
        ),
        Step(
            claim="Written out for single items this is the first result.",
            because="Two properties of three items are made from singular vectors given by angles; each item in turn.",
            obligation=tuple(items),
            shows=sp.Eq(ITEM, by_item, evaluate=False),
        ),
        Step(
            claim="Written out for single properties it is the second.",
            because="Two properties of two items are made from singular vectors given by angles; each in turn.",
            obligation=tuple(properties),
            shows=sp.Eq(PROPERTY, by_property, evaluate=False),
        ),
        linear_network.one_solution(),
        Step(
            claim="The output along the synthesizers is the strength of each mode times the item's typicality.",
            because="U^T U is the unit matrix in the product with the map of the network.",
            shows=sp.Eq(outputs_along, word(learned, VT), evaluate=False),
            means={outputs_along: mp.contract(word(UT, U, learned, VT), *units)},
        ),
        Step(
            claim="So a category responds to a typical item more, at all times.",
            because="Outputs of the explicit network are multiplied with the synthesizer; the strength of the mode is "
            "the learning curve.",
            obligation=(*outputs, response - by_item * curve()),
            shows=sp.Eq(RESPONSE, response, evaluate=False),
        ),
    )


def _angles(expression: sp.Expr) -> sp.Expr:
    """The expression in cosines and first powers of sines alone."""
    expanded = sp.expand(expression)
    return sp.expand(expanded.subs({f**2: 1 - sp.cos(f.args[0]) ** 2 for f in expanded.atoms(sp.sin)}))
