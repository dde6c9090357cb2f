"""Mistakes about trees of items, and networks that learn them."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
import sympy as sp

from derivations.calculus.matrix_product import letter, word
from derivations.semantic_development.illusory_correlation import LEVEL_SINGULAR, learned
from derivations.semantic_development.progressive_differentiation import S_L, UNFLIPPED
from derivations.semantic_development.projection_over_development import STATEMENT, STRENGTHS
from derivations.symbols import (
    B,
    C_in,
    C_out,
    D,
    H_ii,
    H_ij,
    a,
    a_0,
    delta,
    eps,
    l,
    n_c,
    s,
    s_0,
    s_1,
    t,
    tau,
    u_1,
    u_2,
    x_1,
    x_2,
)
from numerics.semantic_development import (
    branching_diffusion,
    error_signals,
    exceptional_item,
    representations,
    tree_learning,
)
from numerics.semantic_development.trees import Tree, regular
from tests.planted_mistakes import Mistake, with_experiment, with_formula, with_shown, with_step
from tests.planted_mistakes.generalization import component, defined, valid_on, while_patched

RECEIVED = error_signals._received
COVARIANCE, MOVING = "covariance of the tree", "modes of a covariance in motion"
SIBLINGS, PARTS = "two categories in motion", "two components in motion"
PLACES, TAUGHT = "two properties of two items", "new weights in motion"
BELIEF = "modes of the items in motion"
HALF = sp.Rational(1, 2)


def flips_of_whole_levels(**arguments: Any) -> np.ndarray:
    """Features of which all items flip together along the links of a level."""
    replicas, features, generator = (arguments[name] for name in ("replicas", "features", "generator"))
    items = arguments["branching"] ** arguments["depth"]
    turned = generator.integers(0, 2, size=(replicas, 1, features)).astype(bool)
    for _ in range(arguments["depth"]):
        turned = turned ^ (generator.random(turned.shape) < arguments["flip"])
    own = generator.random((replicas, items, features)) < arguments["flip"]
    return (1 - 2 * (turned ^ own)).astype(np.float32)


class Midpoint(tree_learning.Learner):
    """Steps of second order in the place of the classical method."""

    def runge_kutta(self, step: float) -> None:
        half = self.descended(self.slopes(self.weights), step / 2)
        self.weights = self.descended(self.slopes(half), step)


class FirstLayerFaster(tree_learning.Learner):
    """A gradient of the first layer that is a tenth too large."""

    def slopes(self, weights: Any) -> list[Any]:
        first, *others = super().slopes(weights)
        return [1.1 * first, *others]


def exception_elsewhere(tree: exceptional_item.Taxonomy) -> np.ndarray:
    """The property of the first category, lacked by its last item instead of its first."""
    values = -np.ones(tree.items)
    values[: tree.items // tree.branching - 1] = 1.0
    return values


def with_other_last_links(tree: Tree) -> Tree:
    """The tree whose items flip with probability 0.3 along their own link."""
    return Tree(parents=tree.parents, flips=(*tree.flips[:-1], (0.3,) * tree.items))


def without_the_lowest_level(formula: sp.Expr) -> sp.Expr:
    """A sum over all levels but the last."""
    (levels,) = formula.atoms(sp.Sum)
    return formula.subs(levels, sp.Sum(levels.function, (l, 1, D - 1)))


def one_layer_higher(descent: Any) -> np.ndarray:
    """Norm of the error at the second hidden layer along each mode."""
    with mock.patch.object(descent, "weights", [descent.weights[1] @ descent.weights[0], *descent.weights[2:]]):
        return RECEIVED(descent)


MISTAKES = (
    # ---------------------------------------------------------------------------------------------------- tree_spectrum
    Mistake(
        claim="semantic_development.tree_spectrum",
        kind="formula",
        what="number of distinctions right for two branches only",
        plant=component(2, lambda f: B ** (l - 1)),
        checks=(COVARIANCE,),
    ),
    Mistake(
        claim="semantic_development.tree_spectrum",
        kind="formula",
        what="flips so rare that two of them never meet",
        plant=component(1, lambda f: f.subs(4 * eps * (1 - eps), 4 * eps).subs(eps * (4 - 4 * eps), 4 * eps)),
        checks=(COVARIANCE,),
    ),
    Mistake(
        claim="semantic_development.tree_spectrum",
        kind="formula",
        what="right for the lowest level only",
        plant=component(1, lambda f: 4 * eps * (1 - eps) + 0 * l),
        checks=(COVARIANCE,),
    ),
    Mistake(
        claim="semantic_development.tree_spectrum",
        kind="left side",
        what="the eigenvalues of the mean and of a level swapped",
        plant=with_formula(lambda left, right: (sp.Tuple(left[1], left[0], left[2]), right)),
        checks=(COVARIANCE,),
    ),
    Mistake(
        claim="semantic_development.tree_spectrum",
        kind="experiment",
        what="items of a level flip together",
        plant=while_patched(
            "sampled features, three levels", branching_diffusion, "sampled_features", flips_of_whole_levels
        ),
        checks=("sampled features, three levels",),
    ),
    Mistake(
        claim="semantic_development.tree_spectrum",
        kind="step",
        what="two branches at the root are added in the eigenvalue of their difference",
        plant=with_step(
            3,
            obligation=word(letter("C'"), letter("v")) + sp.Symbol("q_0") * word(letter("J"), letter("v")),
        ),
        checks=(COVARIANCE,),
    ),
    # ----------------------------------------------------------------------------------------------- spectrum_decreases
    Mistake(
        claim="semantic_development.spectrum_decreases",
        kind="left side",
        what="the first difference and that of a level swapped",
        plant=with_formula(lambda left, right: (sp.Tuple(left[1], left[0]), right)),
        checks=(COVARIANCE,),
    ),
    Mistake(
        claim="semantic_development.spectrum_decreases",
        kind="formula",
        what="the level below for the level",
        plant=component(1, lambda f: f.subs(l, l + 1)),
        checks=(COVARIANCE,),
    ),
    # -------------------------------------------------------------------------------------------------------- coherence
    Mistake(
        claim="semantic_development.coherence",
        kind="formula",
        what="right for two branches only",
        plant=component(0, lambda f: 2 ** (D - l) * (C_in - C_out)),
        checks=(COVARIANCE,),
    ),
    Mistake(
        claim="semantic_development.coherence",
        kind="formula",
        what="the similarity of an item to itself left out of its category",
        plant=component(0, lambda f: B ** (D - l) * C_in - 1 - (B ** (D - l) - 1) * C_out),
        checks=(COVARIANCE,),
    ),
    # -------------------------------------------------------------------------------------- progressive_differentiation
    Mistake(
        claim="semantic_development.progressive_differentiation",
        kind="formula",
        what="the distance of items for that of categories",
        plant=component(0, lambda f: f * (1 - HALF / B)),
        checks=(MOVING,),
    ),
    Mistake(
        claim="semantic_development.progressive_differentiation",
        kind="formula",
        what="the start left out of the time of a level",
        plant=component(1, lambda f: tau * sp.log(S_L / a_0) / (2 * S_L)),
        checks=(MOVING,),
    ),
    Mistake(
        claim="semantic_development.progressive_differentiation",
        kind="definition",
        what="the singular value of the next level",
        plant=defined(S_L, sp.sqrt((1 - UNFLIPPED) * (1 - (B * UNFLIPPED) ** (D - l)) / (1 - B * UNFLIPPED))),
        checks=(MOVING,),
    ),
    Mistake(
        claim="semantic_development.progressive_differentiation",
        kind="experiment",
        what="midpoint for Runge-Kutta in networks whose items drift apart",
        plant=while_patched("items drift apart, two levels", tree_learning, "Learner", Midpoint),
        checks=("items drift apart, two levels",),
    ),
    *(
        Mistake(
            claim=f"semantic_development.{claim}",
            kind="experiment",
            what="a first layer that learns a tenth faster, from random weights",
            plant=while_patched(f"{what} after a random start", tree_learning, "Learner", FirstLayerFaster),
            checks=(f"{what} after a random start",),
        )
        for claim, what in (
            ("distinctive_property", "properties"),
            ("typicality", "places and responses"),
            ("error_signal", "errors"),
        )
    ),
    Mistake(
        claim="semantic_development.progressive_differentiation",
        kind="experiment",
        what="other flips along the last links",
        plant=while_patched(
            "one matrix trained",
            representations,
            "_targets",
            lambda tree, *rest, right=representations._targets: right(with_other_last_links(tree), *rest),
        ),
        checks=("one matrix trained", MOVING),
        unseen="in a network of one matrix all levels split at the same time, whatever the tree: that is the claim",
    ),
    Mistake(
        claim="semantic_development.progressive_differentiation",
        kind="displayed step",
        what="distances of items shown twice as large",
        plant=with_shown(9, lambda right: sp.Mul(2, right, evaluate=False)),
        checks=(MOVING,),
    ),
    # -------------------------------------------------------------------------------------------------- coherent_faster
    Mistake(
        claim="semantic_development.coherent_faster",
        kind="formula",
        what="the length of the contrast right for two items only",
        plant=component(0, lambda f: f * sp.sqrt(n_c / 2)),
        checks=(SIBLINGS,),
    ),
    Mistake(
        claim="semantic_development.coherent_faster",
        kind="formula",
        what="the start left out of the time",
        plant=component(1, lambda f: f.replace(sp.log, lambda x: sp.log(x + 1))),
        checks=(SIBLINGS,),
    ),
    Mistake(
        claim="semantic_development.coherent_faster",
        kind="experiment",
        what="a regular tree in the place of the irregular one",
        plant=with_experiment("when lone items and crowds split", tree=regular(3, 3, 0.1)),
        checks=("when lone items and crowds split",),
    ),
    # --------------------------------------------------------------------------------------------- distinctive_property
    Mistake(
        claim="semantic_development.distinctive_property",
        kind="formula",
        what="parts added before they are squared",
        plant=component(0, lambda f: f + 2 * sp.sqrt(f.args[0] * f.args[1])),
        checks=(PARTS,),
    ),
    Mistake(
        claim="semantic_development.distinctive_property",
        kind="formula",
        what="the tolerance taken for that of the squared error",
        plant=component(1, lambda f: f.subs(delta, sp.sqrt(delta))),
        checks=(PARTS,),
    ),
    Mistake(
        claim="semantic_development.distinctive_property",
        kind="domain",
        what="no tolerance included",
        plant=valid_on(delta, sp.Interval(0, sp.oo)),
        checks=(PARTS,),
    ),
    # ------------------------------------------------------------------------------------------------------- typicality
    Mistake(
        claim="semantic_development.typicality",
        kind="formula",
        what="the synthesizer's entries for the analyzer's",
        plant=component(1, lambda f: (u_1 * x_1 + u_2 * x_2) / s),
        checks=(PLACES,),
    ),
    Mistake(
        claim="semantic_development.typicality",
        kind="formula",
        what="the response not yet multiplied by what is learned",
        plant=component(2, lambda f: f.subs(t, t + 30 * tau)),
        checks=(PLACES,),
    ),
    # --------------------------------------------------------------------------------------------- inductive_projection
    Mistake(
        claim="semantic_development.inductive_projection",
        kind="formula",
        what="the projection in a network all of which learns, right for strong activity only",
        plant=component(2, lambda f: H_ij / H_ii),
        checks=(TAUGHT,),
    ),
    Mistake(
        claim="semantic_development.inductive_projection",
        kind="left side",
        what="the property of a novel item and the novel property of an item swapped",
        plant=with_formula(lambda left, right: (sp.Tuple(left[1], left[0], left[2]), right)),
        checks=(TAUGHT,),
    ),
    # --------------------------------------------------------------------------------------------- illusory_correlation
    Mistake(
        claim="semantic_development.illusory_correlation",
        kind="formula",
        what="the weight of the mean right for two branches only",
        plant=component(0, lambda f: f + (1 - 2 / B) * learned(s_0)),
        checks=(BELIEF,),
    ),
    Mistake(
        claim="semantic_development.illusory_correlation",
        kind="formula",
        what="the lowest level left out",
        plant=component(0, without_the_lowest_level),
        checks=(BELIEF,),
    ),
    Mistake(
        claim="semantic_development.illusory_correlation",
        kind="definition",
        what="the mean over all items learned as fast as the categories",
        plant=defined(s_0, s_1),
        checks=(BELIEF,),
    ),
    Mistake(
        claim="semantic_development.illusory_correlation",
        kind="definition",
        what="the next level for the first",
        plant=defined(s_1, LEVEL_SINGULAR.subs(l, 2)),
        checks=(BELIEF,),
    ),
    Mistake(
        claim="semantic_development.illusory_correlation",
        kind="experiment",
        what="another item lacks the property",
        plant=while_patched("trained networks", exceptional_item, "exceptional_property", exception_elsewhere),
        checks=("trained networks",),
    ),
    Mistake(
        claim="semantic_development.coherence",
        kind="domain",
        what="level 0 included, which has no sibling",
        plant=valid_on(l, sp.Range(0, sp.oo)),
        checks=(COVARIANCE,),
        unseen="the product has a value there; that a category has a sibling is said in words",
    ),
    # ------------------------------------------------------------------------------------------ error signals
    Mistake(
        claim="semantic_development.error_signal",
        kind="formula",
        what="an error signal that is right for two matrices only",
        plant=component(0, lambda right: sp.sqrt(a) * (s - a)),
        checks=("a chain of equal weights",),
    ),
    Mistake(
        claim="semantic_development.error_signal",
        kind="formula",
        what="the largest signal at a third of the singular value at any depth",
        plant=component(1, lambda right: s / 3),
        checks=("largest errors in a network of four matrices",),
    ),
    Mistake(
        claim="semantic_development.error_signal",
        kind="experiment",
        what="errors that arrive at the second hidden layer",
        plant=while_patched(
            "largest errors in a network of four matrices", error_signals, "_received", one_layer_higher
        ),
        checks=("largest errors in a network of four matrices",),
    ),
    *(
        Mistake(
            claim="semantic_development.projection_over_development",
            kind="formula",
            what=what,
            plant=with_formula(lambda left, right, change=change: (left, sp.Tuple(*map(change, right)))),
            checks=("taught at several ages",),
        )
        for what, change in (
            ("levels that count alike however many nodes they have", lambda part: part.subs(B, 1)),
            ("estimates over those of the mean", lambda part: part * sp.Symbol("d_3", positive=True)),
        )
    ),
    Mistake(
        claim="semantic_development.projection_over_development",
        kind="formula",
        what="right for two branches only",
        plant=with_formula(lambda left, right: (left, right.subs(B, 2))),
        checks=("three branches",),
    ),
    Mistake(
        claim="semantic_development.projection_over_development",
        kind="definition",
        what="a mean that grows half as fast",
        plant=defined(STRENGTHS[0], STATEMENT.where[0].rhs.subs(t, t / 2)),
        checks=("taught at several ages",),
    ),
    Mistake(
        claim="semantic_development.projection_over_development",
        kind="experiment",
        what="half of the hidden neurons carry the new property",
        plant=with_experiment("taught at several ages", whole_rows=False),
        checks=("taught at several ages",),
    ),
    Mistake(
        claim="semantic_development.projection_over_development",
        kind="step",
        what="a level that counts with the nodes above it",
        plant=with_step(1, obligation=1 / (t / B**2) - B / t),
        checks=("activities of all items",),
    ),
)
