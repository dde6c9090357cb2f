r"""Functions that are trees of functions of two variables: tables, deep and flat (document 003).

Premises: variables with n_v values each; a binary tree whose nodes are functions of two variables, tables of n_v^2
entries. One table for the whole function has an entry for every input. To resolve values to eps a smooth function takes
n_v of the order 1/eps, so that the tree's cost is that of two variables, whatever their number. The slide says
"exponential cost" without the numbers.
"""

from __future__ import annotations

import sympy as sp

from derivations.cheap_learning import VARIABLES
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import n, n_v

EXAMPLES = Source(document="003", where="several known examples")
TREES = Source(document="mhaskar2016learning", where="compositional functions of a binary tree")
DEEP, FLAT, RATIO = (sp.Symbol(name) for name in ("E_deep", "E_flat", "E_ratio"))

STATEMENT = Statement(
    module=__name__,
    title="Tables of compositional trees",
    formula=sp.Eq(
        sp.Tuple(DEEP, FLAT, RATIO), sp.Tuple((n - 1) * n_v**2, n_v**n, n_v ** (n - 2) / (n - 1)), evaluate=False
    ),
    parameters=(
        VARIABLES.narrowed("at least two", domain=sp.Range(2, sp.oo)),
        Parameter(symbol=n_v, meaning="values of a variable", domain=sp.Range(2, sp.oo), typical=(3, 5)),
    ),
    assumptions=(
        "Each node of the tree maps two values to one of n_v values; E_deep counts the entries of all its tables, for "
        "any binary tree with n leaves.",
        "E_flat counts the entries of one table of the whole function; none can be left out, since a function is its "
        "values.",
        "For functions with one bounded derivative an accuracy of eps takes n_v of the order 1/eps: the costs are then "
        "(n - 1)/eps^2 and 1/eps^n; with more derivatives both have a root of eps in its place.",
    ),
    regime=Exact(),
    sources=(EXAMPLES, TREES),
    covers=("H24",),
)


def derivation() -> tuple[Step, ...]:
    """From nodes to entries, from inputs to entries, and their quotient."""
    deep, flat, ratio = STATEMENT.right
    left, right, j = sp.symbols("n_1 n_2 j", integer=True, positive=True)
    eps, bound, order = sp.symbols("eps L r", positive=True)
    inputs, tree, table = sp.Product(n_v, (j, 1, n)), sp.Function("E_deep"), sp.Function("E_flat")
    values = eps ** (-1 / order)
    return (
        Step(
            claim="A binary tree with n leaves has n - 1 nodes, whatever its shape.",
            because="Trees with n_1 and n_2 leaves are joined by one node; a leaf has none.",
            obligation=(
                sp.expand(deep.subs(n, left) + deep.subs(n, right) + n_v**2 - deep.subs(n, left + right)),
                deep.subs(n, 1),
            ),
            shows=sp.Eq(DEEP, (n - 1) * n_v**2, evaluate=False),
        ),
        Step(
            claim="The whole function has n_v values for each variable: n_v^n inputs.",
            because="A factor for each variable.",
            shows=sp.Eq(FLAT, inputs, evaluate=False),
            means={FLAT: flat, inputs: inputs.doit()},
        ),
        Step(
            claim="Their quotient grows by almost n_v with each variable, and is 1 for two.",
            because="Both numbers are divided; its growth is n_v (n - 1)/n.",
            obligation=(
                sp.cancel(sp.powsimp(sp.expand(flat / deep / ratio, power_exp=True))) - 1,
                sp.cancel(sp.powsimp(ratio.subs(n, n + 1) / ratio) - n_v * (n - 1) / n),
                ratio.subs(n, 2) - 1,
            ),
            shows=sp.Eq(RATIO, FLAT / DEEP, evaluate=False),
        ),
        Step(
            claim="Steps of 1/n_v leave an error of at most L/n_v of a function with derivative at most L, so that eps "
            "takes n_v = L/eps values.",
            because="The error is eps there; the entries of tree and table are put in.",
            obligation=(
                bound / (bound / eps) - eps,
                sp.powsimp(flat.subs(n_v, bound / eps) / (bound / eps) ** n) - 1,
            ),
            shows=sp.Eq(tree(eps), (n - 1) * bound**2 / eps**2, evaluate=False),
            means={tree(eps): deep.subs(n_v, bound / eps)},
        ),
        Step(
            claim="With r bounded derivatives both have 1/eps to the power 1/r in the place of 1/eps: the quotient of "
            "the exponents stays n to 2.",
            because="Exponents of eps in n_v^n and n_v^2, with n_v = eps^(-1/r).",
            obligation=(
                sp.log(sp.exp(-n * sp.log(eps) / order)) / sp.log(sp.exp(-2 * sp.log(eps) / order)) - n / sp.Integer(2)
            ).subs(eps, sp.exp(-left)),
            shows=sp.Eq(
                sp.Tuple(table(eps), tree(eps)),
                sp.Tuple(eps ** (-n / order), (n - 1) * eps ** (-2 / order)),
                evaluate=False,
            ),
            means={table(eps): flat.subs(n_v, values), tree(eps): deep.subs(n_v, values)},
        ),
    )
