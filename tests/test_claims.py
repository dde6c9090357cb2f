"""Every claim is a test, and every file of a claim belongs to one."""

from __future__ import annotations

import ast
import dataclasses
import dis
import importlib
import itertools
import math
import pkgutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import derivations
from derivations.proof import Step, Verdict
from derivations.statement import Observation, Statement
from derivations.symbols import N_l
from verify import catalogue, checks
from verify.audit.left import other_left_sides
from verify.catalogue import false_alarm_share, load_claims, select
from verify.checks import Approach, Context, FiniteSize, Replicas, Trend
from verify.checks.independence import BATCHES, chance
from verify.checks.replicas import no_bias
from verify.checks.simulation import TwoStages
from verify.evidence import INDEPENDENT_KINDS, TARGETS, Holds, Standing
from verify.run.examine import conclude, examine
from verify.run.runner import Settings, run

CLAIMS = load_claims()
ROOT = Path(__file__).resolve().parent.parent
SETTLED = (Verdict.PROVED, Verdict.INSTANCES, Verdict.ASSUMED)
NAMED_BY_THE_USER = (
    "deep_linear.mode_logistic",
    "deep_linear.depth_n_mode",
    "manifold_geometry.curvature_recursion",
    "cheap_learning.multiplication_gate",
    "sgd_noise.fokker_planck_stationary",
)


def derivation_modules() -> list[str]:
    """Modules derivations.<chapter>.<claim> that hold a statement."""
    found = []
    for chapter in pkgutil.iter_modules(derivations.__path__, "derivations."):
        if chapter.ispkg:
            package = importlib.import_module(chapter.name)
            for module in pkgutil.iter_modules(package.__path__, f"{chapter.name}."):
                if hasattr(importlib.import_module(module.name), "STATEMENT"):
                    found.append(module.name)
    return found


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_claim(claim_id, suite_run):
    """The claim is verified: derivation, checks, independent evidence and audit."""
    outcome = suite_run.outcomes[claim_id]
    failed = [f"{e.check}: {e.verdict}: {e.detail}" for e in outcome.evidence if e.verdict is not Holds.HOLDS]
    failed += [f"step {s.claim!r}: {s.how}" for s in outcome.steps if s.verdict not in SETTLED]
    if outcome.audit:
        failed += [f"survivor {s.latex}: {s.reason}" for s in outcome.audit.survivors if not s.equivalent]
    assert outcome.verdict is Standing.VERIFIED, "\n".join([outcome.reason, *failed])


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_printed_forms_are_told_apart(claim_id, suite_run):
    """What a page prints wrongly is refuted, or holds only under the assumption that the page leaves out."""
    outcome = suite_run.outcomes[claim_id]
    kinds = {p.erratum: p.kind for p in CLAIMS[claim_id].statement.printed}
    assert {p.erratum for p in outcome.printed} == set(kinds)
    for form in outcome.printed:
        allowed = ("refuted",) if kinds[form.erratum] == "misprint" else ("refuted", "conditional")
        assert form.verdict in allowed, f"{form.erratum}: {form.detail}"


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_audit_leaves_no_blind_node(claim_id, suite_run):
    """No mutant survives unless it is provably equal, and every node of the formula is watched."""
    audit = suite_run.outcomes[claim_id].audit
    if audit is None:
        assert CLAIMS[claim_id].is_observation
        return
    assert audit.missed == 0 and audit.crashed <= 0.02 * audit.mutants
    assert audit.rejected + audit.crashed + len(audit.survivors) == audit.mutants > 0
    assert [node.latex for node in audit.nodes if node.smallest is None] == []


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_independent_evidence_states_its_resolution(claim_id, suite_run):
    """Each resolves what the profile aims at, or says why not."""
    claim = CLAIMS[claim_id]
    worst, median = TARGETS[suite_run.settings.profile]
    trends = {check.name for check in claim.checks if isinstance(check, Trend)}
    exponents = {check.name for check in claim.checks if isinstance(check, Approach)}
    for evidence in suite_run.outcomes[claim_id].evidence:
        assert evidence.points > 0
        if evidence.check in exponents or (evidence.check in trends and not claim.is_observation):
            assert evidence.resolution is None, evidence.check  # of an exponent; and a trend sees no formula
        elif evidence.kind in INDEPENDENT_KINDS:
            assert evidence.resolution is not None and evidence.resolution_median is not None
            assert 0 < evidence.resolution_median <= evidence.resolution < math.inf, evidence.check
            found = f"{evidence.check}: {evidence.resolution:.3g}, median {evidence.resolution_median:.3g}"
            fine = evidence.resolution <= worst and evidence.resolution_median <= median
            assert fine == (not evidence.coarse), found


def declared_biases() -> list[tuple[str, str, Callable]]:
    """(claim, check, bias) of every check, ordeals of printed forms among them, that declares a bias."""
    found = []
    for claim in CLAIMS.values():
        ordeals = [check for ordeal in claim.printed.values() for check in (ordeal.fails, ordeal.holds) if check]
        checks = {check.name: check for check in (*ordeals, *claim.checks) if isinstance(check, Replicas)}
        found += [(claim.id, name, check.bias) for name, check in checks.items() if check.bias is not no_bias]
    return found


@pytest.mark.parametrize(("claim_id", "name", "bias"), declared_biases())
def test_what_a_check_allows_does_not_follow_the_formula_it_judges(claim_id, name, bias):
    """A bias never asks the formula that it is given: it would grow with its error, and nothing could be refuted."""
    bias = getattr(bias, "func", bias)  # with some arguments fixed beforehand
    formula = bias.__code__.co_varnames[0]
    asked = [step for step in dis.get_instructions(bias) if step.opname.startswith("LOAD") and step.argval == formula]
    assert not asked, f"{claim_id}, {name}: take what is allowed from an exact map, or from what is measured"


def test_an_allowance_is_a_declared_bias():
    """No other kind of check has one of its own, and that of means is `bias`."""
    allowing = {kind for kind in vars(checks).values() if isinstance(kind, type) and hasattr(kind, "allowance")}
    assert {kind for kind in allowing if kind.allowance is not TwoStages.allowance} == {Replicas}


@pytest.mark.parametrize("claim_id", ["diffusion.swiss_roll", "diffusion.patches_of_leaves"])
def test_networks_on_gaussian_data_are_a_control_in_nothing_but_their_data(claim_id):
    """One that trains for a shorter time might lack the advantage for that reason."""
    (trend,) = CLAIMS[claim_id].checks
    for shown, control in ((trend.quick, trend.control), (trend.full, trend.full_control)):
        assert control.func is shown.func and control.keywords == {**shown.keywords, "gaussian": True}


def timeless(outcome):
    """An outcome without what differs from run to run: times, dates and the machine."""
    strip = partial(dataclasses.replace, seconds=0.0)
    audit = strip(outcome.audit) if outcome.audit else None
    evidence, steps = tuple(map(strip, outcome.evidence)), tuple(map(strip, outcome.steps))
    return strip(outcome, evidence=evidence, steps=steps, audit=audit, date="", environment={})


def test_one_worker_finds_the_same_as_several(suite_run):
    """Results do not depend on the number of workers, nor on what a worker did before."""
    few = ["cheap_learning.multiplication_gate", "deep_linear.mode_logistic", "sgd_noise.langevin_limit"]
    again = run(select(few), Settings(jobs=1), store=None)
    for claim_id in few:
        assert timeless(again.outcomes[claim_id]) == timeless(suite_run.outcomes[claim_id])


def test_the_named_results_are_there():
    assert set(NAMED_BY_THE_USER) <= set(CLAIMS)


def test_every_statement_has_an_entry():
    entered = {claim.statement.module for claim in CLAIMS.values()}
    assert set(derivation_modules()) == entered


def test_one_claim_one_room():
    """verify/claims and derivations are the same tree: a claim's entry and its derivation have one address."""
    entries = {path.relative_to(ROOT / "verify/claims") for path in ROOT.glob("verify/claims/*/*.py")}
    derivation_files = {Path(*name.split(".")[1:]).with_suffix(".py") for name in derivation_modules()}
    assert {path for path in entries if path.name != "__init__.py"} == derivation_files


def test_headings_are_read_from_the_text():
    """Title, place in the lectures and id, which the catalogue reads without an import, are those of the statement."""
    assert list(CLAIMS) == list(catalogue.ids())
    for claim_id, claim in CLAIMS.items():
        found = catalogue.heading(claim_id)
        assert (found.title, found.covers) == (claim.title, claim.statement.covers), claim_id


def test_claims_stand_in_the_order_of_the_lectures():
    """By the first entry that each covers, numbers as numbers; nothing of the names of files."""
    for chapter in catalogue.chapters():
        firsts = [claim.statement.covers[0] for claim in CLAIMS.values() if claim.chapter == chapter]
        assert firsts == sorted(firsts, key=catalogue.natural)
    assert list(CLAIMS).index("deep_linear.mode_logistic") < list(CLAIMS).index("deep_linear.learning_time")


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_uses_are_imports(claim_id):
    """`uses` names exactly the results whose modules the derivation imports."""
    statement = CLAIMS[claim_id].statement
    tree = ast.parse(Path(importlib.import_module(statement.module).__file__).read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    imported = {other for other in CLAIMS if other != claim_id and f"derivations.{other}" in names}
    assert imported == set(statement.uses)


@pytest.mark.parametrize("claim_id", [c for c, claim in CLAIMS.items() if not claim.is_observation])
def test_no_step_restates_the_formula(claim_id):
    """No obligation is the statement's formula itself, left side minus right side."""
    statement = CLAIMS[claim_id].statement
    assert isinstance(statement, Statement)
    itself = {sp.expand(a - b) for a, b in zip(statement.left, statement.right, strict=True)}
    for step in CLAIMS[claim_id].steps():
        assert isinstance(step, Step)
        for residual in step.residuals:  # to expand one brings in no letter that it has not
            if any(one.free_symbols <= residual.free_symbols for one in itself):
                assert sp.expand(residual) not in itself, step.claim


def test_gaps_are_marked(suite_run):
    """A step is ASSUMED exactly when it names the source of an assumption."""
    for claim_id, claim in CLAIMS.items():
        for step, outcome in zip(claim.steps(), suite_run.outcomes[claim_id].steps, strict=True):
            assert (outcome.verdict == Verdict.ASSUMED) == (step.assumption is not None)


def test_one_name_one_symbol():
    """No two statements use symbols that print alike but carry other assumptions."""
    known: dict[str, sp.Symbol] = {}
    for claim in CLAIMS.values():
        if isinstance(claim.statement, Observation):
            continue
        symbols = {p.symbol for p in claim.statement.parameters if not p.is_function}
        for symbol in symbols | {d.lhs for d in claim.statement.where}:
            assert known.setdefault(symbol.name, symbol) == symbol, f"{symbol} has two sets of assumptions"


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_conventions_and_sources_are_stated(claim_id):
    claim = CLAIMS[claim_id]
    assert claim.convention.endswith(".") and claim.independence.endswith(".")
    assert all(source.document[0] == "0" or source.where for source in claim.statement.sources)


STATEMENTS = [c for c, claim in CLAIMS.items() if not claim.is_observation]


@pytest.mark.parametrize("claim_id", STATEMENTS)
def test_the_left_hand_side_is_planted_wrongly_too(claim_id):
    """The audit swaps, rescales and replaces what stands on the left, beside what it does on the right."""
    claim = CLAIMS[claim_id]
    statement = claim.statement
    assert isinstance(statement, Statement)
    slips = {slip for _, slip in other_left_sides(statement, claim.quantities)}
    if all(side.is_commutative for side in statement.left):
        assert slips >= {"left-hand side squared", "left-hand side taken from 1", "root of the left-hand side"}
    assert slips >= {"left-hand side times 2", "left-hand side by 2"}
    assert len(statement.left) == 1 or "left-hand sides swapped" in slips


@pytest.mark.parametrize("claim_id", STATEMENTS)
def test_a_left_hand_side_with_another_name_is_refuted(claim_id):
    claim = CLAIMS[claim_id]
    statement = claim.statement
    assert isinstance(statement, Statement)
    others = sp.Tuple(*(sp.Symbol("another name") if k == 0 else side for k, side in enumerate(statement.left)))
    formula = statement.formula.func(others, sp.Tuple(*statement.right), evaluate=False)
    wrong = dataclasses.replace(
        claim,
        statement=dataclasses.replace(statement, formula=formula, printed=()),
        printed={},
        quantities=claim.quantities,
    )
    found = examine(wrong, Context(claim=claim_id))
    verdict, reason = conclude(wrong, found.evidence, found.printed, found.audit)
    assert verdict is Standing.REFUTED and "left-hand side" in reason
    assert "lacks" in found.evidence[0].detail


WRONG_LEFT_SIDES = {  # planted by hand, each verified once
    "signal_propagation.critical_decay": lambda left: (1 - left[0], left[1]),  # c^l for 1 - c^l
    "signal_propagation.correlation_depth": lambda left: (left[1], left[0]),
    "deep_linear.infinite_depth_time": lambda left: tuple(side.replace(N_l, N_l**2) for side in left),
    "generalization.spiked_singular_values": lambda left: (left[0], left[2], left[1]),
    "signal_propagation.kurtosis_law": lambda left: (left[1], left[0]),
    "deep_linear.depth_n_mode": lambda left: (2 * left[0],),
    "manifold_geometry.curvature_recursion": lambda left: (left[0], sp.sqrt(left[1])),
}


@pytest.mark.parametrize("claim_id", WRONG_LEFT_SIDES)
def test_wrong_left_hand_sides_are_refuted(claim_id):
    claim = CLAIMS[claim_id]
    statement = claim.statement
    assert isinstance(statement, Statement)
    left = WRONG_LEFT_SIDES[claim_id](statement.left)
    formula = statement.formula.func(sp.Tuple(*left), sp.Tuple(*statement.right), evaluate=False)
    assert formula.lhs != sp.Tuple(*statement.left)
    wrong = dataclasses.replace(
        claim,
        statement=dataclasses.replace(statement, formula=formula, printed=()),
        printed={},
        quantities=claim.quantities,
    )
    found = examine(wrong, Context(claim=claim_id, false_alarms=false_alarm_share(wrong)))
    assert conclude(wrong, found.evidence, found.printed, found.audit)[0] is Standing.REFUTED


# -------------------------------------------------------------------------------- replicas


REPLICATED = [
    (claim_id, check.name)
    for claim_id in STATEMENTS
    for check in CLAIMS[claim_id].checks
    if isinstance(check, (Replicas, FiniteSize))
]


@pytest.mark.parametrize(("claim_id", "name"), REPLICATED)
def test_replicas_are_independent(claim_id, name):
    """No noise, minibatch, network or data are shared by the replicas of an experiment, beside what it was given."""
    claim = CLAIMS[claim_id]
    (check,) = (check for check in claim.checks if check.name == name)
    available = check.replicas if isinstance(check, Replicas) else check.sizes[0][1]
    replicas = max(2, min(8, available // BATCHES))
    assert chance(check, claim.candidate(), Context(claim=claim_id), replicas) > 1e-6


def test_a_heading_is_read_from_the_statement_alone_as_from_the_whole_file(monkeypatch):
    """To order 159 claims took 0.2 s, since whole derivations were parsed for their titles."""
    import ast

    from verify import catalogue

    read = {claim: catalogue.heading(claim) for claim in catalogue.ids()}
    assert all(head.title and head.kind for head in read.values())
    monkeypatch.setattr(catalogue, "_statement_of", ast.parse)
    assert read == {claim: catalogue.heading.__wrapped__(claim) for claim in catalogue.ids()}


# -------------------------------------------------------------------------------- sizes


PER_WIDTH = ("ratio", "ratios", "examples_per_input", "density", "share", "shares")  # what a width is multiplied by
PER_NEURON = ("per_neuron", "features_per_neuron")  # what it is divided by


def layers_per_width(experiment):
    """The sizes of an experiment in units of its width: shapes of its module, and the ratios that are bound to it."""
    bound = {}
    while isinstance(experiment, partial):
        bound, experiment = {**experiment.keywords, **bound}, experiment.func
    module = sys.modules[experiment.__module__]
    found = [] if "ratios" in bound else [*getattr(module, "SHAPE", ()), *getattr(module, "WIDTHS", ())]
    found += [float(part) for name in PER_WIDTH if name in bound for part in np.atleast_1d(bound[name])]
    return found + [1 / bound[name] for name in PER_NEURON if bound.get(name)]


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_sizes_that_are_extrapolated_are_in_exact_ratios(claim_id):
    """Layers of 18 neurons for 1.25 times 14 put a value off by 1.5 standard errors, at twice the width as well."""
    for check in CLAIMS[claim_id].checks:
        if isinstance(check, FiniteSize):
            for run, sizes in ((check.quick, check.sizes), (check.full or check.quick, check.full_sizes or ())):
                for (width, _), ratio in itertools.product(sizes, layers_per_width(run)):
                    assert abs(width * ratio - round(width * ratio)) < 1e-9, f"{check.name}: {ratio:g} times {width}"
