r"""Unique monomials of a deep sum-product network.

Premises: n = 4^i inputs; 2 i layers, which by turns multiply and add neighbouring pairs, products first; every sum has
two free weights. The polynomial of the output is expanded for 4 and for 16 inputs with all weights as letters; a pair
of layers more puts four copies on different inputs, so that nothing can cancel or coincide. The slide prints
"exponential in the depth"; the depth is log2 n = 2 i, and the number of monomials is even doubly exponential in it: it
is exponential in sqrt n.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import i, n

MONOMIALS, UNITS = sp.Function("M"), sp.Function("u")
SLIDE = Source(document="001", where="Seminal works on the expressive power of depth: sum-product network")

STATEMENT = Statement(
    module=__name__,
    title="Monomials of a sum-product network",
    formula=sp.Eq(sp.Tuple(MONOMIALS(n), UNITS(n)), sp.Tuple(2 ** (sp.sqrt(n) - 1), n - 1), evaluate=False),
    where=(sp.Eq(n, 4**i, evaluate=False),),
    parameters=(
        Parameter(symbol=i, meaning="pairs of layers, half the depth", domain=sp.Range(1, sp.oo), typical=(3, 6)),
    ),
    assumptions=(
        "The network is a binary tree on n = 4^i different inputs; layers multiply and add by turns, products first.",
        "The weights of the sums are positive or generic, so that no coefficient vanishes.",
        "A shallow network is one layer of products of inputs and one weighted sum: it needs a product unit for each "
        "monomial, hence M(n) of them. With the sums first the number is another one, 4 to the power sqrt(n) - 1.",
    ),
    regime=Exact(),
    sources=(SLIDE, Source(document="delalleau2011shallow", where="the family F")),
    covers=("D29",),
)


def network(inputs: tuple[sp.Symbol, ...], products_first: bool = True) -> sp.Expr:
    """Output of the tree, not expanded, with a letter for every weight."""
    values, letters, multiply = list(inputs), itertools.count(1), products_first
    while len(values) > 1:
        pairs = list(zip(values[::2], values[1::2], strict=True))
        if multiply:
            values = [a * b for a, b in pairs]
        else:
            values = [
                sp.Symbol(f"w_{next(letters)}", positive=True) * a + sp.Symbol(f"w_{next(letters)}", positive=True) * b
                for a, b in pairs
            ]
        multiply = not multiply
    return values[0]


def monomials(output: sp.Expr, inputs: tuple[sp.Symbol, ...]) -> int:
    """Number of monomials in the inputs with a coefficient that is not zero."""
    return len(sp.Poly(output, *inputs).terms())


def operations(output: sp.Expr, inputs: tuple[sp.Symbol, ...]) -> int:
    """Pairs that a tree on these inputs joins: every input is read once, and every join leaves one value fewer."""
    assert all(output.has(x) for x in inputs)
    return sum(len(node.args) - 1 for node in sp.preorder_traversal(_unweighted(output)) if node.is_Add or node.is_Mul)


def _unweighted(output: sp.Expr) -> sp.Expr:
    return output.subs({w: 1 for w in output.free_symbols if w.name.startswith("w")})


def derivation() -> tuple[Step, ...]:
    """From expanded networks through the step of two layers to any depth."""
    most, units = (e.subs(n, STATEMENT.where[0].rhs) for e in STATEMENT.right)
    inputs = {k: sp.symbols(f"x_1:{k + 1}", real=True) for k in (4, 16)}
    small, large = network(inputs[4]), network(inputs[16])
    m = sp.Symbol("m", integer=True, positive=True)
    after = {m: most}
    halves = [sp.symbols(f"{letter}_1:4", real=True) for letter in "abcd"]
    sums = [sum(h) for h in halves]
    together = tuple(x for h in halves for x in h)
    k, shallow = sp.Symbol("k", integer=True), sp.symbols("x y z", real=True)
    x, y, z = shallow
    products = (2 * x * y, 3 * z, 5 * y * x)
    first, last = network(inputs[4], products_first=False), network(inputs[16], products_first=False)
    output, here, further = sp.Symbol("l_2"), sp.Symbol("m_l"), sp.Symbol("m_{l + 2}")
    w_1, w_2 = sp.symbols("w_1 w_2", positive=True)
    x_1, x_2, x_3, x_4 = inputs[4]
    return (
        Step(
            claim="Four inputs give 2 monomials and sixteen give 8.",
            because="The outputs are expanded with a letter for each weight, and terms in the inputs are counted.",
            obligation=(monomials(small, inputs[4]) - most.subs(i, 1), monomials(large, inputs[16]) - most.subs(i, 2)),
            shows=sp.Eq(
                sp.Tuple(output, MONOMIALS(4), MONOMIALS(16)),
                sp.Tuple(w_1 * x_1 * x_2 + w_2 * x_3 * x_4, 2, 8),
                evaluate=False,
            ),
            means={
                output: small,
                MONOMIALS(4): monomials(small, inputs[4]),
                MONOMIALS(16): monomials(large, inputs[16]),
            },
        ),
        Step(
            claim="A product of two parts on different inputs has as many monomials as pairs; a sum of two as many as "
            "both.",
            because="Four parts of three terms on twelve inputs, multiplied in pairs and added: monomials of "
            "different inputs never coincide.",
            obligation=monomials(sums[0] * sums[1], together) - 3**2,
            shows=sp.Eq(further, 2 * here**2, evaluate=False),
            means={
                further: monomials(sums[0] * sums[1] + sums[2] * sums[3], together),
                here: monomials(sums[0], together),
            },
        ),
        Step(
            claim="So two layers more make 2 m^2 monomials of m, and any depth has the stated number.",
            because="The stated number satisfies the recursion, from one input with one monomial.",
            obligation=(
                sp.powsimp(sp.expand(most.subs(i, i + 1) / (2 * m**2).subs(after), power_exp=True)) - 1,
                most.subs(i, 0) - 1,
            ),
            shows=sp.Eq(MONOMIALS(4 * n), 2 * MONOMIALS(n) ** 2, evaluate=False),
        ),
        Step(
            claim="The network itself has n - 1 units.",
            because="Operations of the networks of 4 and 16 inputs; two layers more join four copies by three units.",
            obligation=(
                operations(small, inputs[4]) - units.subs(i, 1),
                operations(large, inputs[16]) - units.subs(i, 2),
                sp.powsimp(sp.expand(units.subs(i, i + 1) - (4 * units + 3), power_exp=True)),
            ),
            shows=sp.Eq(UNITS(4 * n), 4 * UNITS(n) + 3, evaluate=False),
        ),
        Step(
            claim="A weighted sum of k products has at most k monomials: one layer needs M(n) product units.",
            because="Every product of inputs is one monomial; products that coincide, as two here do, leave fewer.",
            obligation=(
                monomials(sum(products), shallow) - 2,
                sp.Sum(1, (k, 1, most)).doit() - most,
            ),
            shows=sp.Ge(k, MONOMIALS(n), evaluate=False),
            means={k: len(products), MONOMIALS(n): monomials(sum(products), shallow)},
        ),
        Step(
            claim="With sums first the recursion is (2 m)^2, and the number of monomials is 4^(sqrt n - 1), another "
            "one.",
            because="The same trees with the layers in the other order are expanded at 4 and 16 inputs.",
            obligation=(monomials(first, inputs[4]) - 4, monomials(last, inputs[16]) - 4**3),
            shows=sp.Eq(further, (2 * here) ** 2, evaluate=False),
            means={further: monomials(last, inputs[16]), here: monomials(first, inputs[4])},
        ),
    )
