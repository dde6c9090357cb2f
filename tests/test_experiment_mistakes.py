"""Mistakes are planted in experiments, one place at a time, and what the checks say of them is told apart."""

from __future__ import annotations

import ast
import dataclasses
import functools
import json
import resource
import signal
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from derivations.statement import Limit
from numerics.measurement import Measurement, from_replicas
from verify.audit.experiments import (
    KINDS,
    STEPS,
    WIDER,
    Fate,
    _change,
    _distances,
    _judged,
    _short,
    audit_experiments,
    mistakes,
)
from verify.catalogue import load_claims
from verify.checks import Approach, Context, Enumeration, Literature, Replicas, Trend
from verify.checks.simulation import Sample
from verify.command import mistakes as command
from verify.evidence import Evidence, Holds
from verify.report import reliability

CLAIM = load_claims()["sgd_noise.discrete_chain"]
N = sp.Symbol("N", positive=True)


def _noise(generator, shape) -> np.ndarray:
    return generator.standard_normal(shape)


def walk(*, replicas: int, stream, device: str, width: int = 4, bias: float = 0.3) -> Measurement:
    """Square of a mean over a width, with a bias: 1 / width + bias^2, and a number that nothing depends on."""
    draws = _noise(stream.generator(), (replicas, 50, width))
    means = draws.sum(axis=2) / width + bias
    unused = 7 / width
    assert unused > 0
    return from_replicas((means**2).mean(axis=1)[:, None])


def square(candidate, measured: Measurement) -> np.ndarray:
    return np.full(measured.values.shape, 1 / 4 + 0.09)


CHECK = Replicas(name="walk", predict=square, quick=functools.partial(walk, width=4), replicas=200)


def test_one_place_is_changed_at_a_time_and_the_experiment_itself_is_not():
    found = list(mistakes(CHECK.quick))
    changes = {(m.kind, m.change) for m in found}
    assert ("dropped bias", "draws.sum(axis=2) / width + bias -> draws.sum(axis=2) / width") in changes
    assert ("1/N forgotten", "draws.sum(axis=2) / width -> draws.sum(axis=2)") in changes
    assert any(kind == "wrong variance" and "1.5 * generator" in change for kind, change in changes)
    assert all(m.where.startswith(f"{__name__}, line ") for m in found)
    assert walk.__globals__["_noise"] is _noise


def test_mistakes_are_caught_and_what_changes_nothing_is_explained():
    claim = dataclasses.replace(CLAIM, checks=(CHECK,))
    found = audit_experiments(claim, Context(claim=claim.id, false_alarms=1e-8))
    fates = {fate.change: fate for fate in found}
    assert fates["draws.sum(axis=2) / width -> draws.sum(axis=2)"].fate == "refuted"
    assert fates["draws.sum(axis=2) / width + bias -> draws.sum(axis=2) / width"].fate == "refuted"
    unused = fates["7 / width -> 7"]
    assert (unused.fate, unused.effect, unused.explained) == ("survived", 0.0, True)
    data = command.data({claim.id: found})
    assert data["planted"] == len(found) and data["missed"] == 0 and data["below_resolution"] >= 1


def apart(*, replicas: int, stream, device: str, width: int = 4) -> Measurement:
    """One, exactly, in every replica; without the division each replica is off by a random factor."""
    spread = np.exp(5 * stream.generator().standard_normal(replicas))
    return from_replicas(
        (1 + (1 - width / width) * spread)[:, None] + 1e-9 * stream.generator().random(replicas)[:, None]
    )


def test_a_check_whose_replicas_are_far_apart_decides_nothing():
    """The true value lies within the error bars of a wrong experiment, and they hide everything else as well."""
    check = Replicas(name="apart", predict=lambda c, m: np.ones(m.values.shape), replicas=3, quick=apart)
    claim = dataclasses.replace(CLAIM, checks=(check,))
    context = Context(claim=claim.id, false_alarms=1e-8)
    assert check.judge(claim.candidate(), check.prepare(context), context).verdict is Holds.HOLDS
    (fate,) = (f for f in audit_experiments(claim, context) if f.kind == "1/N forgotten")
    assert fate.fate == "undecided"


def of_a_size(*, replicas: int, stream, device: str, width: int = 40) -> Measurement:
    """A size that the formula is given, with errors that grow with it."""
    size = 100.0 / width
    noise = stream.generator().standard_normal((replicas, 3))
    return from_replicas(size * (1 + 0.01 * noise), given={"size": size})


@pytest.mark.parametrize("width", [40, 1 / 40])
def test_an_effect_is_measured_by_the_size_of_the_values(width):
    """A setting forty times as large, or small, has such errors; it is another setting, and not a mistake."""
    check = Replicas(
        name="sizes",
        predict=lambda c, m: np.full(m.values.shape, m.given["size"]),
        replicas=20,
        quick=functools.partial(of_a_size, width=width),
    )
    claim = dataclasses.replace(CLAIM, checks=(check,))
    fates = {f.kind: f for f in audit_experiments(claim, Context(claim=claim.id, false_alarms=1e-8))}
    assert fates["1/N forgotten"].end == "below the resolution"


def fewer_in_wide_ones(*, replicas: int, stream, device: str, width: int = 4) -> Measurement:
    """Values around one, fewer of them in wide networks."""
    return from_replicas(1 + 0.01 * stream.generator().standard_normal((replicas, round(8 / width))))


def test_a_mistake_that_changes_how_much_is_measured_has_no_effect_that_could_be_told():
    check = Replicas(
        name="shapes",
        predict=lambda c, m: np.ones(m.values.shape),
        replicas=20,
        quick=fewer_in_wide_ones,
    )
    claim = dataclasses.replace(CLAIM, checks=(check,))
    (fate,) = (f for f in audit_experiments(claim, Context(claim=claim.id)) if f.kind == "1/N forgotten")
    assert fate.fate == "survived" and fate.effect is None


def counted(*, stream, device: str, width: int = 4) -> Measurement:
    """Signs of a width, counted; which ones they are does not matter."""
    return Measurement(values=np.array([float(np.sign(stream.generator().standard_normal(width)).size)]))


def growing(*, replicas: int, stream, device: str, slope: float = 1.0) -> Measurement:
    """A slope with noise."""
    return from_replicas((slope + 0.1 * stream.generator().standard_normal(replicas))[:, None])


def test_counts_have_an_effect_and_trends_are_told_apart():
    count = Enumeration(name="counted", predict=lambda c, m: np.full(m.values.shape, 4.0), quick=counted)
    trend = Trend(name="growing", replicas=20, quick=growing, control=functools.partial(growing, slope=0.0))
    claim = dataclasses.replace(CLAIM, checks=(count, trend))
    fates = {fate.check: fate for fate in audit_experiments(claim, Context(claim=claim.id, false_alarms=1e-8))}
    assert (fates["counted"].effect, fates["counted"].end) == (0.0, "below the resolution")
    assert (fates["growing"].end, fates["growing"].explained) == ("trend as stated", True)


def test_checks_without_an_experiment_or_that_do_not_hold_are_passed_over():
    """The others of the claim are audited all the same."""
    published = Literature(name="book", published="1", source=CLAIM.statement.sources[0], evaluate=lambda c: 1.0)
    wrong = dataclasses.replace(CHECK, name="wrong", predict=lambda c, m: 2 * square(c, m))
    claim = dataclasses.replace(CLAIM, checks=(published, wrong, CHECK))
    fates = audit_experiments(claim, Context(claim=claim.id, false_alarms=1e-8))
    assert {fate.check for fate in fates} == {"walk"}


def nearing(*, width: int, replicas: int, stream, device: str, depth: float = 1.0) -> Measurement:
    """Nothing, but for one over a width."""
    return from_replicas(depth / width * (1 + 0.01 * _noise(stream.generator(), (replicas, 1))))


def test_the_effect_on_an_exponent_is_told_beside_what_parts_a_rate_from_its_root():
    """Wider noise moves it by little, and a size that is not divided by leaves nothing that falls."""
    check = Approach(name="nearing", predict=lambda c, m: np.zeros(1), quick=nearing, sizes=((4, 100), (16, 100)))
    regime = Limit(parameter=N, towards=sp.oo, rate=1 / N)
    claim = dataclasses.replace(CLAIM, statement=dataclasses.replace(CLAIM.statement, regime=regime), checks=(check,))
    context = Context(claim=claim.id, false_alarms=1e-8)
    fates = {fate.kind: fate for fate in audit_experiments(claim, context)}
    assert fates["1/N forgotten"].end == "caught"
    wider = fates["wrong variance"]
    assert (wider.end, wider.resolution) == ("below the resolution", 0.5) and 0 < wider.effect < 0.01


@pytest.mark.parametrize(
    ("found", "effects", "effect"), [(0.0, (0.25,), 0.25), (0.125, (0.0,), 0.125), (0.5, (0.25,), 0.25)]
)
def test_the_effect_on_an_exponent_is_the_change_of_its_distance_from_one(monkeypatch, found, effects, effect):
    check = Approach(name="nearing", predict=square, quick=nearing, sizes=((4, 100), (16, 100)))
    said = Evidence(check="nearing", kind="simulation", verdict=Holds.HOLDS, points=1, discrepancy=found)
    (moved,) = effects
    judged = dataclasses.replace(said, discrepancy=moved)
    monkeypatch.setattr(Approach, "judge", lambda *_: judged)
    mistake = next(iter(mistakes(nearing)))
    context = Context(claim="c", regime=Limit(parameter=N, towards=sp.oo, rate=1 / N))
    assert _judged(check, mistake, None, context, None, said, 10.0).effect == effect


def endless(*, replicas: int, stream, device: str, width: int = 4) -> Measurement:
    """Steps of one over a width up to less than one: they never arrive if the division is forgotten."""
    where = 0.0
    while where != 0.75:
        where = (where + 1 / width) % 1
    return from_replicas(where + 0.01 * stream.generator().standard_normal((replicas, 1)))


def vast(*, replicas: int, stream, device: str, width: int = 2**30) -> Measurement:
    """As many numbers as two to the 32nd over a width: 4, or 32 GiB of them."""
    numbers = np.empty(int(2**32 / width))
    return from_replicas(0.75 + 0.01 * stream.generator().standard_normal((replicas, 1)) * numbers.size / 4)


@pytest.mark.parametrize(("run", "said"), [(endless, "no end after 0 s"), (vast, "more than 2 GiB")])
def test_a_mistake_that_never_ends_or_fills_the_memory_is_noticed(monkeypatch, run, said):
    monkeypatch.setattr("verify.audit.experiments.PATIENCE", 0.2)
    before = resource.getrlimit(resource.RLIMIT_AS)
    check = Replicas(name="walk", predict=lambda c, m: np.full(m.values.shape, 0.75), replicas=20, quick=run)
    claim = dataclasses.replace(CLAIM, checks=(check,))
    found = audit_experiments(claim, Context(claim=claim.id, false_alarms=1e-8))
    (fate,) = (f for f in found if f.kind == "1/N forgotten" and f.change.startswith(("1 /", "2 **")))
    assert fate.fate == f"refused ({said})" and fate.end == "caught"
    assert resource.getrlimit(resource.RLIMIT_AS) == before and signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_the_distances_are_those_of_the_first_sample_from_the_formula():
    measured = Measurement(values=np.array([0.5, 0.25]))
    first, other = (Sample(values=k * measured.values, errors=None, freedom=1, measured=measured) for k in (1, 3))
    values = measured.values
    for prepared in (first, {1: first, 2: other}, {1: (first, other)}, ((first, other), other)):
        apart, sizes = _distances(CHECK, CLAIM.candidate(), prepared)
        assert np.array_equal(apart, values - (1 / 4 + 0.09)) and np.array_equal(sizes, values)
        assert all(np.array_equal(found, values) for found in _distances(CHECK, None, prepared))  # no formula
    assert _distances(CHECK, None, {2: other}) is None and _distances(CHECK, None, ()) is None


def test_random_numbers_are_drawn_where_nothing_is_filled():
    calls = {"g.normal(size=3)": True, "g.standard_normal(3, out=a)": False, "g.integers(3)": False, "normal(3)": False}
    for call, fits in calls.items():
        assert KINDS["wrong variance"](ast.parse(call, mode="eval").body) is fits


def test_a_mistake_without_an_effect_is_no_missed_one_where_nothing_is_known_of_the_resolution():
    fate = Fate(check="x", kind="step doubled", where="a", change="b", fate="survived", effect=0.0)
    assert fate.end == "below the resolution"
    assert dataclasses.replace(fate, effect=1e-9).end == dataclasses.replace(fate, effect=None).end == "missed"


def test_a_long_change_is_cut():
    assert _short("a +\n  b") == "a + b" and len(_short("x" * 100)) == len(_short("x" * 60)) == 60


def test_a_mistake_that_could_be_seen_and_survives_counts_as_missed(capsys):
    fate = Fate(check="x", kind="step doubled", where="a", change="b -> c", fate="survived", effect=0.5, resolution=0.1)
    assert not fate.explained and command.data({"a.b": [fate]})["missed"] == 1
    command.show({"a.b": [fate]})
    assert "step doubled" in capsys.readouterr().out


def test_runs_are_added_up_and_a_claim_counts_once():
    """What is kept beside the page is what the command prints."""
    missed = Fate(check="x", kind="dropped bias", where="a", change="b", fate="survived", effect=0.5, resolution=0.1)
    caught = dataclasses.replace(missed, fate="refuted")
    first, again = command.data({"a.b": [missed], "a.c": [caught]}), command.data({"a.b": [caught, missed]})
    counts = reliability.counted([first, again])
    found = reliability.summed(counts)
    assert {name: found[name] for name in ("claims", "planted", "caught", "missed")} == {
        "claims": 2,
        "planted": 3,
        "caught": 2,
        "missed": 1,
    }
    assert counts["a.b"] == {"dropped bias": {"planted": 2, "caught": 1, "missed": 1}}
    assert found["kinds"]["dropped bias"]["planted"] == 3
    assert reliability.table(found).splitlines()[-1] == "| dropped bias | 3 | 2 | 0 | 0 | 1 |"


def test_the_documentation_has_the_counts_that_are_kept():
    kept = json.loads(reliability.FILE.read_text(encoding="utf-8"))["experiments"]
    text = (Path(__file__).parents[1] / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert reliability.table(kept) in text and f"Of {kept['planted']} mistakes" in text
    assert kept["missed"] == 0


def test_every_kind_of_mistake_is_met_in_the_experiments():
    head = "def f(a, b, step, n, stream, bias, g):\n"
    source = head + " return step * a / n + bias, a @ b, stream.child(3), g.standard_normal(3)"
    nodes = list(ast.walk(ast.parse(source)))
    assert {kind for kind, fits in KINDS.items() if any(fits(node) for node in nodes)} == {*KINDS}


STEP = min(STEPS)


@pytest.mark.parametrize(
    ("kind", "node", "planted"),
    [
        ("step doubled", f"{STEP} * g", f"2 * {STEP} * g"),
        ("step doubled", f"g * {STEP}", f"g * (2 * {STEP})"),
        ("1/N forgotten", "a / n", "a"),
        ("dropped bias", "a + b", "a"),
        ("wrong variance", "sigma", f"{WIDER} * sigma"),
        ("transposed matrix", "a @ b", "a @ b.mT"),
        ("equal streams", "stream.child(k)", "stream.child('the same')"),
        ("equal streams", "stream.generator()", "None"),
    ],
)
def test_each_kind_changes_one_node(kind, node, planted):
    changed = _change(kind, ast.parse(node, mode="eval").body)
    assert (changed and ast.unparse(changed)) == (None if planted == "None" else planted)
