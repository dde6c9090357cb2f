"""What the store makes of files that are not as it left them, and which sources an outcome depends on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import grimp
import pytest

from tests.faulty_claims import PACKAGE
from tests.test_survival import ROOT, running
from verify.catalogue import ids
from verify.command.cli import main
from verify.evidence import Outcome
from verify.run import sources
from verify.run import store as store_module
from verify.run.settings import Settings
from verify.run.store import Store

CLAIM = "sound.ordering"
pytestmark = pytest.mark.usefixtures("one_worker")


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return running(CLAIM, jobs=1).outcomes[CLAIM]


@pytest.fixture
def kept(outcome, tmp_path, monkeypatch) -> Path:
    """The file of an outcome in a store, where a default run looks for it."""
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    store = Store(tmp_path / "store" / "outcomes", package=PACKAGE)
    assert store.save(CLAIM, store.key(CLAIM, Settings().parameters), outcome)
    (path,) = store.folder.iterdir()
    return path


def change(path: Path, alter: Callable[[dict], None], sealed: bool = False) -> None:
    """Alter what lies in a file of the store; sealed again, as a forger would, or not, as damage would leave it."""
    data = json.loads(path.read_text(encoding="utf-8"))
    alter(data)
    if sealed:
        data["seal"] = store_module._seal(data["outcome"])
    path.write_text(json.dumps(data), encoding="utf-8")


def empty(data: dict) -> None:
    data["outcome"]["evidence"] = []


def spoil(data: dict) -> None:
    data["outcome"]["evidence"][0]["verdict"] = "refuted"


def promote(data: dict) -> None:
    data["outcome"]["evidence"][0] |= {"check": "another", "kind": "literature"}


# ------------------------------------------------------------------------------------------------ reading


@pytest.mark.parametrize("alter", [empty, spoil, promote])
def test_a_stored_verdict_must_follow_from_its_evidence(alter, kept, capsys):
    change(kept, alter, sealed=True)
    assert main(["show", CLAIM], package=PACKAGE) == 0
    assert f"{CLAIM}  verified" not in capsys.readouterr().out
    assert main(["check", CLAIM, "--jobs", "1"], package=PACKAGE) == 0
    caught = capsys.readouterr()
    assert "has not the verdict that its evidence gives" in caught.err and caught.err.count("\n") == 1
    assert len(json.loads(kept.read_text(encoding="utf-8"))["outcome"]["evidence"]) == 1


@pytest.mark.parametrize("command", ["list", "show"])
@pytest.mark.parametrize("alter", [empty, spoil, promote])
def test_an_outcome_that_is_not_as_it_was_stored_is_not_believed(alter, command, kept, capsys):
    change(kept, alter)
    assert main([command, CLAIM], package=PACKAGE) == 0
    caught = capsys.readouterr()
    assert "not run" in caught.out and str(kept) in caught.err and caught.err.count("\n") == 1
    assert main(["check", CLAIM, "--jobs", "1"], package=PACKAGE) == 0
    assert "cannot be read (Altered)" in capsys.readouterr().err


def test_steps_that_were_changed_change_the_verdict(tmp_path):
    """The certificate is made of the steps again; what stands beside them is not believed."""
    from verify.catalogue import load
    from verify.run import examine

    found = running("sound.decay", jobs=1).outcomes["sound.decay"]
    assert examine.judged(load("sound.decay", PACKAGE), found) == found
    wrong = replace(found, steps=(replace(found.steps[0], verdict="refuted"), *found.steps[1:]))
    assert examine.judged(load("sound.decay", PACKAGE), wrong).verdict == "refuted"
    unaudited = replace(found, audit=None)
    assert examine.judged(load("sound.decay", PACKAGE), unaudited).verdict == "undecided"


def newer(data: dict) -> None:
    data["shape"] = "of another version"
    data["outcome"]["verdict"] = "certified for ever"


def older(data: dict) -> None:
    del data["shape"]
    del data["outcome"]["reason"]


@pytest.mark.parametrize("alter", [newer, older])
@pytest.mark.parametrize("command", ["list", "show"])
def test_outcomes_of_other_versions_are_left_alone(command, alter, kept, capsys):
    change(kept, alter)
    before = kept.read_bytes()
    assert main([command, CLAIM], package=PACKAGE) == 0
    caught = capsys.readouterr()
    assert "not run" in caught.out and caught.err == "" and kept.read_bytes() == before


@pytest.mark.parametrize("content", ["", "[]", "null", "3", '{"shape": null}', "\x00"])
def test_looking_deletes_nothing(content, kept, capsys):
    kept.write_text(content, encoding="utf-8")
    assert main(["show", CLAIM], package=PACKAGE) == 0
    caught = capsys.readouterr()
    assert "not run" in caught.out and caught.err.count("\n") <= 1 and kept.read_text(encoding="utf-8") == content


# ------------------------------------------------------------------------------------------------ writing


@pytest.mark.parametrize("full", [False, True])
def test_a_folder_in_place_of_a_file_is_put_aside(full, kept, capsys):
    kept.unlink()
    kept.mkdir()
    if full:
        (kept / "mine").touch()
    assert main(["check", CLAIM, "--jobs", "1"], package=PACKAGE) == 0
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    aside = Path(said.split("it is now ")[1].split(" and the claim")[0])
    assert aside.is_dir() and (aside / "mine").exists() is full
    assert kept.is_file()
    assert main(["check", CLAIM, "--jobs", "1"], package=PACKAGE) == 0 and capsys.readouterr().err == ""


def test_several_runs_that_prune_at_once_say_nothing(outcome, tmp_path, monkeypatch):
    """Files vanish between being listed and being looked at or removed."""
    warned: list[str] = []
    store = Store(tmp_path, warned.append)
    monkeypatch.setattr("verify.run.store.KEPT", 2)
    remove = Path.unlink

    def removed_before(path: Path, missing_ok: bool = False) -> None:
        remove(path)
        remove(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", removed_before)
    for number in range(6):
        assert store.save(CLAIM, str(number), outcome)
    assert warned == [] and len(list(tmp_path.iterdir())) == 2


def test_claims_whose_ids_begin_alike_have_files_of_their_own(outcome, tmp_path):
    store = Store(tmp_path)
    store.save(f"{CLAIM}-again", "key", outcome)
    assert store.newest("sound.order") is None


def test_a_store_that_cannot_be_written_is_told_once(outcome, tmp_path):
    (tmp_path / "file").touch()
    warned: list[str] = []
    store = Store(tmp_path / "file" / "below", warned.append)
    assert [store.save(CLAIM, key, outcome) for key in "ab"] == [False, False]
    assert len(warned) == 1 and warned[0].startswith("outcomes are not stored")


# ------------------------------------------------------------------------------------------------ sources


SMALL = {
    "small/__init__.py": "",
    "small/room/__init__.py": "SIZE = 3\n",
    "small/room/first.py": "import derivations.calculus.ultrametric\ndef run():\n    import numerics.solvers.lattice\n",
    "small/room/second.py": "from derivations.symbols import t\nfrom small.room import SIZE\n",
    "small/hall/__init__.py": "",
    "small/hall/third.py": "import numerics.solvers.lattice as nodes\n",
    "mine/gate.py": "import helper\nfrom . import beside\nimport derivations.symbols\nimport sys, numpy\n",
    "mine/helper.py": "X = 1\n",
    "mine/beside.py": "Y = 1\n",
    "mine/other.py": "Z = 1\n",
}
KEYS = """
import json, pathlib
from verify.run import sources
from verify.run import store as store_module
keys = {claim: sources.digest("small", claim) for claim in ("room.first", "room.second", "hall.third")}
keys["mine"] = sources.known("small").digest_of_file(pathlib.Path("mine/gate.py"))
print(json.dumps(keys))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """A copy of the three packages, with a small package of claims and a claim of one's own."""
    folder = tmp_path_factory.mktemp("house")
    for package in sources.PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in SMALL.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def keys(house: Path) -> dict[str, str]:
    environment = os.environ | {"PYTHONPATH": str(house), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", KEYS], cwd=house, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def before(house) -> dict[str, str]:
    return keys(house)


ALL = {"room.first", "room.second", "hall.third", "mine"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("touched", "outdated"),
    [
        ("small/room/first.py", {"room.first"}),
        ("small/room/__init__.py", {"room.first", "room.second"}),
        ("small/hall/third.py", {"hall.third"}),
        ("numerics/digits.py", ALL),  # the settings of a run read the data's folder by it
        ("numerics/sgd_noise/minibatch_descent.py", set()),
        ("numerics/solvers/lattice.py", {"room.first", "hall.third"}),
        ("derivations/calculus/ultrametric.py", {"room.first"}),
        ("derivations/calculus/gaussian.py", ALL),  # the machinery knows its notation
        ("verify/checks/precision.py", ALL),
        ("verify/run/examine.py", ALL),
        ("verify/latex/printer.py", ALL),
        ("verify/run/store.py", set()),
        ("verify/report/page.py", set()),
        ("verify/command/cli.py", set()),
        ("mine/gate.py", {"mine"}),
        ("mine/helper.py", {"mine"}),
        ("mine/beside.py", {"mine"}),
        ("mine/other.py", set()),
    ],
)
def test_an_edit_outdates_what_rests_on_the_file(touched, outdated, house, before):
    path = house / touched
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}# edited\n", encoding="utf-8")
    try:
        after = keys(house)
    finally:
        path.write_text(text, encoding="utf-8")
    assert {claim for claim in before if before[claim] != after[claim]} == outdated


@pytest.mark.slow
def test_a_file_that_cannot_be_parsed_stops_nobody(house):
    path = house / "numerics" / "broken.py"
    path.write_text("def\n", encoding="utf-8")
    try:
        assert set(keys(house)) == ALL
    finally:
        path.unlink()


def test_a_claim_rests_on_its_derivation_and_experiments_but_not_on_others():
    known = sources.known()
    behind = known.closure({"verify.claims.deep_linear.mode_logistic"})
    assert {"derivations.deep_linear.mode_logistic", "derivations.deep_linear.balancedness"} <= behind
    assert any(name.startswith("numerics.deep_linear.") for name in behind)
    assert not {
        name for name in behind if name.startswith(("verify.report", "verify.command", "derivations.sgd_noise"))
    }
    assert {name for name in behind if name.startswith("verify.claims.") and name.count(".") > 2} == {
        "verify.claims.deep_linear.mode_logistic"
    }


def test_every_claim_of_the_suite_has_sources_of_its_own():
    digests = [sources.digest("verify.claims", claim) for claim in ids()]
    assert len(set(digests)) == len(digests) > 60


def test_the_closure_is_that_of_grimp():
    graph = grimp.build_graph(*sources.PACKAGES, cache_dir=None, exclude_type_checking_imports=True)
    known = sources.known()
    for claim in ids()[::10]:
        module = f"verify.claims.{claim}"
        assert graph.find_upstream_modules(module) | {module} <= known.closure({module})
