r"""An item that lacks a property of its category is believed to have it, for a while, by a deep network only.

Premises: those of `mode_logistic`, with one-hot items and properties whose similarities are those of a branching
diffusion, the property in question included. That property holds for one category of the highest level, except for one
of its items, and for nothing else: it is +1 or -1. The estimate for the exceptional item is a sum of logistic curves,
one for each level of the tree: the category is learned first and is wrong about this item, the lower levels take it
back. The slides name illusory correlations among the phenomena that the theory explains and print no formula. They also
do not say that levels must be well separated: where flips are frequent the illusion does not appear.
"""

from __future__ import annotations

import sympy as sp

from derivations import semantic_development
from derivations.calculus import gradient_flow, linear_network
from derivations.calculus import matrix_product as mp
from derivations.calculus import ultrametric as um
from derivations.calculus.linear_network import S31, UT, VT, S, U, V
from derivations.calculus.matrix_product import letter, word
from derivations.calculus.ultrametric import K
from derivations.deep_linear import shallow_has_no_stages
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.deep_linear.mode_logistic import curve
from derivations.proof import Step
from derivations.semantic_development import tree_spectrum
from derivations.semantic_development.tree_spectrum import LINK
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import N_3, B, D, a_0, l, r, s, s_0, s_1, t, tau

J = sp.Symbol("j", integer=True, nonnegative=True)
LEARNED = 1 / (1 + (s / a_0 - 1) * sp.exp(-2 * s * t / tau))  # fraction of a mode that is learned at time t
F, FT = letter("F"), letter("F^{T}")  # diagonal matrix of these fractions
LEVEL_VALUE = (1 - r) * ((B * r) ** (D - l + 1) - 1) / (B * r - 1)  # eigenvalue of level l >= 1
LEVEL_SINGULAR = sp.sqrt(N_3 * LEVEL_VALUE)
PER_FEATURE = sp.Symbol("shat_l", positive=True)  # s_l over the root of the features
DEEP, SHALLOW = sp.Function("yhat")(t), sp.Function(r"yhat^shallow")(t)


def learned(singular_value: sp.Expr) -> sp.Expr:
    """Fraction of a mode with that singular value that is learned at time t."""
    return LEARNED.subs(s, singular_value)


STATEMENT = Statement(
    module=__name__,
    title="Illusory correlation of an exceptional item",
    formula=sp.Eq(
        sp.Tuple(DEEP, SHALLOW),
        sp.Tuple(
            2 * (1 - 1 / B) * learned(s_1)
            - (1 - 2 / B + 2 / B**D) * learned(s_0)
            - 2 * sp.Sum((B**l - B ** (l - 1)) * learned(LEVEL_SINGULAR), (l, 1, D)) / B**D,
            sp.exp(-t / tau) - 1,
        ),
        evaluate=False,
    ),
    where=(
        sp.Eq(r, LINK, evaluate=False),
        sp.Eq(s_1, sp.sqrt(N_3 * (1 - r) * ((B * r) ** D - 1) / (B * r - 1)), evaluate=False),
        sp.Eq(s_0, sp.sqrt(s_1**2 + N_3 * (B * r) ** D), evaluate=False),
    ),
    parameters=(
        gradient_flow.TIME,
        semantic_development.BRANCHES,
        semantic_development.LINKS,
        semantic_development.FLIP.narrowed(typical=(0.03, 0.12)),
        Parameter(
            symbol=N_3,
            meaning="number of properties",
            domain=sp.Range(3, sp.oo),
            typical=(20, 90),
        ),
        gradient_flow.INITIAL_STRENGTH.narrowed(typical=(0.0001, 0.02)),
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *MODE_LOGISTIC.assumptions,
        "Items are one-hot inputs; summed over all properties, the exceptional one included, their products are N_3 "
        "times the similarities of a branching diffusion on a regular tree.",
        "The property is +1 for the items of one category of level 1 except one item, and -1 for that item and all "
        "others; the estimate is that of the exceptional item.",
        "All modes start with the same strength; the shallow network starts at zero.",
        "(1 - 2 eps)^2 B is not one; there the eigenvalues are limits of those stated.",
        "The estimate becomes positive only if the levels are learned one after the other: flips must be rare.",
    ),
    regime=Exact(),
    letters=(sp.Eq(PER_FEATURE, LEVEL_SINGULAR / sp.sqrt(N_3), evaluate=False),),
    sources=(
        Source(document="000", where="In a position to analytically understand many phenomena previously simulated"),
        Source(document="saxe2013hierarchical", where="hierarchical structure learning"),
    ),
    covers=("B9",),
    uses=(
        "deep_linear.mode_logistic",
        "deep_linear.shallow_has_no_stages",
        "semantic_development.tree_spectrum",
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the map of the network to levels of the tree, their weights in the estimate, and their curves."""
    return (*_map(), *_levels(), *_spectrum(), *_ends(), *_shallow())


def _map() -> tuple[Step, ...]:
    network, task = word(U, S, F, VT), word(U, S, VT)
    strength, transposed = sp.Function("a")(t), letter(r"\Sigma^{31T}")
    network_map, of_items, filtered = (
        word(letter("W^{32}"), letter("W^{21}")),
        word(transposed, S31),
        word(S31, V, F, VT),
    )
    squared = of_items.subs({transposed: word(V, S, UT), S31: task})
    return (
        Step(
            claim="The curve of a mode is its singular value times the fraction learned.",
            because="The logistic curve is compared with s times the fraction, for any singular value.",
            shows=sp.Eq(strength, s * LEARNED, evaluate=False),
            means={strength: curve()},
        ),
        Step(
            claim="The network knows the data after each mode of the items has been shrunk by its learned fraction.",
            because="V^T V is the unit matrix, so the singular values and the left vectors make up the data again.",
            shows=sp.Eq(network_map, filtered, evaluate=False),
            means={network_map: network, filtered: mp.contract(filtered.subs(S31, task), word(VT, V))},
        ),
        Step(
            claim="The modes of the items are eigenvectors of their products, summed over all properties.",
            because="U^T U is the unit matrix; what is left are the squares of the singular values.",
            shows=sp.Eq(of_items, word(V, S, S, VT), evaluate=False),
            means={of_items: mp.contract(squared, word(UT, U))},
        ),
        linear_network.one_solution(),
    )


def _average(branching: tuple[int, ...], level: int) -> sp.Matrix:
    """Matrix that replaces a vector over items by its means over the categories of a level."""
    items = um.leaves(branching)
    size = sp.Rational(len(items), um.nodes(branching, level))
    return sp.Matrix(len(items), len(items), lambda i, j: int(items[i][:level] == items[j][:level]) / size)


def _projections() -> list[sp.Expr]:
    """That what the levels add are projectors, for any level l and a lower one, m > l, in letters."""
    larger = [letter(f"A_{{{name}}}") for name in ("l-1", "l", "m-1", "m")]  # by increasing level; m - 1 is at least l
    means = {word(larger[i], larger[j]): larger[min(i, j)] for i in range(4) for j in range(4)}

    def multiplied(left: sp.Expr, right: sp.Expr) -> sp.Expr:
        return sp.expand(sp.expand(left * right).subs(means))

    own, lower = larger[1] - larger[0], larger[3] - larger[2]
    # an entry of A_l A_m: the items of one category of level m, with weights one over both sizes
    few, many = B ** (D - l), B ** (D - l + J)
    entry = few * (1 / few) * (1 / many) - 1 / many
    return [entry, multiplied(own, own) - own, multiplied(own, lower), multiplied(lower, own)]


def _counted_means() -> tuple[sp.Expr, sp.Expr]:
    """Mean of the property, from how many items of the exceptional item's category, and of all, have it."""
    size, branch, everything = B ** (D - l), B ** (D - 1), B**D
    having, lacking = size - 1, sp.S.One
    all_having, all_lacking = branch - 1, everything - branch + 1
    return (having - lacking) / size, (all_having - all_lacking) / everything


def _mean_of_property(level: sp.Expr | None) -> sp.Expr:
    """Mean of the property over the exceptional item's category at a level >= 1; over all items for None."""
    inside = 1 / B if level is None else sp.S.One  # of the items averaged over, those of the property's own category
    itself = 1 / B**D if level is None else B ** (level - D)
    return 2 * inside - 1 - 2 * itself


def _levels() -> tuple[Step, ...]:
    projections, (mean_over_category, mean_over_all) = _projections(), _counted_means()
    projector = word(letter("V_l"), letter("V_l^T"))
    over_level, over_level_above = letter("A_l"), letter("A_{l-1}")
    mean_of_level, weights, drawn = sp.Symbol("ybar_l"), [mean_over_all - _mean_of_property(None)], []
    for branching in ((2, 2), (3, 3), (2, 2, 2)):
        base, depth, items = branching[0], len(branching), um.leaves(branching)
        stated = sp.Matrix([1 if item[0] == 0 and any(item) else -1 for item in items])
        means = [_average(branching, level) for level in range(depth + 1)]
        for level in range(depth + 1):
            vectors = um.contrasts(branching, level)
            above = means[level - 1] if level else sp.zeros(len(items))
            onto = vectors * (vectors.T * vectors).inv() * vectors.T
            drawn.append({projector: onto, over_level: means[level], over_level_above: above})
            at = _mean_of_property(sp.Integer(level) if level else None).subs({B: base, D: depth})
            weights.append((means[level] * stated)[0] - at)
        projections.append(means[depth] - sp.eye(len(items)))
    formula = STATEMENT.right[0]
    (total,) = formula.atoms(sp.Sum)
    fractions = sp.symbols("f_0 f_1 f_l")
    exchanged = {learned(s_0): fractions[0], learned(s_1): fractions[1], learned(LEVEL_SINGULAR): fractions[2]}
    lower = _mean_of_property(l) - _mean_of_property(l - 1)
    top = _mean_of_property(sp.S.One) - _mean_of_property(None)
    own = top - lower.subs(l, 1)  # of level 1, beside its term in the sum
    return (
        Step(
            claim="What a level adds is the mean over its categories minus the mean over those of the level above.",
            because="Means of means are means over the larger category, so that these matrices are projectors and "
            "annihilate each other; they telescope to the unit matrix, the mean over single items. A contrast is "
            "constant over categories of its level and cancels over larger ones. Drawn out for three trees as well.",
            obligation=tuple(projections),
            shows=sp.Eq(projector, over_level - over_level_above, evaluate=False),
            means=tuple(drawn),
        ),
        Step(
            claim="The mean of the property over the category of the exceptional item misses that item alone.",
            because="Of the B^(D-l) items of such a category all but one have it; of all items those of one branch "
            "have it, but one. Counted in the same trees as well.",
            obligation=tuple(weights),
            shows=sp.Eq(mean_of_level, _mean_of_property(l), evaluate=False),
            means={mean_of_level: mean_over_category},
        ),
        Step(
            claim="Differences of these means are the weights of the levels in the estimate.",
            because="The fractions learned, as letters, are weighted, that of level 1 by its own term and the sum; "
            "compared under the sum.",
            obligation=(total.limits[0][1] - 1, total.limits[0][2] - D),
            shows=sp.Eq(DEEP, formula, evaluate=False),
            means={
                DEEP: _mean_of_property(None) * fractions[0] + own * fractions[1] + lower * fractions[2],
                total: total.function.subs(exchanged),
                learned(s_0): fractions[0],
                learned(s_1): fractions[1],
            },
        ),
    )


def _spectrum() -> tuple[Step, ...]:
    (of_level,) = tree_spectrum.eigenvalue().atoms(sp.Sum)
    term = B**D * of_level.function.subs(LINK, r)
    definitions = {d.lhs: d.rhs for d in STATEMENT.where}
    root = tree_spectrum.STATEMENT.right[0]
    (of_root,) = root.atoms(sp.Sum)
    alone = root.subs(of_root, 0).subs(LINK, r)
    value = sp.Symbol("lambda_l")
    return (
        Step(
            claim="The eigenvalue of a level is a geometric sum.",
            because="At the lowest level the sum has one term; one level higher both forms gain the same term.",
            obligation=(
                (LEVEL_VALUE - term.subs(K, l)).subs(l, D),
                of_level.limits[0][1] - l,
                of_level.limits[0][2] - D,
                tree_spectrum.eigenvalue() - B**D * of_level,
            ),
            shows=sp.Eq(value, LEVEL_VALUE, evaluate=False),
            means={value: LEVEL_VALUE.subs(l, l + 1) + term.subs(K, l)},  # by induction, from one level to the next
        ),
        Step(
            claim="These are the singular values of the statement, squared and over the number of properties.",
            because="The eigenvalue of level 1 is inserted; that of the mean over all items has one term more.",
            obligation=(
                definitions[s_1] ** 2 / N_3 - LEVEL_VALUE.subs(l, 1),
                (definitions[s_0] ** 2 - s_1**2) / N_3 - alone,
                definitions[r] - LINK,
                of_root.function - of_level.function,
                of_root.limits[0][1] - 1,
                of_root.limits[0][2] - D,
                LEVEL_SINGULAR**2 / N_3 - LEVEL_VALUE,
            ),
            shows=sp.Eq(s_0, definitions[s_0], evaluate=False),
        ),
    )


def _ends() -> tuple[Step, ...]:
    formula = STATEMENT.right[0]
    (total,) = formula.atoms(sp.Sum)
    weight = total.function / learned(LEVEL_SINGULAR)
    every = {learned(s_0): 1, learned(s_1): 1}
    height = sp.Symbol("h", integer=True, nonnegative=True)
    telescoped = B**height - 1
    known, at_end = formula.subs(every), sp.Function("yhat")(sp.oo)
    return (
        Step(
            claim="In the end the network knows that the item lacks the property.",
            because="All fractions are one; the sum over the levels telescopes, from one level to the next.",
            obligation=(
                telescoped.subs(height, height + 1) - telescoped - weight.subs(l, height + 1),
                telescoped.subs(height, 0),
            ),
            shows=sp.Eq(at_end, sp.Integer(-1), evaluate=False),
            means={at_end: known.subs(total, telescoped.subs(height, D))},
        ),
        Step(
            claim="While only the category is known, the item is believed to have its property.",
            because="The fractions of the mean and of level 1 are one and all others zero: positive for D > 2, "
            "and for D = 2 with more than two branches.",
            shows=sp.Eq(DEEP, 1 - 2 * B ** (1 - D), evaluate=False),
            means={DEEP: known.subs(total, weight.subs(l, 1))},
        ),
    )


def _shallow() -> tuple[Step, ...]:
    from_zero = shallow_has_no_stages.STATEMENT.right[0].subs(a_0, 0)
    stated = STATEMENT.right[1]
    return (
        Step(
            claim="A network of one matrix learns the same fraction of every mode, hence of every entry of the map.",
            because="The shallow curve from zero is divided by its singular value; the entry to be learned is -1.",
            obligation=(-from_zero / s - stated, sp.diff(from_zero / s, s)),
            shows=sp.Eq(SHALLOW, stated, evaluate=False),
        ),
        Step(
            claim="Its estimate falls from the start to the end and is never positive.",
            because="The slope is minus a positive exponential, and the start is zero.",
            obligation=(tau * sp.diff(stated, t) + (1 + stated), stated.subs(t, 0)),
            shows=sp.Eq(sp.Derivative(SHALLOW, t), -sp.exp(-t / tau) / tau, evaluate=False),
        ),
    )
