"""Simulations on the way to a limit judge the formula itself: an entry with a wrong statement refutes it as well.

What a network of some layers has beyond the leading order is added to the formula. Were it taken from the statement,
a statement that is wrong would cancel in the prediction, and no simulation would see it.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import importlib.util
import inspect
from collections.abc import Sequence

import numpy as np
import pytest
import sympy as sp

from derivations.statement import components
from verify import catalogue
from verify.checks import Context
from verify.checks.simulation import TwoStages
from verify.claim import Claim
from verify.claims.jacobian_spectrum import smooth_limit
from verify.references.finite_depth import above, orthogonal_layers
from verify.references.wide_jacobians import length_of_spread

SEEN = {  # claims whose predictions or allowances need a next order, and which of their quantities networks show
    "jacobian_spectrum.gain_one": (0, 1, 2),
    "jacobian_spectrum.beyond_the_edge": (1, 2),
    "jacobian_spectrum.strong_weights": (0, 1),
    "jacobian_spectrum.logistic_sigmoid": (0, 2),
    "jacobian_spectrum.universal_edge": (0, 1),
    "jacobian_spectrum.smooth_limit": (0, 1, 2, 3),
    "jacobian_spectrum.bernoulli_limit": (0, 1),
    "jacobian_spectrum.bulk_fraction": (0, 1),
    "signal_propagation.critical_exponents": (0, 1, 2),
    "high_dimensional_statistics.l1_transition": (0, 1, 3),
    "error_landscape.energy_index_law": (0, 1, 2, 3),
}


def with_wrong_statement(claim_id: str, factor: sp.Rational, rows: Sequence[int], monkeypatch) -> Claim:
    """The entry as it would be if its derivation stated the factor times those quantities."""
    derivation = importlib.import_module(f"derivations.{claim_id}")
    right = derivation.STATEMENT
    parts = (factor * part if row in rows else part for row, part in enumerate(components(right.formula.rhs)))
    formula = sp.Eq(right.formula.lhs, sp.Tuple(*parts), evaluate=False)
    spec = importlib.util.find_spec(f"verify.claims.{claim_id}")
    entry = importlib.util.module_from_spec(spec)
    with monkeypatch.context() as patched:
        patched.setattr(derivation, "STATEMENT", dataclasses.replace(right, formula=formula, stable=None))
        spec.loader.exec_module(entry)
    return entry.CLAIM


def simulations(claim: Claim) -> list[tuple[TwoStages, Context]]:
    context = Context(claim=claim.id, false_alarms=catalogue.false_alarm_share(claim))
    return [(check, context) for check in claim.checks if isinstance(check, TwoStages)]


@functools.cache
def measured(claim_id: str) -> list:
    """What the claim's experiments give, which know no statement."""
    return [check.prepare(context) for check, context in simulations(catalogue.load(claim_id))]


def refuted_by(claim: Claim) -> list[bool]:
    """Which simulations alone refute the formula that the claim states."""
    return [
        check.refutes(claim.candidate(), prepared, context)
        for (check, context), prepared in zip(simulations(claim), measured(claim.id), strict=True)
    ]


def resolution(claim: Claim) -> float:
    """What the evidence of the claim's simulations says that they would notice at any point."""
    found = [
        check.judge(claim.candidate(), prepared, context).resolution
        for (check, context), prepared in zip(simulations(claim), measured(claim.id), strict=True)
    ]
    return max(found)


@pytest.mark.parametrize("claim_id", SEEN)
def test_networks_refute_a_wrong_statement(claim_id, monkeypatch):
    right = catalogue.load(claim_id)
    every, noticed = range(len(right.quantities)), 1 + sp.Rational(f"{resolution(right):.3f}")
    assert not any(refuted_by(right))
    for factor in (sp.Rational(2, 3), sp.Integer(2)):
        assert all(refuted_by(with_wrong_statement(claim_id, factor, every, monkeypatch))), f"{factor} times all"
    for factor in (noticed, 1 / noticed):
        assert any(refuted_by(with_wrong_statement(claim_id, factor, every, monkeypatch))), f"{factor} times all"
    for row in SEEN[claim_id]:
        assert any(refuted_by(with_wrong_statement(claim_id, sp.Rational(3, 2), (row,), monkeypatch))), row


@pytest.mark.parametrize("activation", smooth_limit.SAMPLED)
def test_smooth_layers_tend_to_the_law_of_two_slopes(activation):
    """Extrapolated from 100, 400 and 1,600 layers, whose corrections are powers of L^(-1/2); what is added is .05."""
    levels, limit = np.array(smooth_limit.LEVELS), np.zeros(len(smooth_limit.LEVELS))
    for layers, weight in ((100, 1 / 3), (400, -2), (1600, 8 / 3)):
        law = orthogonal_layers(activation, length_of_spread(activation, smooth_limit.SPREAD, layers), layers)
        limit += weight * above(law, levels)
    assert limit == pytest.approx(smooth_limit.far_out(smooth_limit.SPREAD, levels), abs=5e-4)


def evaluates_its_own_statement(claim_id: str) -> bool:
    """Whether the entry makes numbers of the formula that it puts to the test, beside the candidate of its checks."""
    tree = ast.parse(inspect.getsource(importlib.import_module(f"verify.claims.{claim_id}")))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "verify.compile"]
    names = {a.asname or a.name for node in imported for a in node.names if a.name == "candidate"}
    own = f"{claim_id.rpartition('.')[2]}.STATEMENT"
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    return any(ast.unparse(call.func) in names and ast.unparse(call.args[0]) == own for call in calls)


def test_no_prediction_or_allowance_is_made_of_the_statement():
    assert not [claim_id for claim_id in catalogue.load_claims() if evaluates_its_own_statement(claim_id)]
