"""`rederive eval`, and measured numbers against a claim: values, refusals, and what explains a deviation."""

from __future__ import annotations

import json
from pathlib import Path

import mpmath
import numpy as np
import pytest

from verify.command.cli import main

CLAIM, WIDE = "deep_linear.mode_logistic", "signal_propagation.variance_map"
TIMES = np.arange(0.2, 4, 0.4)
GIVEN = ("s=2.3", "tau=1", "a_0=0.01")


def command(capsys, *words: str) -> tuple[int, str, str]:
    code = main(words)
    caught = capsys.readouterr()
    return code, caught.out, caught.err


def curve(t, s=2.3, tau=1.0, start=0.01):
    growth = np.exp(2 * s * np.asarray(t) / tau)
    return s * growth / (growth - 1 + s / start)


# ------------------------------------------------------------------------------------------------ eval


def test_numbers_over_a_range_with_as_many_digits_as_asked(capsys):
    code, out, _ = command(capsys, "eval", CLAIM, *GIVEN, "t=0:2:0.5,1/3", "--digits", "40", "--json")
    found = json.loads(out)
    assert code == 0 and found["schema"] == 1 and found["columns"] == ["s", "tau", "a_0", "t", "a(t, s, a_0)"]
    assert [row[3] for row in found["rows"]] == [0.0, 0.5, 1.0, 1.5, 2.0, "1/3"]
    with mpmath.workdps(50):
        growth = mpmath.exp(mpmath.mpf("4.6") / 3)
        exact = mpmath.mpf("2.3") * growth / (growth - 1 + 230)
        assert abs(mpmath.mpf(found["rows"][-1][-1]) - exact) < mpmath.mpf(10) ** -39
    code, out, _ = command(capsys, "eval", CLAIM, *GIVEN, "t=1,2", "--csv")
    lines = out.splitlines()
    assert code == 0 and lines[0] == 's,tau,a_0,t,"a(t, s, a_0)"' and lines[1] == "2.3,1,0.01,1,0.696574889821734"
    code, out, _ = command(capsys, "eval", CLAIM, *GIVEN, "t=1")
    assert code == 0 and "0.696574889821734" in out


@pytest.mark.parametrize("size", ["1e-12", "1e-30", "1e-400", "1e-999"])
def test_digits_are_right_where_terms_cancel(size, capsys):
    """For s to 0 the curve is 1 / (1 / a_0 + 2 t), while exp(2 s t) - 1 has lost all digits but those of its size."""
    code, out, _ = command(capsys, "eval", CLAIM, f"s={size}", "tau=1", "a_0=1/3", "t=1", "--json")
    assert code == 0 and json.loads(out)["rows"][0][-1] == pytest.approx(0.2, abs=1e-11 if size == "1e-12" else 1e-15)


def test_numbers_beyond_doubles_are_texts(capsys):
    given = ("s=1e400", "tau=1", "a_0=0.01", "t=1e400")
    code, out, _ = command(capsys, "eval", CLAIM, *given, "--json")
    assert code == 0 and json.loads(out)["rows"] == [["1.0e+400", 1.0, 0.01, "1.0e+400", "1.0e+400"]]
    code, out, _ = command(capsys, "eval", CLAIM, *given)
    assert code == 0 and out.count("1.0e+400") == 3


def test_quantities_that_are_no_letter_are_written_for_a_terminal_and_kept_in_data(capsys):
    given = ("signal_propagation.stretch_factor", "phi=tanh", "sigma_w=2.25", "q_star=2.55", "D=3")
    code, out, _ = command(capsys, "eval", *given)
    assert code == 0 and "\\" not in out and "1.5902730512" in out
    code, out, _ = command(capsys, "eval", *given, "--csv")
    assert code == 0 and r"\mathrm{Tr}" in out.splitlines()[0]


def test_a_formula_with_an_activation_takes_one_by_name(capsys):
    given = ("sigma_w=1.5", "sigma_b=0.3", "V_l=0.96084428", "phi=tanh")
    code, out, _ = command(capsys, "eval", WIDE, *given, "--digits", "6", "--json")
    assert code == 0 and json.loads(out)["rows"][0][-1] == pytest.approx(0.960844, abs=2e-6)  # the fixed length
    code, _, err = command(capsys, "eval", WIDE, *given[:3], "phi=tahn")
    assert code == 2 and "tanh" in err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((CLAIM, "s=2.3"), "needs a value of t (training time)"),
        ((CLAIM, *GIVEN, "t=-1"), "t=-1 lies outside of [0, oo)"),
        ((CLAIM, *GIVEN, "u=1"), "has no letter 'u'"),
        ((CLAIM, *GIVEN, "ta=1"), "did you mean tau"),
        ((CLAIM, *GIVEN, "t"), "gives no value"),
        ((CLAIM, *GIVEN, "t=1:2"), "START:END:STEP"),
        ((CLAIM, *GIVEN, "t=1:2:-1"), "START:END:STEP"),
        ((CLAIM, *GIVEN, "t=0:1e9:1e-3"), "100000 at most"),
        ((CLAIM, *GIVEN, "t=1", "t=2"), "given twice"),
        ((CLAIM, *GIVEN, "t=one"), "is no number"),
        ((CLAIM, *GIVEN, "t=1/0"), "is no number"),
        ((CLAIM, *GIVEN, "t=1", "--csv", "--json"), "two forms"),
        (("deep_linear", "t=1"), "eval takes one claim"),
        (("deep_linear.mode_logistics", "t=1"), "nearest"),
        (("semantic_development.illusory_correlation", "x=1"), "has no letter 'x'"),
    ],
)
def test_values_that_are_not_understood_are_refused_in_one_line(words, reason, capsys):
    code, out, err = command(capsys, "eval", *words)
    assert code == 2 and out == "" and reason in err and err.count("\n") == 1


# ------------------------------------------------------------------------------------------------ data


@pytest.fixture
def measured(tmp_path):
    """Writes a file of numbers with errors of two in a hundred, and returns its name."""

    def write(values, header="t,value,error", times=TIMES) -> str:
        source = np.random.default_rng(3)
        values = np.asarray(values)
        errors = 0.002 + 0.02 * np.abs(values)
        columns = [times, values + errors * source.normal(size=len(values)), errors][: header.count(",") + 1]
        path = tmp_path / "data.csv"
        np.savetxt(path, np.stack(columns, axis=1), delimiter=",", header=header, comments="", fmt="%.7g")
        return str(path)

    return write


def test_data_that_agree_agree(measured, capsys):
    code, out, _ = command(capsys, "compare", CLAIM, measured(curve(TIMES)), *GIVEN)
    assert code == 0 and out.startswith("agrees: 10 rows")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (curve(TIMES, tau=2.0), "tau (time constant P / lambda) is "),
        (0.5 * curve(TIMES), "times the prediction: units or a convention"),
        (curve(TIMES, start=0.03), "a_0 (initial mode strength) is "),
        (curve(TIMES) + 0.3, "above the prediction: an offset"),
    ],
)
def test_what_explains_a_deviation_is_named(values, said, measured, capsys):
    code, out, _ = command(capsys, "compare", CLAIM, measured(values), *GIVEN)
    assert code == 1 and out.startswith("parts") and said in " ".join(out.split())
    assert "Presupposed: The start is balanced" in out


def test_where_data_part_is_told(measured, capsys):
    values = np.where(TIMES > 2.5, 0.7 * curve(TIMES), curve(TIMES))
    code, out, _ = command(capsys, "compare", CLAIM, measured(values), *GIVEN)
    assert code == 1 and "all from t = 2.6 on" in out and "No factor, offset or rescaled letter" in out


def test_numbers_without_errors_decide_nothing(measured, capsys):
    code, out, _ = command(capsys, "compare", CLAIM, measured(curve(TIMES), header="t,value"), *GIVEN)
    assert code == 4 and "no error bars (a column error); largest deviation" in out
    code, out, _ = command(capsys, "compare", CLAIM, measured(curve(TIMES)), *GIVEN, "--json")
    found = json.loads(out)
    assert found["verdict"] == "agrees" and len(found["rows"]) == 10 and found["rows"][0]["at"]["t"] == 0.2


def test_other_columns_may_hold_notes_and_extreme_rows_break_nothing(tmp_path, capsys, recwarn):
    path = tmp_path / "data.csv"
    path.write_text("t,run,value,error\n1,first try,0.6966,0.001\n1e300,,2.3,0.001\n2,x,2.9e30,0.001\n")
    code, out, _ = command(capsys, "compare", CLAIM, str(path), *GIVEN)
    assert code == 1 and "1 of 3 rows are off" in " ".join(out.split()) and not recwarn
    assert "Not read: run.\n" in out
    code, out, _ = command(capsys, "compare", CLAIM, str(path), *GIVEN, "--json")
    assert json.loads(out)["ignored"] == ["run"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("t value error\n1 0.6966 0.001\n2 2.248 0.001\n", 0),
        ("# seed 3\n# t value error\n1.0e+00 6.966e-01 1e-3\n 2.0e+00  2.248e+00 1e-3\n", 0),
        ("# t,value,error\n1,0.6966,1e-3\n2,2.248,1e-3\n", 0),
        ("#t\tvalue\terror\n1\t0.6966\t1e-3\n2\t2.3421\t1e-3\n", 1),
    ],
)
def test_what_numpy_writes_is_read(text, code, tmp_path, capsys):
    """numpy.savetxt sets blanks between numbers, and the names behind a #."""
    path = tmp_path / "data.dat"
    path.write_text(text)
    assert command(capsys, "compare", CLAIM, str(path), *GIVEN)[0] == code


@pytest.mark.parametrize("name", ["data.npz", "data.json", "data.csv.gz"])
def test_a_file_that_is_no_table_is_no_expression(name, tmp_path, capsys):
    (tmp_path / name).write_bytes(b"PK")
    code, out, err = command(capsys, "compare", CLAIM, str(tmp_path / name), *GIVEN)
    assert code == 2 and out == "" and f"{name} is no table as text; save it as CSV (.csv, .tsv," in err


@pytest.mark.parametrize("name", ["", "none"])
def test_a_claim_is_compared_with_a_file_of_data_alone(name, tmp_path, capsys):
    code, out, err = command(capsys, "compare", CLAIM, str(tmp_path / name))
    assert code == 2 and out == "" and "is a claim, and " in err and "no file of data; give a .csv, .tsv" in err


def test_a_column_of_widths_is_held_against_the_stated_rate(tmp_path, capsys):
    """Variances of a finite width, 3 / N of their size too large."""
    widths = np.array([20.0, 30, 50, 80, 120, 200, 400])
    path = tmp_path / "data.csv"
    values = 0.960844 * (1 + 3 / widths + 1e-3 * np.random.default_rng(4).normal(size=len(widths)))
    columns = np.stack([widths, values, np.full(len(widths), 1e-3)], axis=1)
    np.savetxt(path, columns, delimiter=",", header="N,value,error", comments="", fmt="%.9g")
    given = ("sigma_w=1.5", "sigma_b=0.3", "V_l=0.96084428", "phi=tanh")
    code, out, _ = command(capsys, "compare", WIDE, str(path), *given, "--json")
    found = json.loads(out)
    assert code == 1 and found["stated"][0] == "It holds up to terms of order 1/N, here 0.0025 to 0.05."
    best = found["explanations"][0]["sentence"]
    assert best.startswith("the values deviate by 3 * 1/N of their size"), best


@pytest.mark.parametrize(
    ("text", "words", "reason"),
    [
        ("", GIVEN, "is empty"),
        ("t,value,error\n", GIVEN, "no row of numbers"),
        ("t,value,error\n1,2\n", GIVEN, "line 2: 2 cells under 3 names"),
        ("t,value,error\n1,x,0.1\n", GIVEN, "line 2: value=x is no number"),
        ("t,value,error\n1,2,0\n", GIVEN, "line 2: the error 0 is not positive"),
        ("# note\nt,value,error\n-1,2,0.1\n", GIVEN, "line 3: t=-1 lies outside"),
        ("t,height\n1,2\n", GIVEN, "need a column value"),
        ("t,value\n1,2\n", GIVEN[:2], "needs a value of a_0"),
        ("t,value,s\n1,2,3\n", GIVEN, "is a column of"),
        ("t,t,value\n1,1,2\n", GIVEN, "names of their own"),
        ("t,value\n1,2\n", ("s=1,2", *GIVEN[1:]), "has 2 values"),
        ('t,value\n"1\n",2\n', GIVEN, "line 2: 1 cells under 2 names"),
        ('t,value\n"1,2\n3,4\n', GIVEN, "line 2: 1 cells under 2 names"),
        (f"t,value\n1,{'1' * 200_000}\n", GIVEN, "line 2: field larger than field limit"),
        (f"t,value\n1,0.{'1' * 5000}\n", GIVEN, "11... is too long or too large"),
        ("t,value\n1,1e400\n", GIVEN, "line 2: value=1.0e+400 is out of range"),
        ("t,value,error\n1,2,1e-400\n", GIVEN, "line 2: error=1.0e-400 is out of range"),
        ("t,value,error\n1,2,1e400\n", GIVEN, "line 2: error=1.0e+400 is out of range"),
        ("t,s,value\n1e300,1e200,2\n", GIVEN[1:], "predicts 1.0e+200; take another unit"),
    ],
)
def test_files_that_are_not_understood_are_refused_in_one_line(text, words, reason, tmp_path, capsys):
    path = tmp_path / "data.csv"
    path.write_text(text)
    code, out, err = command(capsys, "compare", CLAIM, str(path), *words)
    assert code == 2 and out == "" and reason in err and err.count("\n") == 1


def test_files_that_are_not_there_and_claims_that_are_many(tmp_path, capsys):
    code, _, err = command(capsys, "compare", CLAIM, str(tmp_path / "none.csv"), *GIVEN)
    assert code == 2 and "cannot be read: No such file" in err
    Path(tmp_path / "data.csv").write_bytes(b"t,value\n\xff\xfe,2\n")
    code, _, err = command(capsys, "compare", CLAIM, str(tmp_path / "data.csv"), *GIVEN)
    assert code == 2 and "no text in UTF-8" in err
    code, _, err = command(capsys, "compare", "deep_linear", str(tmp_path / "data.csv"))
    assert code == 2 and "one claim" in err
    code, _, err = command(capsys, "compare", "x", "y", "z=1")
    assert code == 2 and "too much" in err
