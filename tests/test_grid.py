"""Verdicts over many seeds and both profiles, in one table that goes on where it ended."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from tests.faulty_claims import PACKAGE
from tests.test_survival import HANGING, LIMIT, SOUND
from verify.catalogue import load_claims
from verify.command.cli import main
from verify.evidence import Standing
from verify.run import grid
from verify.run.settings import Settings
from verify.run.store import Store

SEEDS = (3, 4, 5)
pytestmark = pytest.mark.usefixtures("one_worker")


@pytest.mark.slow
def test_a_grid_has_every_seed_and_goes_on_where_it_ended(tmp_path, monkeypatch):
    claims = [load_claims(PACKAGE)[name] for name in SOUND[:2]]
    store, settings = Store(tmp_path / "outcomes", package=PACKAGE), Settings(package=PACKAGE, jobs=1)
    ran, run = [], grid.run

    def counted(todo, settings, **options):
        ran.extend((claim.id, settings.profile, settings.seed) for claim in todo)
        return run(todo, settings, **options)

    monkeypatch.setattr(grid, "run", counted)
    first = grid.grid(claims, settings, SEEDS[:1], ("quick",), store)
    assert [cell.verdict for cell in first.cells] == [Standing.VERIFIED] * 2 and not first.interrupted
    whole = grid.grid(claims, settings, SEEDS, ("quick", "full"), store)
    assert [(cell.profile, cell.seed, cell.claim) for cell in whole.cells] == [
        (profile, seed, claim.id) for profile in ("quick", "full") for seed in SEEDS for claim in claims
    ]
    assert len(ran) == len(set(ran)) == len(whole.cells) and whole.cells[:2] == first.cells
    damaged = next((tmp_path / grid.FOLDER).iterdir())
    damaged.write_text("[1, null]")
    assert len(grid.grid(claims, settings, SEEDS, ("quick", "full"), store).cells) == len(whole.cells)
    assert len(ran) == len(whole.cells) + len(SEEDS)  # those of one claim and profile


@pytest.mark.slow
def test_an_error_says_nothing_of_a_claim_and_is_tried_again(tmp_path):
    claims = [load_claims(PACKAGE)[HANGING]]
    store = Store(tmp_path / "outcomes", package=PACKAGE)
    found = grid.grid(claims, Settings(package=PACKAGE, jobs=1, check_limit=LIMIT), (1,), ("quick",), store)
    assert [cell.verdict for cell in found.cells] == [Standing.ERROR] and not (tmp_path / grid.FOLDER).exists()


def test_what_an_interruption_left_undecided_is_tried_again(tmp_path, monkeypatch):
    verified, undecided = (load_claims(PACKAGE)[name] for name in SOUND[:2])
    store, settings = Store(tmp_path / "outcomes", package=PACKAGE), Settings(package=PACKAGE, jobs=1)

    def interrupted(todo, settings, **options):
        verdicts = {verified.id: Standing.VERIFIED, undecided.id: Standing.UNDECIDED}
        found = {claim.id: SimpleNamespace(verdict=verdicts[claim.id], reason="", seconds=1.0) for claim in todo}
        return SimpleNamespace(outcomes=found, interrupted=True)

    monkeypatch.setattr(grid, "run", interrupted)
    found = grid.grid([verified, undecided], settings, SEEDS, ("quick",), store)
    assert found.interrupted and [cell.claim for cell in found.cells] == [verified.id]
    assert len(list((tmp_path / grid.FOLDER).iterdir())) == 1


@pytest.mark.slow
def test_the_command_prints_one_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path))
    arguments = ["check", SOUND[0], "--seeds", "1:2", "--jobs", "1"]
    assert main(arguments, package=PACKAGE) == 0
    assert "2 of 2 are verified" in capsys.readouterr().out
    assert main([*arguments, "--json"], package=PACKAGE) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    assert [(cell["claim"], cell["seed"], cell["verdict"]) for cell in cells] == [
        (SOUND[0], seed, "verified") for seed in (1, 2)
    ]


@pytest.mark.parametrize("text", ["3:1", "1", "1:", ":3", "-1:3", "1:2:3", "1:9999999", "a:b", "1:" + "9" * 40])
def test_what_is_no_range_of_seeds_is_refused_in_one_line(text, capsys):
    assert main(["check", SOUND[0], f"--seeds={text}"], package=PACKAGE) == 2
    caught = capsys.readouterr()
    assert caught.out == "" and caught.err.count("\n") == 1 and "1:300" in caught.err
