"""What rests on a claim that is not verified is undecided, however the lemma's outcome was come by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faulty_claims import PACKAGE
from verify.catalogue import load, load_claims
from verify.command.cli import main
from verify.evidence import Outcome, Standing
from verify.run import grid, lemmas, sources
from verify.run.runner import RunResult, Settings, run
from verify.run.store import Store

WRONG, MIDDLE, TOP, SAFE = "stacked.wrong", "stacked.middle", "stacked.top", "stacked.safe"
REASON = "its own evidence holds, but it rests on stacked.wrong (refuted)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def first(folder) -> RunResult:
    """A run of the dependants alone; their lemmas were never run before."""
    claims = load_claims(PACKAGE)
    return run(
        [claims[TOP], claims[SAFE]], Settings(package=PACKAGE, jobs=2), Store(folder / "outcomes", print, PACKAGE)
    )


@pytest.fixture
def command(first, folder, monkeypatch, capsys):
    """Runs a command on the store that the first run has left: (exit code, stdout, stderr)."""
    monkeypatch.setenv("REDERIVE_STORE", str(folder))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments, package=PACKAGE)
        caught = capsys.readouterr()
        return code, caught.out, caught.err

    return call


def test_what_rests_on_a_refuted_claim_is_undecided_and_says_on_what(first):
    """By way of another claim, and with none of them selected."""
    found = first.outcomes[TOP]
    assert (found.verdict, found.reason) == (Standing.UNDECIDED, REASON)
    assert all(evidence.verdict.value == "holds" for evidence in found.evidence)


def test_lemmas_are_run_but_not_listed(first):
    assert list(first.outcomes) == [TOP, SAFE] and first.wanted == 5
    assert first.stored.keys() == {WRONG, MIDDLE, TOP, SAFE, "sound.decay"}
    assert first.outcomes[SAFE].verdict is Standing.VERIFIED


def test_it_does_not_matter_whether_the_lemma_comes_from_the_store(command, folder):
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "outcomes").iterdir()}
    code, out, _ = command("check", TOP)
    assert code == 4 and "undecided" in out and "it rests on stacked.wrong (refuted)" in " ".join(out.split())
    assert command("check", SAFE)[0] == 0
    assert command("check", MIDDLE, WRONG)[0] == 1
    assert before == {path.name: path.stat().st_mtime_ns for path in (folder / "outcomes").iterdir()}


def test_what_is_stored_is_shown_with_what_it_rests_on(command):
    _, out, _ = command("list", "stacked", "--json")
    verdicts = {claim["id"]: claim["verdict"] for claim in json.loads(out)["claims"]}
    assert verdicts == {WRONG: "refuted", MIDDLE: "undecided", TOP: "undecided", SAFE: "verified"}
    assert "undecided" in command("show", TOP)[1]
    marks = {c["id"]: c["status"] for c in json.loads(command("latex", "stacked", "--json")[1])["claims"]}
    assert marks[TOP] == "not verified: undecided" and marks[SAFE].startswith("verified")


def outcome(name: str, verdict: Standing) -> Outcome:
    uses = load(name, PACKAGE).statement.uses
    return Outcome(id=name, digest="", verdict=verdict, reason="its own", uses=uses)


@pytest.mark.parametrize("verdict", [Standing.REFUTED, Standing.UNDECIDED, Standing.ERROR, None])
def test_every_lemma_that_is_not_verified_counts(verdict):
    """Also one that is an error, which no store keeps, and one that was never run."""
    own = {name: outcome(name, Standing.VERIFIED) for name in (MIDDLE, TOP)}
    if verdict:
        own[WRONG] = outcome(WRONG, verdict)
    found = lemmas.settled(own)
    assert {found[name].verdict for name in (MIDDLE, TOP)} == {Standing.UNDECIDED}
    assert f"stacked.wrong ({verdict.value if verdict else 'not run'})" in found[TOP].reason


def test_a_claim_that_is_refuted_itself_stays_so():
    own = {name: outcome(name, Standing.REFUTED) for name in (WRONG, MIDDLE)}
    assert lemmas.settled(own) == own


def test_what_rests_on_a_claim_that_has_changed_since_says_so(command, folder, monkeypatch):
    """By way of another claim, whose own sources are as they were."""
    digest = sources.digest

    def edited(package, claim):
        return "of other sources" if claim == WRONG else digest(package, claim)

    def outdated(name):
        return {
            claim["id"] for claim in json.loads(command(name, "stacked", "--json")[1])["claims"] if claim["outdated"]
        }

    assert outdated("list") == outdated("show") == set()
    monkeypatch.setattr("verify.run.sources.digest", edited)
    assert outdated("list") == outdated("show") == {WRONG, MIDDLE, TOP}
    assert "undecided (changed since)" in command("show", TOP)[1]
    marks = {c["id"]: c["status"] for c in json.loads(command("latex", "stacked", "--json")[1])["claims"]}
    assert marks[TOP] == marks[WRONG] == "not run" and marks[SAFE].startswith("verified")


def test_a_grid_of_seeds_begins_anew_where_what_a_claim_rests_on_has_changed(folder, monkeypatch):
    store, settings = Store(folder / "outcomes", print, PACKAGE), Settings(package=PACKAGE)
    places = [grid._file(load(name, PACKAGE), settings, store) for name in (TOP, SAFE)]
    key = Store.key
    monkeypatch.setattr(
        Store, "key", lambda self, claim, given: "another" if claim == WRONG else key(self, claim, given)
    )
    top, safe = (grid._file(load(name, PACKAGE), settings, store) for name in (TOP, SAFE))
    assert top != places[0] and safe == places[1]
