"""`rederive compare` of two expressions: what is read, what is told apart, and that nothing unequal is called equal."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from tests.test_cli import ENVIRONMENT, ROOT
from verify.compare import limited
from verify.compare.judge import Answer, answers
from verify.compare.reading import ExpressionError, conditions, read


def judged(left: str, right: str, where: str = "", digits: int = 30) -> Answer:
    """The last answer, in this process."""
    return list(answers(left, right, conditions(where), digits, 60.0))[-1]


EQUAL = [
    ("E(log(abs(z)))", "-(EulerGamma + log(2)) / 2", ""),
    ("E(z**4)", "3", ""),
    ("E(relu(s*z)**2)", "s**2 / 2", "s > 0"),
    ("E(abs(z - 1))", "2*exp(-1/2)/sqrt(2*pi) + 2*Phi(1) - 1", ""),
    ("E(sqrt(abs(z)))", "2**0.25 * gamma(0.75) / sqrt(pi)", ""),
    ("E(1 / (1 + z**2))", "sqrt(pi/2) * exp(0.5) * erfc(1/sqrt(2))", ""),
    ("E(exp(a*z))", "exp(a^2 / 2)", "0 < a < 4"),
    ("E(cos(a*z))", "exp(-a**2 / 2)", ""),
    ("E(sign(tanh(z)))", "0", ""),
    ("E(step(z - c))", "Phi(-c)", ""),
    ("integral(exp(-x**2), x, -inf, inf)", "sqrt(pi)", ""),
    ("integral(1/(1 + x**2), x, 0, inf)", "pi / 2", ""),
    ("integral(log(x)/sqrt(x), x, 0, 1)", "-4", ""),
    ("integral(abs(x - 0.3), x, 0, 1)", "(0.09 + 0.49) / 2", ""),
    ("sum(1/n**2, n, 1, inf)", "pi**2 / 6", ""),
    ("sum(1/(k*(k + 1)), k, 1, inf)", "1", ""),
    ("sum(x**k / factorial(k), k, 0, inf)", "exp(x)", "0 < x < 3"),
    ("sum(r**k, k, 0, n - 1)", "(1 - r**n) / (1 - r)", "0 < r < 1, n integer, n >= 1"),
    ("sum(sum(k*m, m, 1, k), k, 1, n)", "n*(n + 1)*(n + 2)*(3*n + 1)/24", "n integer, n >= 1"),
    ("product(k, k, 1, n)", "factorial(n)", "n integer, n >= 1"),
    ("log(x*y)", "log(x) + log(y)", "x > 0, y > 0"),
    ("diff(tanh(x), x)", "1 - tanh(x)**2", ""),
    ("max(x, 0) - max(-x, 0)", "x", ""),
    ("gelu(x)", "x * (1 + erf(x / sqrt(2))) / 2", ""),
    ("2*T / lambda", "T / (lambda / 2)", "T > 0, lambda > 0"),
]


@pytest.mark.parametrize(("left", "right", "where"), EQUAL)
def test_equal_expressions_are_equal(left, right, where):
    found = judged(left, right, where)
    assert found.verdict == "equal" and found.points >= 1, found


@pytest.mark.parametrize(("left", "right", "where"), EQUAL[1:6] + EQUAL[10:15] + EQUAL[16:])
def test_what_is_off_in_the_twentieth_digit_is_different(left, right, where):
    assert judged(left, f"({right}) * (1 + 1e-20)", where).verdict == "different"


def test_a_proof_is_named_and_a_certificate_is_no_proof():
    proved = judged("sin(x)**2 + cos(x)**2", "1")
    assert (proved.verdict, proved.how, proved.points) == ("equal", "proved", 12)
    certified = judged("E(log(abs(z)))", "-(EulerGamma + log(2)) / 2", digits=50)
    assert (certified.how, certified.digits, certified.points) == ("certified", 50, 1)


@pytest.mark.parametrize(
    ("left", "right", "where", "said"),
    [
        ("E(relu(s*z)**2)", "s**2", "s > 0", {"ratio": "1/2"}),
        ("(sin(t) + (pi - t)*cos(t)) / pi", "(sin(t) + (pi - t)*cos(t)) / (2*pi)", "0 < t < 3", {"ratio": "2"}),
        ("exp(-x**2)", "exp(-x**2) / (2*pi)", "", {"ratio": "2*pi"}),
        ("V / B", "V / B**2", "V > 0, B > 0", {"prefactor": "1", "slopes": {"B": "1", "V": "0"}}),
        ("2*s/N", "s**2/sqrt(N)", "s > 0, N > 0", {"prefactor": "2", "slopes": {"N": "-1/2", "s": "-1"}}),
        ("log(x)", "log(x) + log(2)", "x > 0", {"difference": "-log(2)"}),
        ("s**2/(1 - a**2)", "s**2/(2*(1 - a))", "0 < a < 1, s > 0", {"ratio": None}),
    ],
)
def test_how_two_sides_differ(left, right, where, said):
    found = judged(left, right, where)
    assert found.verdict == "different" and found.left != found.right
    assert {name: getattr(found, name) for name in said} == said


def test_a_word_of_python_can_be_a_letter():
    assert list(judged("lambda", "2 * lambda", "lambda > 0").at) == ["lambda"]


def test_a_power_that_holds_in_one_place_only_is_not_told():
    found = judged("max(x, 7)", "x", "x > 0")
    assert found.verdict == "different" and not found.slopes and "agree at" in found.notes[0]


@pytest.mark.parametrize(
    ("left", "right", "where"),
    [
        ("max(x, 1000)", "x", "x > 0"),  # differs beyond a number of the text
        ("abs(x)", "x", ""),
        ("sqrt(x**2)", "x", ""),
        ("x if x > 3.7 else x**2 / 3.7", "x", "x > 0"),
        ("log(exp(x) + exp(-80))", "x", ""),
        ("E(abs(z - 3))", "3", ""),
        ("E(step(z - 9))", "0", ""),
        ("E(max(z, -0.01) * max(-z, -0.01))", "0", ""),
        ("integral(abs(sin(x)/3 + x), x, -1, 1)", "1", ""),
        ("integral(log(x), x, -1, 1)", "-2", ""),  # not real
        ("integral(1/x, x, -1, 1)", "0", ""),  # diverges
        ("sum(1/k, k, 1, inf)", "100", ""),
        ("integral(sin(x)/x, x, 0, inf)", "pi/2", ""),  # true, and not enclosed
        ("sum((-1)**n * 4/(2*n + 1), n, 0, inf)", "pi", ""),
        ("exp(x)", "1", "x > 0, x <= 0.001"),
        ("E(relu(z - 20))", "0", ""),  # 1e-90
        ("E(relu(z - 20))", "2*E(relu(z - 20))", ""),
        ("E(relu(z - a))", "2*E(relu(z - a))", "a > 20"),
        ("E(sin(50*z)*z)", "60*exp(-1250)", ""),
        ("50*exp(-1250)", "E(sin(50*z)*z)", ""),  # true, and not told from zero
        ("E(cos(400*z))", "2*E(cos(400*z))", ""),
        ("exp(-a)", "2*exp(-a)", "a > 1000"),
        ("integral(exp(-x**2), x, 20, inf)", "sqrt(pi) / 2 * erfc(20)", ""),
    ],
)
def test_nothing_is_called_equal_that_is_not_certified(left, right, where):
    assert judged(left, right, where).verdict != "equal"


def test_small_values_have_relative_digits():
    """Two balls around zero, 1e-40 wide, were called equal to 30 digits."""
    assert judged("E(sin(20*z)*z)", "20*exp(-200)").verdict == "equal"
    assert judged("E(sin(20*z)*z)", "(20 + 1e-20)*exp(-200)").verdict == "different"
    assert judged("integral(exp(-x**2), x, 20, inf)", "sqrt(pi) / 2 * erfc(20)", digits=200).verdict == "equal"
    found = judged("E(relu(z - a))", "2*E(relu(z - a))", "a > 20")
    assert found.verdict == "different" and found.ratio == "1/2" and not found.notes
    assert found.left is not None and found.left.startswith("1.868308514")


def test_what_is_told_from_zero_is_not_shown_as_zero():
    found = judged("sum(exp(-k)/k, k, 200, inf)", "0")
    assert found.verdict == "different" and found.right == "0"
    assert found.left is not None and 1e-91 < float(found.left) < 1e-87


def test_what_is_not_told_from_zero_says_so():
    zero = judged("E(tanh(z)**3 + tanh(z))", "0")
    assert (zero.verdict, zero.how) == ("equal", "proved") and "odd" in zero.notes[-1]
    zero = judged("integral(tanh(x) * exp(-x**2), x, -inf, inf)", "0")
    assert (zero.verdict, zero.how) == ("equal", "certified") and "within 1e-16" in zero.notes[0]
    both = judged("E(cos(400*z))", "2*E(cos(400*z))")
    assert both.verdict == "undecided" and "nothing is known of the ratio" in both.how
    assert judged("E(tanh(a*z)**3)", "E(tanh(a*z)**5)").how == "proved"
    assert judged("E(z**3 * exp(z**2))", "0").verdict == "undecided"  # odd, and not integrable


@pytest.mark.parametrize(
    ("text", "low"), [("s>0.5", "1/2"), ("a>100", "100"), ("a>-1.25", "-5/4"), ("-7.5<b<0.125", "-15/2")]
)
def test_bounds_are_read_where_they_stand(text, low):
    """ "s>0.5" was read as s > 5, and "a>100" as a > 0: digits were looked for at their place in the whole text."""
    (letter,) = conditions(text).values()
    assert str(letter.low) == low


def test_values_that_do_not_exist_are_told():
    found = judged("sqrt(x) * sqrt(x)", "x + 0*log(2 - x)", "")
    assert found.verdict == "equal"
    half = judged("log(x - 1)", "log(abs(x - 1))", "x > 0")
    assert half.verdict == "equal" and "left side has no enclosed real value at x =" in half.notes[0]
    nowhere = judged("log(-1 - x**2)", "1")
    assert nowhere.verdict == "undecided" and "--where" in nowhere.how
    assert judged("x", "x", "s > 0").notes[0].startswith("--where speaks of s")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("x +", "no expression"),
        ("__import__('os')", "functions are"),
        ("x.real", "listed functions"),
        ("(lambda x: x)(3)", "no expression"),
        ("[x for x in (1, 2)]", "listed functions"),
        ("9**9**9", "too long numbers"),
        ("factorial(10**6)", "larger than 1000"),
        ("gama(x)", "did you mean gamma"),
        ("tanh", "write tanh(x)"),
        ("E", "average over a standard Gaussian"),
        ("sum(x, 1, 2)", "write sum(f, k, 1, n)"),
        ("1/0", "divides by zero"),
        ("0x10", "decimal digits"),
        ("x" * 501, "500 at most"),
        ("µ + 1", "printable ASCII"),
        ("sqrt(-1)", "complex"),
        ("(" * 40 + "x" + ")" * 40 + "+" + "-" * 30 + "x", "nested more than"),
        ("+".join("abcdfghij"), "letters"),
        ("3 < 4", "if x > 0 else"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_reason(text, reason):
    with pytest.raises(ExpressionError) as caught:
        read(text, {})
    assert reason in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["x = 3", "x > y", "pi > 3", "s > 0, s < -1", "s >> 1", "z > 0", "n integers"])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(ExpressionError):
        conditions(text)


def test_conditions_of_one_letter_are_taken_together():
    found = conditions("0 < r <= 1, r < 0.5, n integer, n >= 2, k > -inf")
    assert (found["r"].low, found["r"].high) == (0, read("0.5", {})) and found["r"].open_low
    assert found["n"].integer and found["n"].low == 2 and found["n"].symbol.is_positive


# ------------------------------------------------------------------------------------------------ the command


def command(*words: str) -> subprocess.CompletedProcess[str]:
    start = [sys.executable, "-m", "verify", "compare", *words]
    return subprocess.run(start, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT)


@pytest.mark.slow
def test_the_command_prints_and_exits_as_everywhere():
    same = command("-(EulerGamma + log(2))/2", "E(log(abs(z)))", "--digits", "40", "--json")
    data = json.loads(same.stdout)
    assert same.returncode == 0 and data["schema"] == 1 and data["verdict"] == "equal" and data["digits"] == 40
    apart = command("V/B", "2*V/B**2", "--where", "V > 0, B > 0")
    assert apart.returncode == 1 and "left = 1/2 * B * right" in apart.stdout, apart.stdout
    refused = command("gama(x)", "1")
    assert refused.returncode == 2 and refused.stdout == "" and refused.stderr.count("\n") == 1


def hanging(pipe, parent, *arguments) -> None:
    """In place of the work of a comparison: one answer, then nothing."""
    pipe.send(limited.READY)
    pipe.send(Answer(verdict="undecided", how="no point was compared"))
    time.sleep(600)


def test_a_comparison_that_hangs_ends_with_what_is_known(monkeypatch):
    monkeypatch.setattr(limited, "_work", hanging)
    started = time.monotonic()
    found = limited.compare("x", "x", seconds=1)
    assert found.verdict == "undecided" and "limit 1 s" in found.how and time.monotonic() - started < 60
