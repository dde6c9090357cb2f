"""A report that lies there already is not made again, and one of which anything has changed is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faulty_claims import PACKAGE
from tests.test_survival import ROOT, running
from verify.command import commands
from verify.command.cli import main
from verify.report import DATA, PAGE, again
from verify.run import sources
from verify.run.settings import Settings
from verify.run.store import Store

CLAIM = "sound.ordering"
RUN = re.compile(r'\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|time="[\d.]+"|"seconds": [\d.]+|took [\d.]+ s')  # what differs
PAGE_OF_IT = f"claims/{CLAIM}.html"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[Path]:
    """A store with one outcome, and a report of it in `report`, both in this folder."""
    folder = tmp_path_factory.mktemp("again")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDERIVE_STORE", str(folder / "store"))
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        store = Store(folder / "store" / "outcomes", package=PACKAGE)
        outcome = running(CLAIM, jobs=1).outcomes[CLAIM]
        assert store.save(CLAIM, store.key(CLAIM, Settings().parameters), outcome)
        assert report(folder) == 0
        yield folder


def report(folder: Path, *more: str) -> int:
    return main(["report", CLAIM, "--jobs", "1", "--out", str(folder / "report"), *more], package=PACKAGE)


def everything(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.*") if path.is_file()}


@pytest.fixture
def slow(monkeypatch) -> list[str]:
    """Gets an entry whenever a report is made from the claims."""
    calls: list[str] = []
    whole = commands.execute
    monkeypatch.setattr(commands, "execute", lambda *given: calls.append("whole") or whole(*given))
    return calls


def test_a_report_of_the_same_is_what_it_would_be_if_it_were_made_anew(made, slow, capsys):
    before = everything(made / "report")
    assert report(made) == 0 and not slow
    quick, said = everything(made / "report"), capsys.readouterr().out
    for note in (made / "store" / "page").glob("report-*.json"):
        note.unlink()
    assert report(made) == 0 and slow == ["whole"]
    whole = everything(made / "report")
    for after in (quick, whole):  # what says of the run may happen to say the same
        assert {name for name in before if before[name] != after[name]} <= set(again.OF_THE_RUN)
    for name in again.OF_THE_RUN:
        assert RUN.sub("?", quick[name]) == RUN.sub("?", whole[name]), name
    assert "1 claims: 1 verified" in said and f"The page: {made / 'report' / PAGE}" in said
    capsys.readouterr()
    assert report(made, "--json") == 0
    assert json.loads(capsys.readouterr().out)["claims"] == json.loads(quick[DATA])["claims"]


def test_to_find_a_report_as_it_was_no_claim_is_imported(made):
    script = (
        "import sys; from verify.command.cli import main; "
        f"code = main(['report', {CLAIM!r}, '--jobs', '1', '--out', {str(made / 'report')!r}], package={PACKAGE!r}); "
        "print(code, sorted({'sympy', 'numpy', 'torch', 'matplotlib', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


def altered(name: str) -> Callable[[Path], None]:
    return lambda made: (made / "report" / name).write_text((made / "report" / name).read_text() + " ")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a page of a claim": altered(PAGE_OF_IT),
    "the index": altered(PAGE),
    "a page that is gone": lambda made: (made / "report" / PAGE_OF_IT).unlink(),
    "a page too many": lambda made: (made / "report/claims/other.html").write_text("<!-- written by rederive -->"),
    "a badge that is gone": lambda made: (made / "report/claims" / f"{CLAIM}.svg").unlink(),
    "an unreadable note": lambda made: next((made / "store/page").glob("report-*.json")).write_text("{"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_in_the_folder_is_mended(change, made, slow):
    assert report(made) == 0
    slow.clear()
    before = everything(made / "report")
    CHANGES[change](made)
    assert report(made) == 0 and slow == ["whole"]
    after = everything(made / "report")
    assert after.keys() == before.keys() and after[PAGE_OF_IT] == before[PAGE_OF_IT]
    slow.clear()
    assert report(made) == 0 and not slow


def test_another_source_option_or_outcome_makes_another_report(made, monkeypatch):
    assert report(made) == 0
    monkeypatch.setattr(commands, "execute", lambda options, package: 7)
    assert report(made) == 0
    for more in (["--fresh"], ["--single-file"], ["--jobs", "2"], ["--seed", "2"], ["--profile", "full"], ["--plan"]):
        assert report(made, *more) == 7, more
    with monkeypatch.context() as patch:
        again.basis.cache_clear()
        patch.setattr(sources, "everything", lambda package: "an edit of any file")
        assert report(made) == 7
    again.basis.cache_clear()
    assert report(made) == 0
    store = Store(made / "store" / "outcomes", package=PACKAGE)
    path = store.path(CLAIM, store.key(CLAIM, Settings().parameters))
    outcome = path.read_text()
    path.write_text(outcome.replace('"verdict": "holds"', '"verdict": "refuted"'))
    assert report(made) == 7
    path.write_text(outcome)
    assert report(made) == 0


def test_every_file_of_the_packages_counts(tmp_path, monkeypatch):
    folder = tmp_path / "verify"
    (folder / "report" / "__pycache__").mkdir(parents=True)
    files = [folder / "a.py", folder / "report" / "page.css", folder / "report" / "list.toml"]
    monkeypatch.setattr(sources, "_folder", lambda package: folder)
    seen = {sources.everything("verify.claims")}
    for path in files:
        for content in ("one", "two"):
            path.write_text(content)
            seen.add(sources.everything("verify.claims"))
    assert len(seen) == 1 + 2 * len(files)
    (folder / "report" / "__pycache__" / "a.pyc").write_text("compiled")
    assert sources.everything("verify.claims") in seen
