"""What a run would cost: by the scheduler that would make it, from what its jobs cost before."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.benchmarks import scaling
from tests.faulty_claims import PACKAGE
from tests.test_survival import ROOT, SOUND
from verify.catalogue import load_claims
from verify.command.cli import main
from verify.run import cost
from verify.run.cost import Cost
from verify.run.jobs import Kind
from verify.run.plan import STARTING, plan, simulated
from verify.run.runner import run
from verify.run.settings import Settings
from verify.run.store import Store

CLAIMS = [load_claims(PACKAGE)[name] for name in SOUND if not load_claims(PACKAGE)[name].is_observation]
COUNT = len(CLAIMS)


def costs(checks: float, proof: float) -> dict[tuple[str, str], Cost]:
    each = ((Kind.CHECKS.value, checks), (Kind.PROOF.value, proof))
    return {(c.id, kind): Cost(loading=0.5, work=work, memory=100.0) for c in CLAIMS for kind, work in each}


def test_one_worker_takes_the_sum_and_many_the_longest_job():
    known, settings = costs(checks=7.5, proof=1.5), Settings(package=PACKAGE)
    assert simulated(CLAIMS, settings, known, 1) == pytest.approx(STARTING + len(CLAIMS) * (8 + 2))
    assert simulated(CLAIMS, settings, known, 100) == pytest.approx(STARTING + 8)
    two, three = (simulated(CLAIMS, settings, known, workers) for workers in (2, 3))
    assert len(CLAIMS) * 10 / 2 <= two - STARTING < len(CLAIMS) * 10 / 2 + 8 and three <= two


@pytest.mark.slow
def test_a_plan_knows_what_was_run_and_says_what_it_guesses(tmp_path):
    store, settings = Store(tmp_path / "outcomes", package=PACKAGE), Settings(package=PACKAGE, jobs=1)
    before = plan(CLAIMS, settings, store, (1,))
    assert before.stored == 0 and not any(job.known for job in before.jobs)
    found = run(CLAIMS[:1], settings, store)
    again = plan(CLAIMS, Settings(package=PACKAGE, jobs=1, fresh=True), store, (1, 2))
    assert {job.claim for job in again.jobs if job.known} == {CLAIMS[0].id} and len(again.jobs) == 2 * len(CLAIMS)
    spent = sum(job.cost.loading + job.cost.work for job in again.jobs if job.known)
    assert 0 < spent < found.seconds and 20 < again.memory < 4000
    whole = STARTING + sum(job.cost.loading + job.cost.work for job in again.jobs)
    assert again.seconds[2] < again.seconds[1] == pytest.approx(whole)
    assert plan(CLAIMS, settings, store, (1,)).stored == 1
    assert not any(job.known for job in plan(CLAIMS[:1], Settings(package=PACKAGE, profile="full"), store, (1,)).jobs)


def test_memory_is_that_of_the_job_and_not_of_what_the_process_did_before():
    big = np.ones(2**24)  # 128 MB
    before = cost.peak_memory()
    del big
    meter = cost.Meter()
    meter.loaded()
    small = meter.read()
    assert small.memory <= before and small.loading >= 0 and small.work >= 0
    meter = cost.Meter()
    big = np.ones(2**24)
    assert meter.read().memory > small.memory + 100 and big[0] == 1


@pytest.mark.slow
def test_the_command_runs_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    assert main(["report", *(c.id for c in CLAIMS), "--plan"], package=PACKAGE) == 0
    out = capsys.readouterr().out
    assert f"{2 * COUNT} jobs of {COUNT} claims" in out and "1000 workers" in out and "never done" in out
    assert main(["report", *SOUND, "--plan", "--json"], package=PACKAGE) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["jobs"]) == 2 * COUNT + len(SOUND) - COUNT  # an observation has no derivation
    assert found["seconds"]["1"] > found["seconds"]["2"] and found["stored"] == 0
    assert not (tmp_path / "report").exists()


def test_the_table_of_scaling_is_put_between_its_marks():
    rows = [scaling.Row(workers=n, planned=8 / n, taken=9 / n, memory=300) for n in (1, 2)]
    table = scaling.markdown(rows, ["deep_linear.mode_logistic"])
    assert "| 2 | 4 | 4 | 1.12 | 2.00 | 300 |" in table and table.startswith("1 claims (deep_linear.mode_logistic)")
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    once, twice = scaling.put(page, table), scaling.put(scaling.put(page, "another\n"), table)
    assert once == twice and once.count(table) == 1 and once.startswith(page.partition(scaling.BEGIN)[0])
    with pytest.raises(ValueError, match="the page has no"):
        scaling.put("# no marks", table)
