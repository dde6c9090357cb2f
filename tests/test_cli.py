"""The commands as a user meets them: what they print, their JSON, their exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import verify
from tests.faulty_claims import PACKAGE
from verify.catalogue import load_claims
from verify.characters import INVISIBLE
from verify.claim import Claim
from verify.command import console
from verify.command.cli import main
from verify.evidence import Audit, Evidence, Holds, Outcome, PrintedOutcome, Standing, StepOutcome
from verify.run.runner import Settings, run
from verify.run.settings import Event
from verify.run.store import Store

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
MISPRINTED = "sound.misprinted"
OUTDATED = "sound.again"  # its stored outcome is made to belong to another formula


@pytest.fixture(scope="module")
def finished() -> dict[str, Outcome]:
    """Outcomes of cheap claims with every verdict."""
    ids = (
        "sound.decay",
        "sound.misprinted",
        "sound.again",
        "sound.ordering",
        "broken.wrong",
        "broken.blind",
        "broken.raises",
    )
    claims = load_claims(PACKAGE)
    return run([claims[i] for i in ids], Settings(package=PACKAGE, jobs=2)).outcomes


@pytest.fixture
def stored(finished, tmp_path, monkeypatch) -> Path:
    """A store in which every outcome stands under the key of a default run, as if it had just been run."""
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("COLUMNS", raising=False)
    folder = tmp_path / "store" / "outcomes"
    store = Store(folder, package=PACKAGE)
    for name, outcome in finished.items():
        store.save(name, store.key(name, Settings().parameters), outcome)
    return folder


@pytest.fixture
def command(stored, capsys):
    """Runs a command on the small catalogue: (exit code, stdout, stderr)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments, package=PACKAGE)
        caught = capsys.readouterr()
        return code, caught.out, caught.err

    return call


@pytest.fixture
def data(command):
    """Runs a command with --json: (exit code, the data)."""

    def call(*arguments: str) -> tuple[int, dict]:
        code, out, _ = command(*arguments, "--json")
        found = json.loads(out)
        assert found["schema"] == 1
        return code, found

    return call


# ------------------------------------------------------------------------------------------------ starting


HEAVY = ("sympy", "numpy", "torch", "matplotlib", "rich", "scipy", "mpmath", "jinja2")


@pytest.mark.parametrize(
    "arguments",
    (
        ["--help"],
        ["report", "--help"],
        ["--version"],
        ["report", "--jobs", "0"],
        ["activation", "--help"],
        ["activation", "tanh", "--depth", "0"],
    ),
)
def test_help_and_usage_errors_import_nothing_heavy(arguments):
    loaded = f"print(sorted({set(HEAVY)!r} & set(sys.modules)))"
    script = f"import sys; from verify.command.cli import main; main({arguments!r}); {loaded}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_version_names_the_product(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"rederive {verify.__version__}\n"


COMMANDS = (
    *("list", "show", "where", "report", "check", "audit", "errata", "latex", "activation"),
    *("new", "compare", "eval", "plot", "completion"),
)


def test_without_a_command_the_help_is_printed(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    assert all(f"\n    {name}" in out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name, capsys):
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert "--json" in out and "exit codes" in out


# ------------------------------------------------------------------------------------------------ refusing


USAGE = {
    "jobs 0": (["report", "--jobs", "0"], "--jobs: 0 is out of range; give 1 or more"),
    "jobs -1": (["check", "sound", "--jobs", "-1"], "--jobs: -1 is out of range; give 1 or more"),
    "jobs x": (["report", "--jobs", "x"], "--jobs: 'x' is not a whole number; give 1 or more"),
    "seed -1": (["report", "--seed", "-1"], "--seed: -1 is out of range; give 0"),
    "seed 1.5": (["audit", "--seed", "1.5"], "--seed: '1.5' is not a whole number"),
    "seed too large": (["report", "--seed", str(2**63)], "is out of range"),
    "profile": (["report", "--profile", "big"], "--profile: invalid choice: 'big' (choose from 'quick', 'full')"),
    "device": (["report", "--device", "tpu"], "--device: invalid choice: 'tpu'"),
    "no GPU": (["report", "--device", "cuda"], "PyTorch finds no GPU; use --device cpu or auto"),
    "no data": (["report", "--data", "/nowhere"], "--data: /nowhere does not exist; give the folder"),
    "data is a file": (["report", "--data", "pyproject.toml"], "--data: pyproject.toml is not a folder"),
    "out is a file": (
        ["report", "--out", "pyproject.toml"],
        "pyproject.toml: it is a file, not a folder; name another with --out",
    ),
    "no command": (["repot"], "invalid choice: 'repot'"),
    "no option": (["report", "--bogus"], "unrecognized arguments: --bogus"),
    "abbreviation": (["report", "--prof", "quick"], "unrecognized arguments: --prof"),
    "no id": (["check"], "the following arguments are required: ID"),
    "unknown id": (["check", "sound.decai"], "no claim matches 'sound.decai'; nearest: sound.decay"),
    "unknown chapter": (["list", "sond"], "no claim matches 'sond'; nearest: sound"),
    "wrong chapter": (["where", "broken.decay"], "sound.decay"),
    "far off": (["show", "zzz"], "one of broken, sound"),
}


@pytest.mark.parametrize(("arguments", "reason"), USAGE.values(), ids=USAGE)
def test_what_is_refused_is_named_in_one_line(arguments, reason, command, monkeypatch):
    monkeypatch.chdir(ROOT)
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert reason in err and err.count("\n") == 1 and "Traceback" not in err


def test_a_current_folder_that_is_gone_is_told_in_one_line(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert main(["list"]) == 2
    assert capsys.readouterr().err == "rederive: the current folder is gone; change to one that is there\n"


@pytest.mark.parametrize("arguments", (["report", "nothing.*"], ["audit", "sound.ordering"], ["errata", "sound.decay"]))
def test_nothing_selected(arguments, command):
    code, out, err = command(*arguments)
    assert (code, out) == (5, "") and err.count("\n") == 1


# ------------------------------------------------------------------------------------------------ looking


def test_list_has_every_id_whole_and_its_verdict(command, data):
    code, out, _ = command("list")
    lines = {line.split()[0]: line for line in out.splitlines() if "." in line}
    assert code == 0 and set(lines) == set(load_claims(PACKAGE))
    assert (
        "verified" in lines["sound.decay"] and "refuted" in lines["broken.wrong"] and "not run" in lines["broken.hangs"]
    )
    _, found = data("list", "sound")
    assert [(c["id"], c["verdict"], c["kind"]) for c in found["claims"]] == [
        ("sound.again", "verified", "statement"),
        ("sound.decay", "verified", "statement"),
        ("sound.misprinted", "verified", "statement"),
        ("sound.ordering", "verified", "observation"),
    ]


def test_an_outcome_of_another_formula_is_not_shown_as_this_one(stored, command, finished, monkeypatch):
    from dataclasses import replace

    old = replace(finished[OUTDATED], digest="another")
    with monkeypatch.context() as then:
        then.setattr("verify.run.sources.digest", lambda package, claim: "of other sources")
        Store(stored, package=PACKAGE).save(OUTDATED, "another key", old)
    assert "verified (changed since)" in command("list", OUTDATED)[1]
    assert "not run" in command("show", OUTDATED)[1]


def test_an_outcome_of_other_checks_is_told_from_one_of_these(stored, command, data, finished, monkeypatch):
    """The statement is the same; derivation, checks or experiment are not."""
    assert data("show", MISPRINTED)[1]["claims"][0]["outdated"] is False
    with monkeypatch.context() as then:
        then.setattr("verify.run.sources.digest", lambda package, claim: "of other sources")
        Store(stored, package=PACKAGE).save(MISPRINTED, "another key", finished[MISPRINTED])
    shown = command("show", MISPRINTED)[1]
    assert f"{MISPRINTED}  verified (changed since)" in command("list", MISPRINTED)[1].replace("   ", "  ")
    for text in (
        f"{MISPRINTED}  verified (changed since)",
        "1. proved (changed since): It solves the equation.",
        "Printed form E1, misprint: refuted (changed since)",
        f"rederive check {MISPRINTED}",
    ):
        assert text in shown
    (found,) = data("show", MISPRINTED)[1]["claims"]
    assert (found["verdict"], found["outdated"]) == ("verified", True)
    assert data("list", MISPRINTED)[1]["claims"][0]["outdated"]
    code, out, err = command("latex", MISPRINTED)
    assert code == 0 and "[not run]" in out and "verified" not in out and "refuted" not in out
    assert err == "rederive: 1 of 1 claims have changed since they were run and are marked as not run\n"
    assert command("latex", MISPRINTED, "--bare")[2] == command("latex", MISPRINTED, "--no-status")[2] == ""
    monkeypatch.setattr("verify.command.commands._run", lambda claims, settings: pytest.fail(claims[0].id))
    with pytest.raises(pytest.fail.Exception, match=MISPRINTED):
        command("errata", "E1")


def test_show_tells_all_of_a_statement(command):
    code, out, _ = command("show", "sound.misprinted")
    assert code == 0
    for text in (
        "sound.misprinted  verified",
        "a = a₀⋅ℯ",
        "τ   (0, ∞)  [s]  time constant",
        "The rate does not change.",
        "Time in seconds.",
        "1. proved: It solves the equation.",
        "3. assumed: There is no other.",
        "Taken from document 000, A slide for tests.",
        "Printed form E1, misprint: refuted",
        "simulated decay      simulation    holds",
        "46 of 46 wrong formulas rejected",
    ):
        assert text in out
    assert not re.search(r" \n|\x1b", out)


def test_show_before_any_run(command):
    _, out, _ = command("show", "broken.hangs")
    assert "1. not run: It solves the equation." in out and "rederive check broken.hangs" in out


def test_show_of_an_observation(command):
    _, out, _ = command("show", "sound.ordering")
    assert "Broad levels come before fine ones." in out and "negative control: equal levels" in out


def test_show_as_json(data):
    _, found = data("show", "sound.decay", "broken.hangs")
    hangs, decay = found["claims"]  # in the order of the catalogue
    assert [s["verdict"] for s in decay["steps"]] == ["proved", "proved", "assumed"]
    assert decay["parameters"][1] == {"symbol": "t", "meaning": "time", "domain": "Interval(0, oo)", "unit": "s"}
    assert (hangs["verdict"], hangs["reason"]) == (None, "not run")


def test_where(command, data):
    code, out, _ = command("where", "sound.decay")
    assert code == 0 and "tests/test_claims.py::test_claim[sound.decay]" in out and "eq:sound.decay" in out
    place = data("where", "sound.decay")[1]["claims"][0]
    path, line = place["entry"].rsplit(":", 1)
    assert 'entry("sound", "decay")' in (ROOT / path).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_where_finds_the_real_places(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["where", "*", "--json"]) == 0
    for claim in json.loads(capsys.readouterr().out)["claims"]:
        chapter, name = claim["id"].split(".")
        assert claim["derivation"].startswith(f"derivations/{chapter}/{name}.py"), claim["id"]
        assert re.match(rf"verify/claims/{chapter}/{name}\.py:\d+$", claim["entry"]), claim["id"]
        for kind in ("lemmas", "solvers", "shared"):
            assert all((ROOT / path).is_file() for path in claim[kind]), claim["id"]
        assert claim["experiments"], claim["id"]
        for place in claim["experiments"]:
            path, line = place.split(":")
            assert path.startswith("numerics/")
            assert "def " in "".join(
                (ROOT / path).read_text(encoding="utf-8").splitlines()[int(line) - 1 : int(line) + 2]
            )


def test_every_formula_can_be_read_in_a_terminal(command):
    from verify.command import pretty

    for claim in load_claims().values():
        if not claim.is_observation:
            for expression in (
                claim.statement.formula,
                *claim.statement.where,
                *(p.formula for p in claim.statement.printed),
            ):
                wide, plain = pretty.formula(expression, 100), pretty.formula(expression, 60, unicode=False)
                assert wide and max(map(len, plain.splitlines())) <= 62
                assert not re.search(r"\\[a-z]{2}|GaussE|Subs|UndefinedFunction", wide), claim.id
                assert plain.isascii(), claim.id


def test_every_step_can_be_read_in_a_terminal():
    from verify.command import pretty

    letters = {
        symbol.name
        for claim in load_claims().values()
        for step in claim.steps()
        if step.shows is not None
        for symbol in step.shows.free_symbols
    }
    for letter in letters:
        assert not re.search(r"frac|[Bb]ig|neq|cdots|\\", pretty.name(letter)), letter


def test_every_domain_can_be_read_in_a_terminal():
    from verify.command.terminal import domain_in_words

    given = [p for claim in load_claims().values() if not claim.is_observation for p in claim.statement.parameters]
    read = {domain_in_words(p) for p in given}
    assert not [text for text in read if re.search(r"Interval|Range|Union|Naturals|Reals", text)]
    assert {"(-∞, 0) or (0, ∞)", "even, 2 or more", "integer, 0 or more", "integer, 1 or more"} <= read


def test_a_terminal_without_greek_letters(tmp_path):
    script = f"from verify.command.cli import main; main(['show', 'sound.decay'], package={PACKAGE!r})"
    environment = ENVIRONMENT | {"PYTHONIOENCODING": "latin-1", "REDERIVE_STORE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=ROOT, env=environment, check=True)
    assert b"a = a_0*e" in done.stdout and "Lindelöf".encode("latin-1") in done.stdout and done.stderr == b""


# ------------------------------------------------------------------------------------------------ running


def test_report_writes_an_index_a_page_for_each_claim_and_a_table(command, tmp_path):
    out = tmp_path / "deep" / "report"
    code, text, err = command("report", "sound", "--out", str(out))
    assert code == 0 and err == ""
    assert {p.name for p in out.iterdir()} == {"claims", "errata.html", "index.html", "report.json", "junit.xml"}
    assert {p.name for p in (out / "claims").glob("*.html")} == {
        f"sound.{name}.html" for name in ("decay", "misprinted", "again", "ordering")
    }
    assert "tests/faulty_claims/sound/decay.py" in (out / "claims" / "sound.decay.html").read_text(encoding="utf-8")
    assert re.search(
        r"sound\.decay +verified +certificate, precision, property, simulation +13 +0\.0\d+ +0\.0\d+ +46/46", text
    )
    assert "4 claims: 4 verified" in text and f"The page: {out / 'index.html'}" in text


def test_report_in_a_single_file(command, tmp_path):
    out = tmp_path / "report"
    assert command("report", "sound", "--out", str(out), "--single-file")[0] == 0
    assert {p.name for p in out.iterdir()} == {"index.html", "report.json", "junit.xml"}
    assert 'id="sound.decay:step-1"' in (out / "index.html").read_text(encoding="utf-8")


def test_control_characters_never_reach_the_terminal(capsys):
    from verify.command import console

    text = "a\x00b \x1b[31mred\x07 c\x9b2J \u202ed"
    made = console.table("head")
    made.add_row(text)
    console.show(text, made)
    console.warn(text)
    print(console.prose(text))
    caught = capsys.readouterr()
    found = caught.out + caught.err
    assert INVISIBLE.search(found) is None and found.count("a\ufffdb") == 4


def test_report_as_json_is_the_file(data, tmp_path):
    code, found = data("report", "sound", "--out", str(tmp_path / "report"))
    assert code == 0
    assert found == json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))


def test_check_prints_the_evidence_and_writes_nothing(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    code, out, _ = command("check", "sound.misprinted")
    assert code == 0 and "simulated decay      simulation    holds" in out and "printed form E1: refuted" in out
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("ids", "code"),
    (
        (["sound"], 0),
        (["broken.wrong", "sound"], 1),
        (["broken.blind", "sound"], 4),
        (["broken.raises", "broken.blind"], 3),
        (["broken.wrong", "broken.raises", "broken.blind"], 1),
    ),
)
def test_exit_codes_follow_the_verdicts(ids, code, command):
    assert command("check", *ids, "--jobs", "2")[0] == code


def test_an_error_keeps_its_traceback(command):
    code, _, err = command("check", "broken.raises")
    assert code == 3 and "ZeroDivisionError: a check divides by zero" in err and "broken/__init__.py" in err


def test_an_internal_error_keeps_its_traceback(command, monkeypatch):
    monkeypatch.setattr("verify.command.looking.selected", lambda options, package: 1 / 0)
    code, _, err = command("list")
    assert code == 3 and "Traceback" in err and "ZeroDivisionError" in err


def test_audit(command, data):
    code, out, _ = command("audit", "sound.decay", "broken.blind")
    assert code == 4
    assert re.search(r"sound\.decay +verified +46 +46 +0 +0 +0 +0\.0 % +6\.3 %", out)
    assert "survivor, not noticed by any check" in out and "blind" in out
    assert re.search(r"survivor, .*: .*«.*»", out) and re.search(r"1e-\d+ +\S+ +a = .*«exp\(-t/tau\)»", out)
    blind = next(c for c in data("audit", "sound", "broken.blind")[1]["claims"] if c["id"] == "broken.blind")
    assert (blind["missed"], blind["mutants"]) == (12, 49)  # three are right only at the values that its checks insert
    assert blind["miss_rate"] == pytest.approx(12 / 49)
    # tables of Clopper and Pearson: 12 of 49, one side
    assert blind["miss_rate_bound"] == pytest.approx(0.366, abs=0.001)


def test_what_was_not_audited_says_why(command):
    code, out, _ = command("audit", "broken.wrong")
    assert code == 1 and "not audited: refuted: against a power, simulated decay" in out


def test_errata_from_the_store(command, data):
    code, out, _ = command("errata")
    assert code == 0 and "The sign of the rate is missing." in out and "sound.misprinted" in out
    for words in (["--details"], ["E1"]):
        code, out, _ = command("errata", *words)
        assert code == 0 and "E1  misprint, printed form refuted  sound.misprinted" in out
    entry = data("errata")[1]["errata"][0]
    assert (entry["erratum"], entry["claim"], entry["kind"], entry["verdict"]) == (
        "E1",
        "sound.misprinted",
        "misprint",
        "refuted",
    )
    assert entry["printed"] != entry["correct"]


def test_errata_runs_what_is_not_stored(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path))
    assert main(["errata", "--jobs", "1", "--json"], package=PACKAGE) == 0
    assert json.loads(capsys.readouterr().out)["errata"][0]["verdict"] == "refuted"
    assert list((tmp_path / "outcomes").glob("sound.misprinted-*.json"))


def test_latex(command, data, tmp_path):
    code, out, _ = command("latex", "sound.decay", "--derivations")
    assert code == 0 and r"\label{eq:sound.decay}" in out and "It solves the equation." in out
    target = tmp_path / "new" / "formulas.tex"
    code, printed, _ = command("latex", "sound", "--out", str(target))
    assert code == 0 and str(target) in printed and r"\label{eq:sound.misprinted}" in target.read_text(encoding="utf-8")
    entry = data("latex", "sound.decay")[1]["claims"][0]
    assert (entry["label"], entry["latex"]) == ("eq:sound.decay", r"a = a_0 e^{- t / \tau}") and entry[
        "status"
    ].startswith("verified")
    code, out, err = command("latex", "sound", "--out", "/proc/formulas.tex")
    assert (code, out) == (2, "") and "cannot write /proc/formulas.tex" in err and "--out" in err


def test_latex_for_papers_and_slides(command, data, tmp_path):
    code, out, _ = command("latex", "sound.decay", "--bare")
    assert code == 0 and r"\label{eq:sound.decay}" in out and "subsection" not in out and "[verified" not in out
    code, out, _ = command("latex", "sound.decay", "--beamer", "--derivations", "--no-status")
    assert code == 0 and out.count(r"\begin{frame}") == 2 and "[verified" not in out and "[proved]" not in out
    code, out, _ = command("latex", "sound.decay", "--bib")
    assert code == 0 and r"\cite[{" in out and "@misc{slides000," in out and "[verified" in out
    target = tmp_path / "decay.tex"
    code, out, _ = command("latex", "sound.decay", "--bib", "--out", str(target))
    assert code == 0 and out == f"Written: {target}, {target.with_suffix('.bib')}\n"
    assert target.with_suffix(".bib").read_text(encoding="utf-8").startswith("@misc{slides000,")
    assert data("latex", "sound.decay", "--bib")[1]["bib"].startswith("@misc{slides000,")
    code, out, err = command("latex", "sound.decay", "--bare", "--bib")
    assert (code, out) == (2, "") and "--bare is the formula alone" in err
    code, out, err = command("latex", "sound.decay", "--bare", "--beamer")
    assert (code, out) == (2, "") and "not allowed with argument" in err


@pytest.mark.tex
@pytest.mark.parametrize("how", [["--bare"], ["--bib"], ["--beamer", "--bib", "--derivations"], ["--no-status"]])
def test_latex_of_each_kind_as_pdf(how, command, tmp_path):
    code, _, err = command("latex", "sound", *how, "--pdf", "--out", str(tmp_path / "formulas.pdf"))
    assert code == 0, err
    assert (tmp_path / "formulas.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.tex
def test_latex_as_pdf(command, tmp_path):
    code, _, _ = command("latex", "sound", "--derivations", "--pdf", "--out", str(tmp_path / "formulas.pdf"))
    assert code == 0 and (tmp_path / "formulas.pdf").read_bytes().startswith(b"%PDF")


# ------------------------------------------------------------------------------------------------ terminals and pipes


def in_terminal(arguments: list[str], environment: dict[str, str]) -> str:
    """What a command prints on a terminal of its own."""
    import pty

    ours, theirs = pty.openpty()
    script = f"import sys; from verify.command.cli import main; sys.exit(main({arguments!r}, package={PACKAGE!r}))"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=theirs, stderr=theirs, stdin=theirs, cwd=ROOT, env=environment
    )
    os.close(theirs)
    caught = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        caught += part
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return caught.decode()


@pytest.mark.slow
def test_colours_only_on_a_terminal_and_not_with_no_color(stored):
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "80"}
    coloured = in_terminal(["list", "sound"], environment)
    plain = in_terminal(["list", "sound"], environment | {"NO_COLOR": "1"})
    assert "\x1b[32mverified" in coloured and not re.search(r"\x1b\[3\d", plain) and "verified" in plain


@pytest.mark.slow
def test_nothing_is_cut_on_a_narrow_terminal(stored):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "40", "NO_COLOR": "1"}
    shown = in_terminal(["where", "sound.misprinted"], environment) + in_terminal(
        ["show", "sound.misprinted"], environment
    )
    assert (
        "tests/test_claims.py::test_claim[sound.misprinted]" in shown
        and "simulated decay" in shown
        and "…" not in shown
    )


WIDE = [
    ["list"],
    ["show", "sound.decay", "sound.misprinted", "broken.blind"],
    ["check", "sound.decay", "broken.blind"],
    ["audit", "sound.decay", "broken.blind"],
    ["errata"],
]


@pytest.mark.parametrize("words", WIDE, ids=lambda words: words[0])
def test_what_is_printed_fits_80_columns(words, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = command(*words)
    assert [line for line in out.splitlines() if len(line) > 80] == []
    if words[0] != "errata":
        assert "sound.decay" in out
    if words[0] == "check":
        assert "simulated decay  simulation  holds\n" in out and re.search(r"resolution [\d.e-]+, median", out)


def test_the_table_of_a_report_fits_80_columns(command, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = command("report", "sound", "--jobs", "1", "--out", str(tmp_path / "report"))
    assert [line for line in out.splitlines() if len(line) > 80 and "The page" not in line] == []
    assert "sound.decay" in out and "rejected 46/46" in out


def test_the_suites_own_claims_fit_80_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    ids = ("semantic_development.illusory_correlation", "jacobian_spectrum.smooth_limit", "sgd_noise.batch_growth")
    for words in (["list"], ["show", *ids]):
        assert main(words) == 0
        assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_progress_in_lines_where_nobody_sees_a_bar(capsys, monkeypatch):
    monkeypatch.setattr(console, "PULSE", 0.02)
    with console.progress(3) as listener:
        listener(Event(what="started", claim="a.first"))
        listener(Event(what="finished", claim="a.first", done=1))
        listener(Event(what="started", claim="a.second"))
        time.sleep(0.3)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 2 and re.fullmatch(r"rederive: 1 of 3 after 0 s; running a\.second", lines[-1])


SHELL = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_SHELL": "bash", "_ARGCOMPLETE_IFS": "\n", "COMP_TYPE": "9"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("rederive late", "latex"),
        ("rederive latex --bea", "--beamer"),
        ("rederive check deep_linear.mode_l", "deep_linear.mode_logistic"),
    ],
)
def test_a_shell_completes(line, found, tmp_path):
    asked = SHELL | {
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "out"),
    }
    script = "from verify.command.cli import main; main()"
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, env=ENVIRONMENT | asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (tmp_path / "out").read_text(encoding="utf-8").split() == [found], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_code_for_a_shell(shell, command):
    code, out, _ = command("completion", shell)
    assert code == 0 and "rederive" in out and "_ARGCOMPLETE" in out


@pytest.mark.slow
def test_progress_on_a_terminal(tmp_path):
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
        "REDERIVE_STORE": str(tmp_path),
        "COLUMNS": "100",
    }
    shown = in_terminal(["check", "sound.decay", "--jobs", "1"], environment)
    assert "0/1" in shown and "simulated decay" in shown


@pytest.mark.slow
@pytest.mark.parametrize("buffering", ["", "1"])
def test_the_reader_of_a_pipe_may_leave(stored, buffering):
    started = "import sys; from verify.command.cli import main"
    script = f"{started}; sys.exit(main(['show', 'sound', 'broken'], package={PACKAGE!r}))"
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=ENVIRONMENT | dict(os.environ) | {"PYTHONUNBUFFERED": buffering},
    )
    assert process.stdout and process.stderr
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.slow
@pytest.mark.parametrize("module", ["verify", "rederive"])
def test_python_dash_m(module, tmp_path):
    environment = ENVIRONMENT | {"REDERIVE_STORE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", module, "list", "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=True,
    )
    assert {c["id"] for c in json.loads(done.stdout)["claims"]} == set(load_claims())


# ------------------------------------------------------------------------------------------------ Python and notebooks


def test_importing_verify_imports_nothing():
    script = f"import sys, verify; print(sorted(set({HEAVY!r}) & set(sys.modules)), dir(verify).count('check'))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, check=True
    )
    assert done.stdout.split() == ["[]", "1"]


def test_names_of_the_package():
    assert verify.load_claims is load_claims
    assert {name for name in verify.__all__ if getattr(verify, name)} == set(verify.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        verify.nothing  # noqa: B018


def made_up(claim: Claim) -> Outcome:
    """An outcome that has all that a verified claim needs."""
    evidence = (
        Evidence(check="derivation", kind="certificate", verdict=Holds.HOLDS, points=1),
        *(Evidence(check=check.name, kind=check.kind, verdict=Holds.HOLDS, points=1) for check in claim.checks),
    )
    return Outcome(
        id=claim.id,
        digest=claim.statement.digest,
        verdict=Standing.VERIFIED,
        reason="made up",
        steps=(StepOutcome(claim="It holds.", because="It is said.", verdict="proved"),),
        evidence=evidence,
        printed=tuple(PrintedOutcome(erratum=p.erratum, verdict="refuted") for p in claim.statement.printed),
        audit=Audit(mutants=1, rejected=1),
    )


def test_check_from_python_uses_the_same_store(tmp_path, monkeypatch):
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    claim = next(iter(load_claims().values()))
    kept = made_up(claim)
    store = Store(tmp_path / "outcomes")
    store.save(claim.id, store.key(claim.id, Settings(seed=7).parameters), kept)
    assert verify.check(claim.id, seed=7, jobs=1) == kept
    assert verify.check(claim.id, claim.id, seed=7) == [kept]
    with pytest.raises(verify.UnknownClaim, match="nearest"):
        verify.check(claim.id + "x")
    with pytest.raises(ValueError, match="profile"):
        verify.check(claim.id, profile="big")
    with pytest.raises(ValueError, match="needs the id"):
        verify.check()


def test_notebooks_show_formulas_and_evidence(finished):
    claims = load_claims(PACKAGE)
    assert claims["sound.decay"]._repr_latex_() == r"$\displaystyle a = a_0 e^{- t / \tau}$"
    assert claims["sound.decay"]._repr_html_() is None
    assert claims["sound.ordering"]._repr_latex_() is None and "Broad levels" in claims["sound.ordering"]._repr_html_()
    shown = finished["sound.decay"]._repr_html_()
    assert "<b>verified</b>" in shown and "<td>simulated decay</td>" in shown
    sly = Outcome(id="a.b", digest="", verdict=Standing.ERROR, reason="<script>")
    assert "<script>" not in sly._repr_html_()


def test_list_answers_from_texts_and_the_store_alone():
    loaded = f"print(sorted({set(HEAVY) - {'rich'}!r} & set(sys.modules)))"
    script = f"import sys; from verify.command.cli import main; main(['list']); {loaded}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]" and "Logistic learning curve of a mode" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    "option", [["report", "--out"], ["latex", "--out"], ["plot", "sound.decay", "--data"], ["new"]]
)
def test_an_empty_name_is_no_file(option, command):
    code, out, err = command(*option, "")
    assert (code, out) == (2, "") and "an empty name is no file or folder" in err and err.count("\n") == 1


def test_links_stay_and_what_is_no_file_is_not_replaced(tmp_path, command):
    """As root a file that was moved there has taken the place of /dev/null."""
    target, link, pipe = tmp_path / "target.tex", tmp_path / "link.tex", tmp_path / "pipe"
    link.symlink_to(target)
    os.mkfifo(pipe)
    with open(os.open(pipe, os.O_RDWR | os.O_NONBLOCK), "rb") as reader:
        for place in (link, pipe):
            assert command("latex", "sound.decay", "--bare", "--out", str(place))[0] == 0
        assert b"eq:sound.decay" in reader.read(10_000)
    assert link.is_symlink() and "eq:sound.decay" in target.read_text(encoding="utf-8") and pipe.is_fifo()


def test_formulas_and_entries_do_not_go_into_one_file(tmp_path, command):
    code, out, err = command("latex", "sound.decay", "--bib", "--out", str(tmp_path / "all.bib"))
    assert (code, out) == (2, "") and "BibTeX entries go into a .bib file beside it" in err
    assert not list(tmp_path.glob("*.bib"))


def test_words_may_stand_behind_options(command, data):
    listed = data("show", "sound.decay", "--json", "broken.hangs")[1]["claims"]
    assert [claim["id"] for claim in listed] == ["broken.hangs", "sound.decay"]
    code, out, _ = command("eval", "sound.decay", "--digits", "20", "t=0.5", "--csv", "tau=1.5", "a_0=2")
    assert code == 0 and "1.4330626211" in out
    for words in (["list", "sound", "--json", "--bogus"], ["new", "there.py", "--json", "here.py"]):
        code, out, err = command(*words)
        assert (code, out) == (2, "") and f"unrecognized arguments: {words[-1]}" in err
    assert not Path("there.py").exists()
