"""decide() proves what is true, refutes what is false, and is never generous."""

from __future__ import annotations

import dataclasses
import random

import pytest
import sympy as sp

from derivations.calculus.gaussian import GaussE, gaussian_moment
from derivations.proof import Step, Verdict, _draw, _probe, decide, is_judged
from derivations.statement import Source

u, v = sp.symbols("u v", positive=True)
w = sp.Symbol("w", real=True)
f, g, h = sp.symbols("f g h", cls=sp.Function)
unknown = sp.Function("unknown")
x = sp.Symbol("x", real=True)
k, n = sp.symbols("k n", integer=True, positive=True)


def verdict(obligation) -> Verdict:
    return decide(Step(claim="It vanishes.", because="b", obligation=obligation)).verdict


@pytest.mark.parametrize(
    ("zero", "how"),
    [
        (sp.S.Zero, "identical"),
        ((u + v) ** 2 - u**2 - 2 * u * v - v**2, "expansion"),
        (u / (u + v) + v / (u + v) - 1, "canonical form"),
        (sp.exp(u + v) - sp.exp(u) * sp.exp(v), "expansion"),
        (sp.cosh(w) ** 2 - sp.sinh(w) ** 2 - 1, "rewriting"),
        (sp.sin(w) ** 2 + sp.cos(w) ** 2 - 1, "rewriting"),
        (sp.log(u * v) - sp.log(u) - sp.log(v), "expansion"),
        (f(w).diff(w) - sp.Derivative(f(w), w), "identical"),
        (sp.gamma(u + 1) - u * sp.gamma(u), "simplification"),
        (sp.log((w - u) / u) - sp.log(w / u - 1), "simplification"),
        (sp.sqrt((w**2 - x**2) ** 2 + 4 * w**2 * x**2) - w**2 - x**2, "factoring"),
        (sp.Matrix([[u - u, 0], [0, sp.expand((u + 1) ** 2) - u**2 - 2 * u - 1]]), "identical"),
        ((u - u, sp.Eq((u + 1) * (u - 1), u**2 - 1, evaluate=False)), "identical, expansion"),
    ],
)
def test_zero_is_proved_by_the_cheapest_method_that_can(zero, how):
    found = decide(Step(claim="It vanishes.", because="b", obligation=zero))
    assert (found.verdict, found.how) == (Verdict.PROVED, how)


@pytest.mark.parametrize(
    "wrong",
    [u - v, sp.exp(u) - 1 - u - u**2 / 2, sp.Rational(1, 10**30) * u, sp.Matrix([0, u]), (sp.S.Zero, w), w - sp.Abs(w)],
)
def test_non_zero_is_refuted(wrong):
    assert verdict(wrong) is Verdict.REFUTED


def test_opaque_residuals_are_undecided_not_passed():
    assert verdict(f(u) - f(v)) is Verdict.UNDECIDED
    assert verdict(GaussE(f(w), w) - GaussE(f(2 * w), w)) is Verdict.UNDECIDED
    p, q = sp.symbols("p q", commutative=False)
    assert verdict(p * q - 2 * q * p) is Verdict.UNDECIDED  # numbers in their place say nothing


def test_what_holds_for_some_signs_or_by_an_integral_of_sympy_is_not_proved():
    """The logarithm of a product is a sum where both factors are positive; SymPy's integrals are not trusted."""
    assert verdict(sp.log(f(u) * g(u)) - sp.log(f(u)) - sp.log(g(u))) is Verdict.UNDECIDED
    assert verdict(sp.Integral(sp.exp(-x), (x, 0, u)) - 1 + sp.exp(-u)) is Verdict.UNDECIDED


@pytest.mark.parametrize(("size", "refuted"), [("15/10", True), ("5/10", False)])
def test_a_probe_refutes_beyond_thirty_digits_of_the_size_of_the_terms(size, refuted):
    """Of one and the terms together: numbers that are smaller could be errors of rounding."""
    assert (_probe(sp.Rational(size) / 10**30) is not None) is refuted
    root = 10**6 * sp.sqrt(2)
    nearly = sp.Rational(sp.floor(10**60 * root), 10**60)
    assert (_probe(root - nearly - sp.Rational(size) / 10**30 * (1 + 2 * nearly)) is not None) is refuted


def test_a_probe_refutes_what_is_imaginary_and_goes_on_where_there_is_no_value():
    assert verdict(sp.I * (u - v)) is Verdict.REFUTED
    first = _draw(w, random.Random(20261122))
    without = 1 / (w - first)
    assert without.subs(w, first) is sp.zoo and _probe(without) is not None


def test_points_of_a_probe_have_the_signs_of_their_letters_and_hide_no_error():
    source = random.Random(1)
    falling, whole = sp.Symbol("m", nonpositive=True), sp.Symbol("n", integer=True)
    drawn = {letter: [_draw(letter, source) for _ in range(400)] for letter in (u, w, falling, whole)}
    assert min(drawn[u]) > 0 > max(drawn[falling]) and min(drawn[w]) < 0 < max(drawn[w])
    assert {*drawn[whole]} == {*range(3, 10)}
    assert not any(value.is_integer for letter in (u, w, falling) for value in drawn[letter])


def test_an_empty_obligation_is_undecided():
    assert verdict(()) is Verdict.UNDECIDED


def test_assumptions_are_visible():
    step = Step(claim="It vanishes.", because="b", assumption=Source(document="000", where="slide"))
    assert decide(step).verdict is Verdict.ASSUMED


@pytest.mark.parametrize("fields", [{}, {"obligation": u, "assumption": Source(document="000", where="s")}])
def test_a_step_has_either_an_obligation_or_an_assumption(fields):
    with pytest.raises(ValueError, match="either"):
        Step(claim="It vanishes.", because="b", **fields)


@pytest.mark.parametrize("obligation", [u == u + 0, u == 2, sp.true, (u - u, False), u < 2])
def test_an_obligation_is_no_truth_value(obligation):
    """`left == right` compares how both sides are written: it proves nothing, and refutes nothing."""
    with pytest.raises(ValueError, match="difference of two sides"):
        Step(claim="It vanishes.", because="b", obligation=obligation)


@pytest.mark.parametrize(("claim", "reason"), [("It vanishes", "ends with a period"), (" ", "needs a claim")])
def test_a_claim_is_a_sentence(claim, reason):
    with pytest.raises(ValueError, match=reason):
        Step(claim=claim, because="b", obligation=u - u)


def test_gaussian_moments_agree_with_the_integral():
    z = sp.Symbol("z", real=True)
    for k in range(7):
        assert sp.simplify(GaussE(z**k, z).to_integral().doit() - gaussian_moment(k)) == 0
        assert GaussE(z**k, z).doit() == gaussian_moment(k)


def test_the_bound_variable_is_not_free():
    z = sp.Symbol("z", real=True)
    node = GaussE(f(u * z), z)
    assert node.free_symbols == {u}
    assert node.subs(z, v) == node
    assert node.diff(u) == GaussE(f(u * z).diff(u), z)


def test_what_is_proved_for_instances_says_so():
    """A universal sentence of which some cases are proved has a verdict of its own, and a false case refutes it."""
    step = Step(claim="All of them vanish.", because="b", obligation=(u - u, v - v), instances="two letters")
    found = decide(step)
    assert found.verdict is Verdict.INSTANCES and found.how.startswith("for two letters")
    assert decide(dataclasses.replace(step, obligation=(u - u, v))).verdict is Verdict.REFUTED


STATED = frozenset(
    {
        sp.Eq(sp.Symbol("y"), w * sp.exp(-v), evaluate=False),
        sp.Eq(w, u + v**2, evaluate=False),
        sp.Eq(f(u), sp.log(u), evaluate=False),
        sp.Eq(g(u, v), u * v**2, evaluate=False),
        sp.Eq(g(u, u), u**3, evaluate=False),  # no law: it speaks of equal arguments only
        sp.Eq(h(u), sp.Sum(u**k, (k, 2, 3)), evaluate=False),
    }
)


@pytest.mark.parametrize(
    ("shown", "judged"),
    [
        (sp.Eq(sp.Symbol("y"), w * sp.exp(-v), evaluate=False), True),  # stated
        (sp.Eq(sp.Symbol("y") * sp.exp(v), u + v**2), True),  # follows from two of them
        (sp.Eq(sp.Symbol("y") * sp.exp(v), u + v**3), False),
        (sp.Eq(sp.Derivative(f(u), u), 1 / u), True),
        (sp.Eq(sp.Derivative(f(u), u), 2 / u), False),
        (sp.Eq((u + v) ** 2, u**2 + 2 * u * v + v**2), True),  # stands by itself
        (sp.Eq((u + v) ** 2, u**2 + u * v + v**2), False),
        (sp.Eq(u**2, v**3 + 1), True),  # a residual
        (sp.Eq(v**3 + 1, u**2), True),  # or its negative
        (sp.Eq(sp.Symbol("name"), u + v**2), False),  # of which nothing speaks
        (sp.Eq(sp.Tuple(w, w), sp.Tuple(u + v**2, u), evaluate=False), False),
        (sp.Ge(w, u), False),
        (sp.Eq(g(u + 1, 2), 4 * (u + 1)), True),  # a law at other arguments
        (sp.Eq(g(u + 1, 2), 2 * (u + 1)), False),
        (sp.Eq(h(v + 1), (v + 1) ** 2 + (v + 1) ** 3), True),  # a short sum is written out
        (sp.Eq(h(v), v**2), False),
        (sp.Eq(h(k), k**2 + k**3), False),  # its letter would be taken hold of
        (sp.Eq(sp.Sum(u**k, (k, 2, 2)), u**2), True),
        (sp.Eq(sp.Derivative(w * u, w), u), True),  # no letter is given where a derivative goes over it
        (sp.Eq(sp.Integral(w, (w, 0, 1)), sp.Rational(1, 2)), False),
        (sp.Eq(sp.Integral(x, (x, 0, 1)), sp.Rational(1, 2)), False),  # no relation rests on SymPy's integrals
        (sp.Eq(sp.Sum(k, (k, 1, n)), n * (n + 1) / 2), False),  # nor on its closed forms
        (sp.Eq(sp.Sum(u**k, (k, 1, 32)), sp.Add(*(u**k for k in range(1, 33)))), True),
        (sp.Eq(sp.Sum(u**k, (k, 1, 33)), sp.Add(*(u**k for k in range(1, 34)))), False),  # that takes long
        (sp.Eq(sp.Add(*(sp.sin(k * u) for k in range(60))), v), False),  # and this
        (sp.Eq(unknown(u), u), False),  # of which nothing is stated
        (sp.Eq(sp.Abs(x), x, evaluate=False), False),  # a point of one sign says nothing of the other
        (sp.Eq(sp.Abs(x), -x, evaluate=False), False),
        (sp.Eq(sp.Tuple(w, w), w, evaluate=False), False),
        (sp.Eq(sp.ImmutableMatrix([[u]]), sp.ImmutableMatrix([[u]]), evaluate=False), False),
    ],
)
def test_a_displayed_relation_is_judged_where_it_follows_from_what_is_stated(shown, judged):
    step = Step(claim="It vanishes.", because="b", obligation=u**2 - v**3 - 1, shows=shown)
    assert is_judged(step, STATED) is judged


force, change = sp.symbols("g h", commutative=False)
rows, columns = sp.MatrixSymbol("R", 2, 3), sp.MatrixSymbol("C", 3, 2)
curve = sp.Function("y")
small = sp.Symbol("epsilon", real=True)
MATRIX = sp.Matrix(2, 2, sp.symbols("a:4"))
VECTOR = sp.Matrix(sp.symbols("b:2"))


def displayed(relation, left, right):
    return relation(left, right, evaluate=False)


@pytest.mark.parametrize(
    ("shown", "means", "verdict"),
    [
        (displayed(sp.Eq, w, u + 1), {w: (u**2 - 1) / (u - 1)}, Verdict.PROVED),
        (displayed(sp.Eq, w, u + 2), {w: (u**2 - 1) / (u - 1)}, Verdict.REFUTED),
        (displayed(sp.Eq, sp.Tuple(w, w**2), sp.Tuple(u, u**2)), {w: u}, Verdict.PROVED),
        (displayed(sp.Eq, sp.Tuple(w, w**2), sp.Tuple(u, u)), {w: u}, Verdict.REFUTED),
        (displayed(sp.Eq, w, 2 * n), ({w: 4, n: 2}, {w: 6, n: 3}), Verdict.PROVED),
        (displayed(sp.Eq, w, 2 * n), ({w: 4, n: 2}, {w: 5, n: 3}), Verdict.REFUTED),  # one instance is enough
        (displayed(sp.Eq, sp.Limit(sp.sin(u) / u, u, 0), 1), {}, Verdict.PROVED),
        (displayed(sp.Eq, sp.Limit(sp.sin(u) / u, u, 0), 2), {}, Verdict.REFUTED),
        (displayed(sp.Eq, sp.Derivative(curve(u), u), 2 * u), {curve(u): u**2}, Verdict.PROVED),
        (displayed(sp.Eq, sp.Derivative(curve(u), u), 3 * u), {curve(u): u**2}, Verdict.REFUTED),
        (displayed(sp.Eq, sp.Sum(k, (k, 1, 3)), 6), {}, Verdict.PROVED),
        (
            displayed(sp.Eq, sp.Derivative(u * w, u), sp.Rational(1, 2)),
            {w: sp.Integral(x, (x, 0, 1))},
            Verdict.UNDECIDED,
        ),  # no relation rests on SymPy's integrals
        (
            displayed(sp.Eq, force, change * change),
            {force: MATRIX * VECTOR, change: VECTOR},
            ValueError,
        ),  # that do not fit
        (displayed(sp.Eq, force, w * change), {force: MATRIX * VECTOR, w: MATRIX, change: VECTOR}, Verdict.PROVED),
        (displayed(sp.Eq, force, w * change), {force: MATRIX.T * VECTOR, w: MATRIX, change: VECTOR}, Verdict.REFUTED),
        (displayed(sp.Eq, force, 0), {force: VECTOR - VECTOR}, Verdict.PROVED),
        (displayed(sp.Eq, 0, force), {force: VECTOR}, Verdict.REFUTED),
        (displayed(sp.Eq, force, w), {force: VECTOR}, ValueError),
        (displayed(sp.Eq, rows * columns, sp.eye(2)), {rows: sp.eye(2, 3), columns: sp.eye(3, 2)}, Verdict.PROVED),
        (displayed(sp.Eq, columns * rows, sp.eye(3)), {rows: sp.eye(2, 3), columns: sp.eye(3, 2)}, Verdict.REFUTED),
        (displayed(sp.Eq, 1 / w, small + sp.O(small**2)), {w: 1 / sp.log(1 + small)}, Verdict.PROVED),
        (displayed(sp.Eq, 1 / w, small + sp.O(small**3)), {w: 1 / sp.log(1 + small)}, Verdict.REFUTED),
        (displayed(sp.Eq, w, (small + sp.O(small**3)) ** 2), {w: small**2 + 7 * small**4}, Verdict.PROVED),
        (displayed(sp.Eq, w, (small + sp.O(small**3)) ** 2), {w: small**2 + 7 * small**3}, Verdict.REFUTED),
        (displayed(sp.Eq, w, sp.exp(sp.O(small))), {w: 1 + small}, Verdict.UNDECIDED),
        (displayed(sp.Ge, w, 0), {w: u**2 - 2 * u * v + v**2}, Verdict.PROVED),
        (displayed(sp.Gt, w, 0), {w: u**2 - 2 * u * v + v**2}, Verdict.UNDECIDED),
        (displayed(sp.Lt, w, u), {w: u - sp.Symbol("p", positive=True)}, Verdict.PROVED),
        (displayed(sp.Le, w, u), {w: u + sp.Symbol("p", positive=True)}, Verdict.REFUTED),
        (displayed(sp.Ne, w, u), {w: u + sp.Symbol("p", positive=True)}, Verdict.PROVED),
    ],
)
def test_a_displayed_relation_whose_names_have_a_meaning_is_an_obligation(shown, means, verdict):
    step = Step(claim="It holds.", because="b", shows=shown, means=means)
    if verdict is ValueError:
        with pytest.raises(ValueError):
            decide(step)
    else:
        assert is_judged(step) and decide(step).verdict is verdict
        also = Step(claim="It holds.", because="b", obligation=u - u, shows=shown, means=means)
        assert decide(also).verdict is verdict  # whatever else is to be shown


@pytest.mark.parametrize(
    "fields",
    [
        {"shows": sp.Eq(w, u), "means": {v: u}},  # a name that is not displayed
        {"means": {w: u}, "obligation": u - u},
        {"shows": sp.And(w > u, w > 0), "means": {w: u}},
        {"shows": sp.Eq(w, u), "means": {w: u}, "assumption": Source(document="000", where="p. 1")},
    ],
)
def test_a_meaning_belongs_to_a_name_in_what_a_step_displays_and_proves(fields):
    with pytest.raises(ValueError):
        Step(claim="It holds.", because="b", **fields)


def test_statements_that_give_a_letter_two_values_judge_nothing_by_it():
    step = Step(claim="It vanishes.", because="b", obligation=u - u, shows=sp.Eq(w * u, u**2 + u * v**2))
    assert is_judged(step, STATED) and not is_judged(step, STATED | {sp.Eq(w, u, evaluate=False)})
