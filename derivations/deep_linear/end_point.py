r"""Where learning in a three-layer linear network ends.

Premises: a linear network y = W^{32} W^{21} x of any widths under gradient descent on half the squared error, from
small random weights. At a critical point the network holds some modes of the data in full and others not at all. All
critical points that leave out a mode while holding a weaker one are strict saddles (`saddles`), so learning ends with
the strongest modes, as many as the narrowest layer has neurons. The page says that the map approaches Sigma^{31}; this
needs as many hidden neurons as the data have modes, and whitened inputs. With other inputs the map approaches the
regression Sigma^{31} (Sigma^{11})^{-1}, projected on as many output directions as there are hidden neurons; modes are
then ranked by s^2 / Lambda, the singular value of Sigma^{31} (Sigma^{11})^{-1/2} squared, and not by s.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import linear_network
from derivations.calculus.matrix_product import contract, letter, word
from derivations.deep_linear.saddles import HELD_POWER, HELD_VALUE, OTHER_VALUE, PRINCIPAL, SUMMED
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import Lambda_i, s_i, s_j

HELD, LEFT_OUT = sp.symbols(r"u_{i}^{T}W(\infty)v_{i} u_{j}^{T}W(\infty)v_{j}", real=True)
LEFT = sp.Tuple(HELD, LEFT_OUT)
SLIDE = Source(document="001", where="Fixed points")

STATEMENT = Statement(
    module=__name__,
    title="End point of learning",
    formula=sp.Eq(LEFT, sp.Tuple(s_i / Lambda_i, sp.S.Zero), evaluate=False),
    parameters=(HELD_VALUE, OTHER_VALUE.narrowed("left out at the end"), HELD_POWER),
    assumptions=(
        SUMMED,
        PRINCIPAL + " For other inputs the statement holds with Lambda = 1 for W Sigma11^(1/2) and the modes of "
        "Sigma31 Sigma11^(-1/2).",
        "Training starts at small random weights, and ends at one of the points that almost every start leads to.",
        "The modes left out at the end are those of smallest s^2 / Lambda, beyond the number of hidden neurons.",
    ),
    regime=Exact(),
    sources=(
        SLIDE,
        Source(document="baldi1989neural", where="critical points and saddles of linear networks"),
        Source(document="saxe2014exact", where="general learning dynamics of gradient descent"),
    ),
    covers=("A7",),
    uses=("deep_linear.saddles",),
    printed=(
        Printed(
            erratum="E6",
            kind="assumption",
            formula=sp.Eq(LEFT, sp.Tuple(s_i, s_j), evaluate=False),
            note="The map is said to approach Sigma31; this needs as many hidden neurons as the data have modes, and "
            "whitened inputs.",
            source=SLIDE,
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the flow to its rest points, and to the one where training ends."""
    return (
        *linear_network.averaged_flow(),
        *_rest_points(),
        linear_network.conserved_gram("21", "32"),
        *_end(),
    )


def _rest_points() -> tuple[Step, ...]:
    A, AT, G = letter("W^{32}"), letter("W^{32T}"), letter(r"(W^{32T} W^{32})^{-1}")
    data, data_t, square, inverse = (
        letter(k) for k in (r"\Sigma^{31}", r"\Sigma^{31T}", r"\Sigma^{11}", r"(\Sigma^{11})^{-1}")
    )
    one = (word(G, AT, A), word(AT, A, G), word(inverse, square), word(square, inverse))
    first, first_t = word(G, AT, data, inverse), word(inverse, data_t, A, G)  # W21 and its transpose
    error = data - word(A, first, square)
    spread, onto = word(data, inverse, data_t), word(A, G, AT)
    held, second = letter("P"), letter("W^{21}")
    mirrored = {sp.transpose(x): y for x, y in ((A, AT), (AT, A), (data, data_t), (data_t, data))}
    mirrored |= {sp.transpose(x): x for x in (G, inverse, held)}  # symmetric
    commuted = word(spread, held), sp.transpose(word(spread, held)).subs(mirrored)
    resting = contract(commuted[0].subs(held, onto) - word(error, first_t, AT), *one)
    return (
        Step(
            claim="At rest the map is the regression of outputs on inputs, projected on the columns of W32.",
            because="W21 = (W32^T W32)^-1 W32^T Sigma31 Sigma11^-1 is inserted into the flow of W21, which vanishes; "
            "W32 W21 is then a projector, equal to its square, times the regression.",
            obligation=(contract(word(AT, error), *one), contract(word(onto, onto) - onto, *one)),
            shows=sp.Eq(word(A, second), word(held, data, inverse), evaluate=False),
            means={second: first, held: onto},
        ),
        Step(
            claim="The projector commutes with Sigma31 Sigma11^-1 Sigma31^T: it holds some of the left singular "
            "vectors of Sigma31 Sigma11^(-1/2), and leaves out the others.",
            because="The flow of W32 at this W21 is multiplied by W32^T; what it leaves is symmetric only if the "
            "projector can change sides.",
            shows=sp.Eq(commuted[1], commuted[0], evaluate=False),
            means={commuted[0]: resting, commuted[1]: sp.transpose(resting).subs(mirrored)},
        ),
    )


def _end() -> tuple[Step, ...]:
    w, first, second = sp.symbols("w w_1 w_2", positive=True)
    total = sp.Matrix([[w], [0]]) * sp.Matrix([[w, 0]])  # W32 W21 in the coordinates of the modes i and j
    slope = sp.diff(Lambda_i * (first * second) ** 2 / 2 - s_i * first * second, first)
    at_end = slope.subs({first: w, second: w})
    end = total.subs(w, sp.sqrt(STATEMENT.right[0]))
    return (
        Step(
            claim="Training converges to one of these rest points.",
            because="The loss is a polynomial that falls along the flow; the conserved Gram matrices keep the weights "
            "bounded while the map is.",
            assumption=Source(document="absil2005convergence", where="analytic gradient flows converge"),
        ),
        Step(
            claim="From almost every start it does not end at a strict saddle: the modes held at the end are those of "
            "largest s^2 / Lambda, as many as the narrowest layer has neurons.",
            because="Of a flow, too, the starts that end at strict saddles have measure zero, saddles that are not "
            "isolated included: each has a neighbourhood in which they lie on a surface of lower dimension, and the "
            "flow carries these surfaces back in time.",
            assumption=Source(document="bah2022learning", where="gradient flows of two layers, almost all starts"),
        ),
        Step(
            claim="Hence the map ends with the strengths stated: s / Lambda of the held modes, zero of the others.",
            because="The slope of the loss along a held mode vanishes at that strength; the product of the matrices "
            "has no other entry.",
            obligation=(
                at_end.subs(w, sp.sqrt(STATEMENT.right[0])),
                end - sp.diag(STATEMENT.right[0], STATEMENT.right[1]),
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="It is Sigma31 where every mode is held and the inputs are whitened.",
            because="Lambda_i = 1 is inserted into the map at the end.",
            shows=sp.Eq(HELD, s_i, evaluate=False),
            means={HELD: end[0, 0].subs(Lambda_i, 1)},
        ),
    )
