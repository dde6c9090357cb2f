"""What a network that learns such data goes through."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.semantic_development import (
    coherent_faster,
    distinctive_property,
    illusory_correlation,
    inductive_projection,
    progressive_differentiation,
    typicality,
)
from numerics.semantic_development import exceptional_item, induction, property_learning, representations
from numerics.semantic_development.exceptional_item import Taxonomy
from numerics.semantic_development.trees import Tree, regular
from verify.checks import FiniteSize, Ladder, Precision, Replicas
from verify.claim import Claim, Ordeal
from verify.claims.semantic_development import features, named
from verify.references import semantic_differentiation as differentiation
from verify.references import semantic_properties as of_properties

EXCEPTIONS = tuple(
    {"t": time, "B": B, "D": D, "eps": eps, "N_3": N, "a_0": "0.013", "tau": "1.3"}
    for time, B, D, eps, N in (("0.9", 3, 2, "0.083", 13), ("1.9", 2, 3, "0.051", 11))
)  # fmt: skip

TREES = (
    Taxonomy(branching=2, depth=3, flip=0.06, properties=19),
    Taxonomy(branching=2, depth=4, flip=0.06, properties=23),
    Taxonomy(branching=4, depth=2, flip=0.08, properties=21),
)  # fmt: skip

FULL_TREES = (
    Taxonomy(branching=2, depth=5, flip=0.05, properties=60),
    Taxonomy(branching=3, depth=3, flip=0.06, properties=50),
    Taxonomy(branching=6, depth=2, flip=0.08, properties=50),
)  # fmt: skip

STEPS, FULL_STEPS = (0.02, 0.01, 0.005, 0.0025), (0.01, 0.005, 0.0025, 0.00125)

TIME = "Time counts presentations of items, tau = P / lambda; the loss is half the squared error summed over items."

TRAINED_ON_ITEMS = "All entries of all matrices are free and follow the gradient of the error; widths are unequal."

believing = partial(exceptional_item.estimates, initial=1e-4, tau=1.7, times=tuple(np.arange(0, 9.01, 0.2)))

TAUGHT = (
    {"t": "1.3", "tau": "1.7", "H_ii": "1.37", "H_ij": "0.63", "R_mm": "0.83", "R_mn": "-0.41"},
    {"t": "0.6", "tau": "0.9", "H_ii": "0.78", "H_ij": "-0.54", "R_mm": "1.9", "R_mn": "1.27"},
)

AGES, RELATIVES = (1.6, 2.4, 6.0), (1, 2, 4)  # sibling, cousin, item of the other category

SMALL = Taxonomy(branching=2, depth=3, flip=0.08, properties=13)

LARGE = Taxonomy(branching=2, depth=5, flip=0.06, properties=55)

teaching = partial(
    induction.new_weights, tree=SMALL, initial=1e-3, tau=1.7, ages=AGES, times=tuple(np.arange(0, 3.01, 0.1)),
    others=RELATIVES, hidden=11,
)  # fmt: skip

freeing = partial(
    induction.whole_network, tree=SMALL, initial=1e-3, tau=1.7, ages=AGES, until=24.0, others=RELATIVES, hidden=11
)

COMPONENTS = tuple(
    dict(zip(("t", "s_1", "s_2", "p_1", "p_2", "delta", "a_0", "tau"), numbers, strict=True))
    for numbers in (
        ("0.8", "2.7", "1.4", "1.6", "0.9", "0.13", "0.031", "1.3"),
        ("1.9", "1.1", "2.3", "0.7", "1.8", "0.22", "0.053", "0.8"),
    )
)

ANALYZERS = (4.1, 2.7, 1.8, 1.1)  # singular values

PROBES = np.array([[1.9, 0.3, 0.2, 0.13], [1.2, 0.4, 0.6, 0.5], [0.23, 0.2, 0.3, 0.7]])  # fast, mixed, slow properties

analyzed = partial(
    property_learning.property_errors,
    singular_values=ANALYZERS,
    probes=PROBES,
    initial=0.003,
    tau=1.7,
    times=tuple(np.arange(0, 7.01, 0.2)),
)

tolerated = partial(property_learning.tolerance_times, singular_values=ANALYZERS, sizes=(2.3, 1.4, 1.2, 0.7),
                    tolerances=tuple(np.arange(0.1, 0.61, 0.1)), initial=0.003, tau=1.7, until=9.0)  # fmt: skip

MEMBERS = tuple(
    {"left": left, "right": right, "s": s, "t": time, "a_0": a_0, "tau": tau}
    for left, right, s, time, a_0, tau in (
        ("0.7", "0.4", "2.3", "0.9", "0.031", "1.3"), ("2.2", "-0.9", "1.4", "1.7", "0.12", "1.9"),
    )
)  # fmt: skip

recognised = partial(property_learning.membership, singular_values=(3.1, 1.7, 0.9), initial=0.003, tau=1.7,
                     times=tuple(np.arange(0, 5.01, 0.2)))  # fmt: skip


def _described(networks: str, trees: tuple[Taxonomy, ...]) -> tuple[str, ...]:
    return tuple(f"{networks}, {tree.branching} branches, {tree.depth} levels" for tree in trees)


TIMES = tuple(range(1, 23))  # of learning, with tau = 1.7

SHAPES = (regular(3, 2, 0.12), regular(4, 2, 0.83))

DESCENTS = (0.04, 0.02, 0.01)  # steps of plain gradient descent, over tau

CATEGORIES = ("categories of level 1", "categories of level 2", "categories of level 3")

SPLITTING = (regular(2, 3, 0.11), regular(2, 3, 0.82))

FULL_SPLITTING = (regular(2, 3, 0.11), regular(3, 3, 0.82))

LEARNED = tuple(
    {"B": b, "D": d, "l": k, "eps": eps, "t": t, "a_0": a_0, "tau": tau}
    for b, d, k, eps, t, a_0, tau in (
        (3, 2, 1, "0.137", "1.9", "0.021", "1.3"), (2, 4, 3, "0.083", "2.3", "0.013", "1.7"),
        (2, 3, 3, "0.871", "1.3", "0.017", "0.7"),
    )
)  # fmt: skip

drifting = partial(
    features, sizes=((1000, 24), (2000, 24), (4000, 24)), predict=differentiation.distances, axis="time",
    quantity="squared distance",
)  # fmt: skip

drift = partial(representations.hidden_distances, initial=0.001, balanced=True, tau=1.7, times=TIMES)

splits = partial(
    representations.level_split_times, features_per_neuron=40, initial=4e-5, balanced=False, tau=1.7,
    snapshots=tuple(range(4, 31)),
)  # fmt: skip

# two lone items that part at level 2 and twice eight items that part at level 3, all flips 0.1
LONE_AND_CROWD = Tree(
    parents=((0, 0), (0, 0, 1), (0, 1, 2, 2), (0, 1, *(2,) * 8, *(3,) * 8)),
    flips=((0.1,) * 2, (0.1,) * 3, (0.1,) * 4, (0.1,) * 18),
)

LONE_AND_CROWD_PAIRS = (*LONE_AND_CROWD.siblings(2), LONE_AND_CROWD.siblings(3)[0])

# three pairs of categories of level 2 with three items each; links flip with different probabilities
SAME_SIZE = Tree(
    parents=((0, 0, 0), (0, 0, 1, 1, 2, 2), tuple(k // 3 for k in range(18))),
    flips=((0.1,) * 3, (0.08, 0.08, 0.15, 0.15, 0.3, 0.3), (0.1,) * 6 + (0.04,) * 6 + (0.1,) * 6),
)

SAME_SIZE_PAIRS = SAME_SIZE.siblings(2)

COHERENT = ("coherence 0.31", "coherence 0.48", "coherence 0.66")

COHERENCES = tuple(
    {"t": t, "n_c": n, "C_in": inside, "C_out": outside, "a_0": a_0, "tau": tau}
    for t, n, inside, outside, a_0, tau in (
        ("1.3", 5, "0.83", "0.17", "0.021", "1.3"), ("1.9", 3, "0.71", "0.29", "0.013", "1.7"),
        ("0.8", 7, "0.62", "-0.11", "0.017", "0.9"),
    )
)  # fmt: skip

irregular: dict[str, Any] = {"tree": LONE_AND_CROWD, "pairs": LONE_AND_CROWD_PAIRS}

equal: dict[str, Any] = {"tree": SAME_SIZE, "pairs": SAME_SIZE_PAIRS}

trained: dict[str, Any] = {"hidden": 23, "initial": 0.001, "tau": 1.7}

told_apart = partial(
    features, sizes=((1000, 32), (2000, 32), (4000, 48)), predict=partial(differentiation.category_distances, **equal),
    quick=partial(representations.category_distances, times=TIMES[:15], **equal, **trained), axis="time",
    quantity="distance of the mean outputs",
)  # fmt: skip

order = partial(Replicas, replicas=16, axis="pair of categories", quantity="which one is later")


CLAIMS = (
    Claim(
        statement=illusory_correlation.STATEMENT,
        checks=(
            Precision(
                name="modes of the items in motion",
                reference=of_properties.exceptional_item,
                points=EXCEPTIONS,
                against="the flow of every eigenvector of the items' products, integrated by Taylor series",
            ),
            Ladder(
                name="trained networks",
                predict=of_properties.exceptional_estimates,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(believing, trees=TREES, hidden=17),
                full=partial(believing, trees=FULL_TREES, hidden=41),
                axis="time",
                quantity="estimate for the exceptional item",
                series=(*_described("deep network", TREES), *_described("shallow network", TREES)),
            ),
        ),
        convention=TIME + " Properties are +1 or -1; the exceptional item lacks the property, -1.",
        independence="All entries of all matrices are free and follow the gradient of the error; the data are explicit "
        "properties of every item, the exceptional property one of them.",
    ),
    Claim(
        statement=progressive_differentiation.STATEMENT,
        checks=(
            Precision(
                name="modes of a covariance in motion",
                digits=(20, 32),
                points=LEARNED,
                reference=differentiation.learned_categories,
                against="both layers of every mode of the tree's covariance, integrated by Taylor series",
            ),
            Ladder(
                name="one matrix trained",
                predict=differentiation.one_matrix_split_times,
                steps=DESCENTS,
                quick=partial(representations.one_matrix_split_times, trees=SHAPES, tau=1.7, features=500),
                axis="level",
                quantity="half-split time without a hidden layer",
                series=named("tree", ((3, 0.12), (4, 0.83))),
            ),
            drifting(
                name="items drift apart, three levels",
                series=(*CATEGORIES, "items that part at level 1"),
                quick=partial(drift, tree=regular(2, 3, 0.11), hidden=11),
                full=partial(drift, tree=regular(3, 3, 0.11), hidden=40),
            ),
            drifting(
                name="items drift apart, two levels",
                series=(*CATEGORIES[:2], "items that part at level 1"),
                quick=partial(drift, tree=regular(3, 2, 0.83), hidden=14),
                full=partial(drift, tree=regular(5, 2, 0.83), hidden=40),
            ),
            FiniteSize(
                name="levels split after a random start",
                predict=differentiation.split_times,
                sizes=((1000, 32), (2000, 32), (4000, 32)),
                full_sizes=((2000, 64), (4000, 64), (8000, 64)),
                size_name="features and hidden neurons",
                quick=partial(splits, trees=SPLITTING),
                full=partial(splits, trees=FULL_SPLITTING),
                axis="level",
                quantity="half-split time",
                series=("2 branches, flips 0.11", "2 branches, flips 0.82"),
                picture=differentiation.map_of_items,
            ),
        ),
        convention="Time is in the unit of tau; inputs are one-hot, and targets are features +1 or -1 over sqrt(N). "
        "After a random start a_0 is a quarter of the mean squared norm of a mode in both layers together.",
        independence="Networks learn sampled features, all weights free, by the error's gradient; levels are those "
        "of the tree that was sampled, and after a random start the modes of the targets are not used.",
    ),
    Claim(
        statement=inductive_projection.STATEMENT,
        checks=(
            Precision(
                name="new weights in motion",
                reference=of_properties.taught,
                points=TAUGHT,
                digits=(20, 30),
                against="the flow of the new weights over two hidden neurons, alone and with the activity that they "
                "meet, integrated by Taylor series",
            ),
            Ladder(
                name="new weights of a trained network",
                predict=of_properties.projections,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=teaching,
                full=partial(teaching, tree=LARGE, hidden=40),
                axis="time of teaching",
                quantity="estimate of the novel property",
                series=tuple(f"{item}, age {AGES[0]}" for item in ("taught item", "sibling", "cousin", "unrelated")),
            ),
            Ladder(
                name="all weights of a trained network",
                predict=of_properties.projections_of_all,
                steps=(0.04, 0.02, 0.01, 0.005),
                full_steps=STEPS,
                quick=freeing,
                full=partial(freeing, tree=LARGE, hidden=40),
                axis="item",
                quantity="estimate of the novel property in the end",
                series=tuple(f"age {age}" for age in AGES),
            ),
        ),
        convention=TIME + " The novel property is taught as 1; time of teaching has the same unit.",
        independence="The network is trained on all items before; the prediction knows the data and the ages only.",
    ),
    Claim(
        statement=distinctive_property.STATEMENT,
        checks=(
            Precision(
                name="two components in motion",
                reference=of_properties.two_components,
                points=COMPONENTS,
                digits=(20, 30),
                against="two modes integrated by Taylor series, and bisection for the time",
            ),
            Ladder(
                name="properties of a trained network",
                predict=of_properties.property_errors,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(analyzed, items=6, properties=11, hidden=9),
                full=partial(analyzed, items=40, properties=100, hidden=60),
                axis="time",
                quantity="squared error of the property",
                series=("mostly along the fast analyzer", "mixed", "mostly along the slow analyzer"),
            ),
            Ladder(
                name="properties along single analyzers",
                predict=of_properties.tolerance_times,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(tolerated, items=6, properties=11, hidden=9),
                full=partial(tolerated, items=40, properties=100, hidden=60),
                axis="tolerated error",
                quantity="time",
                series=tuple(f"s = {value}" for value in ANALYZERS),
            ),
        ),
        convention=TIME,
        independence=TRAINED_ON_ITEMS + " The error is that of the network's outputs.",
    ),
    Claim(
        statement=coherent_faster.STATEMENT,
        checks=(
            Precision(
                name="two categories in motion",
                digits=(20, 32),
                points=COHERENCES,
                reference=differentiation.two_categories,
                against="both layers of every mode of the items' covariance, integrated by Taylor series",
            ),
            told_apart(name="categories of one size", series=COHERENT),
            told_apart(
                name="lone items and crowds",
                predict=partial(differentiation.category_distances, **irregular),
                quick=partial(representations.category_distances, times=TIMES[:15], **irregular, **trained),
                series=("two lone items, level 2", "two crowds of eight, level 3"),
            ),
            told_apart(
                name="when lone items and crowds split",
                predict=partial(differentiation.category_times, **irregular),
                quick=partial(representations.category_split_times, **irregular, **trained),
                axis="pair of categories",
                quantity="half-split time",
                series=("1: lone items, level 2; 2: crowds, level 3",),
                style="stem",
            ),
        ),
        convention="Time is in the unit of tau; inputs are one-hot, and targets are features +1 or -1 over sqrt(N). "
        "Similarities are those of the tree, not of the sample.",
        independence="Networks learn sampled features, all weights free, by the gradient of the error; categories are "
        "those of the tree that was sampled.",
        printed={
            "E10": Ordeal(
                fails=order(
                    name="order of lone items and crowds",
                    predict=partial(differentiation.category_order, **irregular),
                    quick=partial(representations.category_order, features=4000, **irregular, **trained),
                ),
                holds=order(
                    name="order of categories of one size",
                    predict=partial(differentiation.category_order, **equal),
                    quick=partial(representations.category_order, features=4000, **equal, **trained),
                ),
            )
        },
    ),
    Claim(
        statement=typicality.STATEMENT,
        checks=(
            Precision(
                name="two properties of two items",
                reference=of_properties.category,
                points=MEMBERS,
                evaluate=of_properties.of_category,
                digits=(20, 30),
                against="singular vectors by power iteration, and the mode integrated by Taylor series",
            ),
            Ladder(
                name="places and responses in a trained network",
                predict=of_properties.typical,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(recognised, items=6, properties=11, hidden=9),
                full=partial(recognised, items=40, properties=100, hidden=60),
                axis="time",
                quantity="response of the category",
                series=tuple(f"item {number}" for number in (1, 2, 3, 4)),
            ),
        ),
        convention=TIME + " Places are entries of unit vectors; their common sign is a choice.",
        independence=TRAINED_ON_ITEMS + " Places are read off the hidden layer, responses off the outputs.",
    ),
)
