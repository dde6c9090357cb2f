"""Claims of one's own: found, loaded, judged, shown, stored; outside the clone, and in an installed package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import ROOT
from verify.command.cli import main
from verify.evidence import Holds, Outcome, Standing
from verify.own import loading, places
from verify.own.places import OwnClaimError, of_files
from verify.run import sources
from verify.run.runner import run
from verify.run.settings import Settings
from verify.run.store import Store

HERE = Path(__file__).with_name("own_claims")
SMALL = HERE / "wrong" / "noise_scale.py"


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """A store of its own."""
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture(scope="module")
def judged() -> dict[str, Outcome]:
    """The ten claims, run as a folder of a user is."""
    package = places.collection([str(HERE)], lambda word: ())
    assert package is not None
    claims = [loading.load(place) for place in places.places(package).values()]
    return run(claims, Settings(package=package, jobs=2)).outcomes


def command(capsys, *words: str) -> tuple[int, str, str]:
    code = main(words)
    caught = capsys.readouterr()
    return code, caught.out, caught.err


@pytest.fixture
def mine(tmp_path, monkeypatch) -> Path:
    """A folder of a user's, which is the current one, with a small claim in it."""
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copy(SMALL, folder / "gate.py")
    monkeypatch.chdir(tmp_path)
    return folder


# ------------------------------------------------------------------------------------------------ judging


def test_ten_claims_by_hand_are_judged_rightly(judged):
    right = {name: found.verdict for name, found in judged.items() if name.startswith("right.")}
    wrong = {name: found.verdict for name, found in judged.items() if name.startswith("wrong.")}
    assert len(right) == len(wrong) == 5
    assert set(right.values()) == {Standing.VERIFIED}, {name: judged[name].reason for name in right}
    assert set(wrong.values()) == {Standing.REFUTED}, {name: judged[name].reason for name in wrong}


def test_a_refutation_says_both_values_at_the_worst_point(judged):
    def detail(claim: str, check: str) -> str:
        return next(e.detail for e in judged[claim].evidence if e.check == check and e.verdict is Holds.REFUTED)

    assert detail("wrong.linear_map", "summed").endswith("worst at s = 1, a = 0.9: formula 5.0, reference 5.26316")
    assert "at batch = 17: formula 8.33, measured 0.02" in detail("wrong.batch_variance", "drawn")
    assert "step 1 (A step keeps it.) refuted: not zero at" in detail("wrong.linear_map", "derivation")


def test_what_a_user_leaves_out_is_no_evidence(judged):
    noise = judged["wrong.noise_scale"]
    assert noise.steps == () and noise.evidence[0].verdict is Holds.UNDECIDED


CONSTANT = """
import numpy as np

from rederive import Replicas, from_replicas


def constant(*, replicas, stream, device):
    return from_replicas(np.full((replicas, 1), 0.1))


def predicted(formula, measured):
    return np.atleast_1d(formula.numpy(g=0.1**0.5, V=1.0))


CLAIM = Claim(statement=STATEMENT, checks=(Replicas(name="drawn", predict=predicted, quick=constant, replicas=20),))
"""


def test_an_experiment_that_does_not_draw_verifies_nothing(mine, capsys):
    """It returned what the formula says, twenty times, and no error bar was asked for."""
    (mine / "gate.py").write_text(SMALL.read_text().split("CLAIM = ")[0] + CONSTANT)
    code, out, err = command(capsys, "check", "mine/gate.py", "--jobs", "1")
    assert code == 4, out + err
    assert "the replicas do not differ" in " ".join(out.split())


# ------------------------------------------------------------------------------------------------ commands


def test_the_template_holds_wherever_it_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, out, _ = command(capsys, "new", "my gates/gate.py")
    assert code == 0 and "rederive check 'my gates/gate.py'" in out
    code, out, _ = command(capsys, "check", "my gates", "--jobs", "1", "--json")
    (found,) = json.loads(out)["claims"]
    assert code == 0 and found["id"] == "my_gates.gate" and found["verdict"] == "verified"
    assert found["sources"] == [{"document": "My notes", "where": "equation 1"}] and found["covers"] == []


@pytest.mark.parametrize(("name", "reason"), [("mine/gate.py", "exists already"), ("gate.txt", "Python file")])
def test_new_refuses_in_one_line(name, reason, mine, capsys):
    before = (mine / "gate.py").read_text()
    code, out, err = command(capsys, "new", name)
    assert code == 2 and out == "" and reason in err and err.count("\n") == 1
    assert (mine / "gate.py").read_text() == before


def test_commands_take_files_and_folders_like_ids(mine, tmp_path, capsys):
    code, out, err = command(capsys, "show", "mine/gate.py")
    assert code == 0 and "Noise scale, upside down" in out and "not run; rederive check mine/gate.py" in out, err
    code, out, _ = command(capsys, "report", "mine", "--out", "report", "--jobs", "1")
    page = (tmp_path / "report" / "claims" / "mine.gate.html").read_text()
    assert code == 1 and "mine.gate" in out and "Noise scale, upside down" in page and "<dt>Source" not in page
    assert "rederive check mine/gate.py --profile" in page and "covers" not in page
    index = (tmp_path / "report" / "index.html").read_text()
    assert "fresh seed" not in index and 'id="experiments"' not in index  # figures of the suite, not of this claim
    assert "The four documents" not in index and 'id="environment"' in index
    code, out, _ = command(capsys, "list", "mine")
    assert code == 0 and "refuted" in out and "mine.gate" in out
    code, out, _ = command(capsys, "latex", "mine/gate.py")
    assert code == 0 and r"\frac{g^2}{V}" in out
    code, out, _ = command(capsys, "audit", "mine", "--jobs", "1")
    assert code == 1 and "not audited: refuted" in out
    code, out, _ = command(capsys, "where", "mine/gate.py", "--json")
    assert json.loads(out)["claims"][0]["entry"].startswith("mine/gate.py:")
    code, out, _ = command(capsys, "show", "deep_linear.balancedness", "mine/gate.py")
    assert code == 0 and "mine.gate" in out and "deep_linear.balancedness" in out


def test_what_a_file_raises_is_told_whole(mine, capsys):
    """A message of several lines in one, whether a check raises it or the derivation; one step needs no tuple."""
    text = (mine / "gate.py").read_text()
    mean = "    mean, spread ="
    assert mean in text
    (mine / "gate.py").write_text(text.replace(mean, f'    raise OSError("no disk\\nleft")\n{mean}'))
    code, out, _ = command(capsys, "check", "mine/gate.py", "--jobs", "1")
    assert code == 3 and "balanced: OSError: no disk left\n" in out
    (mine / "gate.py").write_text(f'{text}\n\ndef derivation():\n    raise OSError("no disk\\nleft")\n')
    code, out, _ = command(capsys, "check", "mine/gate.py", "--jobs", "1")
    assert code == 3 and "error (the derivation raised OSError: no disk left)" in " ".join(out.split())
    step = 'Step(claim="Nothing is nothing.", because="So it is.", obligation=g - g)'
    (mine / "gate.py").write_text(f"{text}\n\ndef derivation():\n    from rederive import Step\n    return {step}\n")
    code, out, _ = command(capsys, "check", "mine/gate.py", "--jobs", "1")
    assert code == 1 and "derivation: 1 steps proved" in out


@pytest.mark.parametrize("words", [("check",), ("eval", "g=2"), ("show",), ("latex",), ("report", "--out", "there")])
def test_a_formula_without_numbers_is_refused_by_its_name(words, mine, capsys):
    file = mine / "gate.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("g**2 / V)", "sp.Sum(g**V, (V, 1, sp.oo)))"), encoding="utf-8")
    name, *rest = words
    code, out, err = command(capsys, name, "mine/gate.py", *rest)
    assert (code, out) == (2, "") and not Path("there").exists()
    assert err == "rederive: mine/gate.py has a formula without numbers: an infinite sum; write it another way\n"


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_replicas_are_refused_before_a_run(count, mine, capsys):
    assert command(capsys, "new", "mine/noise.py")[0] == 0
    file = mine / "noise.py"
    file.write_text(file.read_text(encoding="utf-8").replace("replicas=60", f"replicas={count}"), encoding="utf-8")
    code, out, err = command(capsys, "check", "mine/noise.py")
    assert (code, out) == (2, "") and f"simulated chains: {count} replicas have no standard error" in err


def test_what_an_experiment_prints_is_no_result(capsys):
    code, out, _ = command(capsys, "check", str(HERE / "wrong" / "batch_variance.py"), "--jobs", "1", "--json")
    assert code == 1 and json.loads(out)["claims"][0]["verdict"] == "refuted"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("CLAIM = 3\n", "CLAIM is a int"),
        ("x = 1\n", "defines no CLAIM"),
        ("import sympy as sp\n\nCLAIM = sp.Eqq(1, 2)\n", "line 3: AttributeError"),
        ("CLAIM = (\n", "line 1: '(' was never closed"),
        ("raise SystemExit\nCLAIM = 1\n", "line 1: SystemExit"),
        ("from .missing import f\nCLAIM = f()\n", "line 1: ModuleNotFoundError"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_told_in_one_line(text, reason, mine, capsys):
    (mine / "bad.py").write_text(text)
    code, out, err = command(capsys, "check", "mine/bad.py")
    assert code == 2 and out == "" and "mine/bad.py" in err and reason in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("word", "code", "reason"),
    [
        ("absent.py", 2, "rederive new absent.py"),
        ("mine/absent", 2, "does not exist"),
        ("mine/notes.txt", 2, "no Python file"),
        ("empty", 5, "no file in empty defines CLAIM"),
        ("deep_liner", 2, "nearest: deep_linear"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(word, code, reason, mine, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (mine / "notes.txt").write_text("CLAIM")
    found, out, err = command(capsys, "check", word)
    assert found == code and out == "" and reason in err and err.count("\n") == 1


def test_two_files_of_one_id_are_refused(mine, tmp_path, capsys):
    other = tmp_path / "elsewhere" / "mine"
    shutil.copytree(mine, other)
    code, _, err = command(capsys, "check", "mine", "elsewhere")
    assert code == 2 and "mine/gate.py and elsewhere/mine/gate.py are both the claim mine.gate" in err


# ------------------------------------------------------------------------------------------------ loading, storing


def test_files_beside_a_claim_can_be_imported_and_count(mine):
    (mine / "letters.py").write_text("from .inner import NAME\n")
    (mine / "inner.py").write_text('NAME = "Named elsewhere"\n')
    text = SMALL.read_text().replace('title="Noise scale, upside down"', "title=NAME")
    (mine / "gate.py").write_text(
        text.replace("import sympy as sp\n", "import sympy as sp\n\nfrom .letters import NAME\n")
    )
    package = of_files([mine / "gate.py"])
    (place,) = places.places(package).values()
    assert loading.load(place).title == "Named elsewhere"
    before = sources.digest(package, "mine.gate")
    (mine / "inner.py").write_text('NAME = "Named otherwise"\n')
    assert sources.digest(package, "mine.gate") != before


def test_files_of_data_that_a_claim_names_count(mine):
    file, package = mine / "gate.py", of_files([mine / "gate.py"])
    (mine / "data").mkdir()
    for name in ("curve.csv", "data/other.csv", "unnamed.csv"):
        (mine / name).write_text("1\n", encoding="utf-8")
    names = 'CURVE, OTHER = "curve.csv", ("data", "other.csv")\n'
    file.write_text(file.read_text(encoding="utf-8") + names, encoding="utf-8")

    def digest() -> str:
        return sources.Sources(sources.PACKAGES).digest_of_file(places.places(package)["mine.gate"].path)

    first = digest()
    (mine / "unnamed.csv").write_text("2\n", encoding="utf-8")
    assert digest() == first
    for name in ("curve.csv", "data/other.csv"):
        (mine / name).write_text("2\n", encoding="utf-8")
        assert digest() != first, name
        first = digest()


PROPERTY = """
from rederive import Property
import beside

CLAIM = replace(CLAIM, checks=(*CLAIM.checks, Property(
    name="scaled", sentence="it is as it is", residual=lambda candidate, point, dps: beside.nothing(),
    parameters=CLAIM.statement.parameters,
)))
"""


def test_nothing_appears_in_the_folder_of_a_user_but_what_was_asked_for(mine, tmp_path, capsys):
    """Neither bytecode, nor notes of hypothesis, which keeps them in the current folder unless it is told."""
    text = (mine / "gate.py").read_text()
    (mine / "gate.py").write_text(f"from dataclasses import replace\n{text}{PROPERTY}")
    (mine / "beside.py").write_text("def nothing():\n    return 0\n")
    before = sorted(tmp_path.rglob("*"))
    _, out, _ = command(capsys, "check", "mine", "--json")
    checks = {e["check"]: e["verdict"] for e in json.loads(out)["claims"][0]["evidence"]}
    assert checks["scaled"] == "holds"
    command(capsys, "show", "mine")
    assert sorted(p for p in tmp_path.rglob("*") if (tmp_path / "store") not in (p, *p.parents)) == before
    assert any((tmp_path / "store" / "hypothesis").iterdir())


def test_a_claim_rests_on_another_one_of_ones_own(mine, capsys):
    text = (mine / "gate.py").read_text(encoding="utf-8")
    upper = text.replace("    title=", '    uses=("mine.gate",),\n    title=', 1)
    assert upper != text
    (mine / "upper.py").write_text(upper, encoding="utf-8")
    for words in (["mine/upper.py"], ["mine"]):
        code, out, _ = command(capsys, "check", *words, "--jobs", "1", "--json")
        verdicts = {claim["id"]: claim["verdict"] for claim in json.loads(out)["claims"]}
        assert code == 1 and verdicts["mine.upper"] == "refuted"
    code, out, _ = command(capsys, "show", "mine/upper.py")
    assert code == 0 and "mine.gate" in out
    (mine / "upper.py").write_text(upper.replace('"mine.gate"', '"mine.nosuch"'), encoding="utf-8")
    code, out, err = command(capsys, "check", "mine/upper.py", "--jobs", "1")
    assert (code, out) == (2, "") and "mine.nosuch" in err and len(err.splitlines()) == 1


def test_a_changed_file_is_loaded_again(mine):
    (place,) = places.places(of_files([mine / "gate.py"])).values()
    first = loading.load(place)
    assert loading.load(place) is first and first.id == "mine.gate" and first.steps() == ()
    (mine / "gate.py").write_text(SMALL.read_text().replace("g**2 / V", "V / g**2"))
    os.utime(mine / "gate.py", ns=(1, 1))
    assert loading.load(place).statement.digest != first.statement.digest


def test_outcomes_of_files_of_one_name_are_kept_apart(mine, tmp_path, judged):
    other = tmp_path / "elsewhere" / "mine"
    shutil.copytree(mine, other)
    stores = [Store(tmp_path / "outcomes", package=of_files([folder / "gate.py"])) for folder in (mine, other)]
    assert stores[0].save("mine.gate", "k" * 40, judged["wrong.noise_scale"])
    assert stores[0].newest("mine.gate") is not None and stores[1].newest("mine.gate") is None


# ------------------------------------------------------------------------------------------------ elsewhere


def test_claims_of_an_installed_package_have_a_name(tmp_path, monkeypatch, capsys):
    site = tmp_path / "site"
    (site / "mylab" / "claims").mkdir(parents=True)
    for package in ("mylab", "mylab/claims"):
        (site / package / "__init__.py").write_text("")
    (site / "mylab" / "letters.py").write_text('NAME = "From a package"\n')
    text = SMALL.read_text().replace('title="Noise scale, upside down"', "title=NAME")
    text = text.replace("import sympy as sp\n", "import sympy as sp\n\nfrom ..letters import NAME\n")
    (site / "mylab" / "claims" / "gate.py").write_text(text)
    (site / "mylab-1.dist-info").mkdir()
    (site / "mylab-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: mylab\nVersion: 1\n")
    (site / "mylab-1.dist-info" / "entry_points.txt").write_text("[rederive.claims]\nlab = mylab.claims\n")
    monkeypatch.syspath_prepend(str(site))
    for word in ("lab", "lab.gate", "lab.*"):
        code, out, err = command(capsys, "show", word)
        assert code == 0 and "From a package" in out and "rederive check lab.gate" in out, err
    code, _, err = command(capsys, "show", "lab.nothing")
    assert code == 2 and "no claim matches" in err
    package = places.collection(["lab"], lambda word: ())
    assert package is not None
    before = sources.digest(package, "lab.gate")
    (site / "mylab" / "letters.py").write_text('NAME = "Changed"\n')
    sources.known.cache_clear()
    assert sources.digest(package, "lab.gate") != before
    sources.known.cache_clear()


@pytest.mark.slow
def test_it_works_where_the_clone_is_not(tmp_path):
    """The files that are installed, in a folder of their own, and a claim of one's own in another one."""
    site = tmp_path / "site"
    for package in ("derivations", "numerics", "verify"):
        shutil.copytree(ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "rederive.py", site)
    (tmp_path / "work").mkdir()
    script = f"import sys; sys.path.insert(0, {str(site)!r}); from verify.command.cli import main; sys.exit(main())"
    shutil.copy(SMALL, tmp_path / "work" / "gate.py")

    def rederive(*words: str) -> subprocess.CompletedProcess[str]:
        start = [sys.executable, "-c", script, *words]
        return subprocess.run(start, capture_output=True, text=True, cwd=tmp_path / "work")

    assert str(site) in rederive("where", "deep_linear.balancedness").stdout
    done = rederive("check", "gate.py", "--jobs", "1")
    assert done.returncode == 1 and "work.gate" in done.stdout and "refuted" in done.stdout, done.stderr


def test_words_of_the_suite_make_no_collection():
    assert places.collection(["deep_linear"], lambda word: [word]) is None
    assert places.collection(["nothing_like_it"], lambda word: ()) is None
    with pytest.raises(OwnClaimError, match="does not exist"):
        places.collection(["a/b"], lambda word: ())
