r"""Networks of four-neuron gates compute any polynomial: how many neurons, in how many layers (document 003).

Premises: the gate of four neurons multiplies two numbers; sums cost no neuron, as they are weights of the next layer.
Every monomial of degree m is the product of two of degrees m/2 rounded up and down. The slide says that the number of
neurons is proportional to that of the multiplications, and gives neither the factor nor the depth.
"""

from __future__ import annotations

import sympy as sp

from derivations.cheap_learning import DEGREE, VARIABLES, monomial_count, multiplication_gate
from derivations.proof import Step
from derivations.statement import Exact, Source, Statement
from derivations.symbols import d, n

SLIDE = Source(document="003", where="Summary: approximation of Hamiltonian in neural network")
REPEATED = Source(document="003", where="to efficiently approximate a polynomial in a neural network")
NEURONS, LAYERS = sp.Function("G"), sp.Function("L")
TERMS = monomial_count.COUNT

STATEMENT = Statement(
    module=__name__,
    title="Polynomials from gates of four neurons",
    formula=sp.Eq(
        sp.Tuple(NEURONS(n, d), LAYERS(d)),
        sp.Tuple(4 * (TERMS - 1 - n), sp.ceiling(sp.log(d) / sp.log(2))),
        evaluate=False,
    ),
    parameters=(VARIABLES, DEGREE),
    assumptions=(
        "G counts the hidden neurons of a network of gates with all monomials of degree 2 to d, from which one "
        "layer of weights makes every polynomial of degree d; values that a later layer needs are passed on.",
        "L counts the layers of gates one behind the other.",
        "The products are approximate, as those of a gate are; the weights of the gates are small.",
    ),
    regime=Exact(),
    sources=(SLIDE, REPEATED, Source(document="lin2017cheap", where="four neurons for each multiplication")),
    covers=("H26",),
    uses=(monomial_count.STATEMENT.id, multiplication_gate.STATEMENT.id),
)


def derivation() -> tuple[Step, ...]:
    """From the gate to one gate a monomial, and from halves of the degree to the depth."""
    neurons, layers = STATEMENT.right
    m, q = sp.symbols("m q", integer=True, positive=True)
    gate = multiplication_gate.A_1.shape[0]
    rows, smaller = sp.Symbol("n_gate"), LAYERS(sp.ceiling(d / 2))
    return (
        Step(
            claim="One multiplication takes four hidden neurons.",
            because="The rows of the gate's input weights.",
            shows=sp.Eq(rows, 4, evaluate=False),
            means={rows: gate},
        ),
        Step(
            claim="A monomial of degree m is one product of two monomials of smaller degree: one gate for each "
            "monomial of degree 2 and more.",
            because="m/2 rounded up and m/2 rounded down add up to m, for even and for odd m; other monomials are "
            "other functions, and the values of two gates are no value of one.",
            shows=sp.Eq(sp.ceiling(m / 2) + sp.floor(m / 2), m, evaluate=False),
            means=({m: 2 * q}, {m: 2 * q + 1}),
        ),
        Step(
            claim="Constant and variables need no gate, all other monomials one.",
            because="The number of monomials, less one and less n, times the neurons of a gate.",
            obligation=sp.combsimp(gate * (TERMS - 1 - n) - neurons),
            shows=sp.Eq(NEURONS(n, d), 4 * (sp.Function("N")(n, d) - 1 - n), evaluate=False),
        ),
        Step(
            claim="Of degree one there is no gate, and of degree two one for every pair of variables and every square.",
            because="n (n + 1)/2 products of two variables.",
            obligation=sp.combsimp(neurons.subs(d, 1)),
            shows=sp.Eq(NEURONS(n, 2), 2 * n * (n + 1), evaluate=False),
            means={NEURONS(n, 2): sp.expand_func(sp.combsimp(neurons.subs(d, 2)))},
        ),
        Step(
            claim="A layer of gates at most doubles the degree, and halving reaches it: degree 2^q needs q layers.",
            because="2^q after q layers; the larger half of a degree up to 2^q is at most 2^(q - 1).",
            obligation=(
                sp.powsimp(2 * 2 ** (q - 1)) - 2**q,
                sp.expand_log(layers.subs(d, 2**q), force=True) - q,
            ),
            shows=sp.Eq(LAYERS(2**q), q, evaluate=False),
        ),
        Step(
            claim="Degrees between two powers of two need the layers of the larger one.",
            because="The logarithm is rounded up, for all degrees up to 64, as halving does, degree by degree.",
            obligation=layers.subs(d, 1),
            shows=sp.Eq(LAYERS(d), 1 + smaller, evaluate=False),
            means=tuple({LAYERS(d): layers.subs(d, e), smaller: layers.subs(d, (e + 1) // 2)} for e in range(2, 65)),
            instances="all degrees up to 64",
        ),
    )
