r"""What a child projects changes with age: first to all items, then to fewer and fewer, level by level.

Premises: items on a regular tree of three branchings, a linear network that learns their properties from a small
balanced start, and a novel property that is taught for one item at some age by new weights alone
(`inductive_projection`). The projection is a product of hidden activities, in which each level of the tree counts with
its mode strength. The slides ask how inductive generalization is achieved, and show it for one age; no formula is
printed.
"""

from __future__ import annotations

import sympy as sp

from derivations import semantic_development
from derivations.calculus import gradient_flow
from derivations.calculus import ultrametric as um
from derivations.deep_linear.mode_logistic import curve
from derivations.proof import Step
from derivations.semantic_development.inductive_projection import STATEMENT as PROJECTION
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement
from derivations.symbols import B, H_ii, H_ij, a_0, s, t

NAMES = ("sibling", "cousin", "stranger")
PROJECTED = sp.symbols(" ".join(f"y_{name}" for name in NAMES), real=True)
VALUES = sp.symbols("Z_0:4", positive=True)
STRENGTHS = sp.symbols("d_0:4", positive=True)


def products(strengths: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    """B^3 times the product of two items' activities, by the level of their nearest common ancestor, 0 to 3."""
    lower = (*strengths[1:], sp.S.Zero)
    terms = [B**level * (here - below) for level, (here, below) in enumerate(zip(strengths, lower, strict=True))]
    return tuple(sp.Add(*terms[: level + 1]) for level in range(4))


SHARED = products(STRENGTHS)

STATEMENT = Statement(
    module=__name__,
    title="Inductive projection over development",
    formula=sp.Eq(sp.Tuple(*PROJECTED), sp.Tuple(*(SHARED[k] / SHARED[3] for k in (2, 1, 0))), evaluate=False),
    where=tuple(sp.Eq(d, curve().subs(s, value), evaluate=False) for d, value in zip(STRENGTHS, VALUES, strict=True)),
    parameters=(
        semantic_development.BRANCHES,
        *(
            Parameter(
                symbol=value,
                meaning=f"singular value of the {'mean over all items' if not k else f'distinctions of level {k}'}",
                domain=POSITIVE,
                typical=span,
            )
            for k, (value, span) in enumerate(
                zip(VALUES, ((2.1, 2.9), (1.4, 1.9), (1.0, 1.3), (0.5, 0.9)), strict=True)
            )
        ),
        gradient_flow.INITIAL_STRENGTH.narrowed("the same for every mode", typical=(0.001, 0.05)),
        gradient_flow.TIME.narrowed("at which the novel property is taught", typical=(0.3, 3.0)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        semantic_development.REGULAR_TREE,
        "There are three branchings; a sibling shares the last node with the taught item, a cousin the node before, "
        "a stranger the root alone.",
        "The network has one hidden layer and learned the items, one-hot inputs, from a balanced decoupled start with "
        "the same strength of all modes, slowly; levels of the tree have the singular values Z_0 to Z_3.",
        "The novel property is taught for one item until it is right, by a new row of weights from zero; nothing else "
        "learns.",
    ),
    regime=Exact(),
    sources=(
        Source(
            document="000",
            where="How is inductive generalization achieved by neural networks? Inferring which familiar objects have "
            "a novel property",
        ),
        Source(document="saxe2013hierarchical", where="inductive property judgments"),
    ),
    covers=("B12",),
    uses=("semantic_development.inductive_projection", "deep_linear.mode_logistic"),
)


def derivation() -> tuple[Step, ...]:
    """From averages over the nodes of a tree to products of activities, to their ratio, and to its history."""
    return (*_products(), *_ratio(), *_history())


def _products() -> tuple[Step, ...]:
    depth = 3
    items = um.leaves((2, 2, 2))

    def average(level: int) -> sp.Matrix:
        """Each item replaced by the mean over the items below its node of that level."""
        size = 2 ** (depth - level)
        return sp.Matrix(8, 8, lambda i, j: sp.Rational(1, size) if items[i][:level] == items[j][:level] else sp.S.Zero)

    means = [average(level) for level in range(depth + 1)]
    levels = [means[0], *(means[k] - means[k - 1] for k in range(1, depth + 1))]
    activity = sum((d * part for d, part in zip(STRENGTHS, levels, strict=True)), sp.zeros(8, 8))
    projection, mean_of_level, mean_above = sp.symbols("P_l M_l M_{l-1}", commutative=False)
    drawn = []
    for at in range(depth + 1):
        distinctions = um.contrasts((2, 2, 2), at)
        onto = distinctions * (distinctions.T * distinctions).inv() * distinctions.T
        above = means[at - 1] if at else sp.zeros(8, 8)
        drawn.append({projection: onto, mean_of_level: means[at], mean_above: above})
    entry, shares = map(sp.Symbol, ("(M_l)_{ij}", r"B^{-3} \sum_{l \leq k} B^{l} (d_l - d_{l+1})"))
    size, level = sp.Symbol("n", positive=True), sp.Symbol("l", integer=True, positive=True)
    of_one_item = sum(STRENGTHS[k] * (B**k - (B ** (k - 1) if k else 0)) for k in range(4)) / B**3
    return (
        Step(
            claim="Distinctions of a level project onto what its means over nodes add to those of the level above.",
            because="The four projections onto the distinctions of a tree of eight items are built from these.",
            shows=sp.Eq(projection, mean_of_level - mean_above, evaluate=False),
            means=tuple(drawn),
            instances="two branches",
        ),
        Step(
            claim="A mean over a node of level l gives each pair below it B^l over the number of items.",
            because="A node of level l has the B^l-th part of all n items below it.",
            shows=sp.Eq(entry, B**level / size, evaluate=False),
            means={entry: 1 / (size / B**level)},
        ),
        Step(
            claim="So the product of two activities sums, down to their common node, what each level's strength has "
            "beyond the next one.",
            because="All entries of the mode strengths times these projections, for eight items, by the level of the "
            "common node.",
            shows=sp.Eq(H_ij, shares, evaluate=False),
            means=tuple(
                {H_ij: activity[i, j], shares: (SHARED[um.ancestor_level(items[i], items[j])] / B**3).subs(B, 2)}
                for i in range(8)
                for j in range(i, 8)
            ),
            instances="two branches",
        ),
        Step(
            claim="With any number of branches the taught item's own product is that of all levels.",
            because="Each level has B^l - B^(l-1) distinctions, which share the trace equally among the items.",
            shows=sp.Eq(B**3 * H_ii, SHARED[3], evaluate=False),
            means={H_ii: of_one_item},
        ),
    )


def _ratio() -> tuple[Step, ...]:
    taught, estimate = sp.limit(PROJECTION.right[0], t, sp.oo), sp.Symbol("y_j")
    return (
        Step(
            claim="Taught to the end, the estimate for another item is the ratio of both products.",
            because="The estimate at a finite time of teaching is taken over, and its limit taken.",
            shows=sp.Eq(estimate, H_ij / H_ii, evaluate=False),
            means={estimate: taught},
        ),
        Step(
            claim="With the products of the tree these are the statement's ratios.",
            because="The common factor B^-3 drops out.",
            obligation=tuple(
                (SHARED[k] / B**3) / (SHARED[3] / B**3) - part
                for k, part in zip((2, 1, 0), STATEMENT.right, strict=True)
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="Each strength has grown along the logistic curve of its singular value by the time of teaching.",
            because="Modes of a balanced decoupled start learn apart.",
            obligation=tuple(
                definition.rhs.subs(value, s) - curve()
                for definition, value in zip(STATEMENT.where, VALUES, strict=True)
            ),
            shows=STATEMENT.where[0],
        ),
    )


def _history() -> tuple[Step, ...]:
    learned = [[d if k <= last else 0 for k, d in enumerate(STRENGTHS)] for last in range(4)]
    told = [[products(tuple(case))[k] / products(tuple(case))[3] for k in range(4)] for case in learned]
    equal = dict.fromkeys(STRENGTHS, a_0)
    estimate, growth = sp.Symbol("y_j"), sp.Symbol("f", positive=True)
    while_growing = sp.Function("y_j")(growth)
    shared = [
        part.subs({d: growth * value for d, value in zip(STRENGTHS, VALUES, strict=True)}) for part in STATEMENT.right
    ]
    return (
        Step(
            claim="A network that has learned nothing projects nothing.",
            because="All strengths are a_0.",
            shows=sp.Eq(sp.Tuple(*PROJECTED), sp.Tuple(0, 0, 0), evaluate=False),
            means={name: part.subs(equal) for name, part in zip(PROJECTED, STATEMENT.right, strict=True)},
        ),
        Step(
            claim="While the levels down to one are learned and those below not yet, all items that share its node are "
            "alike: the property goes to all of them in full.",
            because="Strengths below are put to zero, for the mean alone, one, two and three levels.",
            shows=sp.Eq(estimate, 1, evaluate=False),
            means=tuple({estimate: told[last][k]} for last in range(4) for k in range(last, 4)),
        ),
        Step(
            claim="So it goes to strangers first, and each further level takes it from those whom it sets apart.",
            because="With level 1 learned and those below not, a stranger's estimate lacks B d_1 over the taught "
            "item's own product.",
            shows=sp.Eq(
                1 - PROJECTED[2], B * STRENGTHS[1] / (STRENGTHS[0] - STRENGTHS[1] + B * STRENGTHS[1]), evaluate=False
            ),
            means={PROJECTED[2]: told[1][0]},
        ),
        Step(
            claim="Where all levels share one growth, as without a hidden layer, projections never change.",
            because="The common factor of all strengths drops out.",
            shows=sp.Eq(sp.Derivative(while_growing, growth), 0, evaluate=False),
            means=tuple({while_growing: part} for part in shared),
        ),
    )
