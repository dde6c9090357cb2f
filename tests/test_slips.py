"""Where in a formula the audit plants slips: what is changed, what is left alone, and what is planted once only."""

from __future__ import annotations

import pytest
import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import phi as f
from derivations.symbols import s, t
from verify.audit.mutants import Mutant, evaluable, mutants, scaled, standing, written

y = sp.Symbol("y")
z = sp.Symbol("z", real=True)
k = sp.Symbol("k", integer=True, positive=True)
one, two, three = sp.symbols("one two three", positive=True)  # letters with a definition

PARAMETERS = (
    Parameter(symbol=s, meaning="a number", domain=sp.Interval(0, sp.oo), typical=(0.5, 3.0)),
    Parameter(symbol=t, meaning="another", domain=sp.Interval(0, sp.oo), typical=(0.5, 3.0)),
    Parameter(symbol=f, meaning="any function"),
)


def statement(right: sp.Expr, *where: sp.Eq) -> Statement:
    return Statement(
        module="derivations.sample.slips",
        title="Slips",
        formula=sp.Eq(y, right, evaluate=False),
        where=where,
        parameters=PARAMETERS,
        assumptions=(),
        regime=Exact(),
        sources=(Source(document="001", where="nowhere"),),
        covers=("A1",),
    )


def defined(letter: sp.Symbol, as_: sp.Expr) -> sp.Eq:
    return sp.Eq(letter, as_, evaluate=False)


def planted(right: sp.Expr) -> list[sp.Expr]:
    """Right-hand sides; wrong left-hand sides come with the right one."""
    return [m.right[0] for m in mutants(statement(right)) if m.right != (right,)]


CHAIN = (defined(one, s**2), defined(two, one + t), defined(three, two * s))


def test_one_definition_is_changed_and_the_others_stay():
    right = one + two + three
    for mutant in mutants(statement(right, *CHAIN)):
        assert [d.lhs for d in mutant.where] == [one, two, three]
        changed = [a for a, b in zip(mutant.where, CHAIN, strict=True) if a != b]
        assert len(changed) + (mutant.right != (right,)) + (mutant.left != (y,)) == 1
    for number in range(3):
        assert any(m.where[number] != CHAIN[number] for m in mutants(statement(right, *CHAIN)))


def test_no_definition_uses_itself_or_a_later_one():
    swapped = {m.canonical().where for m in mutants(statement(three, *CHAIN)) if " for " in m.change}
    assert any(where[1] == defined(two, one + s) for where in swapped)
    assert any(where[2] == defined(three, one * s) for where in swapped)  # an earlier one may be taken instead
    for where in swapped:
        for number, definition in enumerate(where):
            assert not definition.rhs.free_symbols & {d.lhs for d in where[number:]}


def test_a_real_formula_has_no_imaginary_slips_and_a_complex_one_has():
    assert sp.sqrt(3) in planted(sp.sqrt(2)) and not any(wrong.has(sp.I) for wrong in planted(sp.sqrt(2)))
    assert sp.exp(-sp.I * s) in planted(sp.exp(sp.I * s))
    assert not any(wrong.has(sp.zoo, sp.nan) for wrong in [*planted(sp.exp(sp.I / s)), *planted(1 / (1 + s))])


def test_the_limits_of_an_integral_are_changed_and_its_letter_is_not():
    found = [wrong for wrong in planted(sp.Integral(f(z), (z, 0, s))) if isinstance(wrong, sp.Integral)]
    assert {tuple(wrong.variables) for wrong in found} == {(z,)}
    ends = {wrong.limits[0][1:] for wrong in found}
    assert {(1, s), (-1, s), (0, t), (0, 2 * s), (0, -s)} <= ends
    assert any(wrong.function != f(z) for wrong in found)


def test_letters_of_the_formula_stand_for_each_other_and_not_for_what_is_integrated_over():
    found = {wrong.function for wrong in planted(sp.Integral(s * f(z), (z, 0, 1))) if isinstance(wrong, sp.Integral)}
    assert t * f(z) in found and found.isdisjoint({z * f(z), s * f(s), s * f(t)})


def test_a_slip_has_a_word():
    words = {m.right[0]: m.change for m in mutants(statement(sp.Add(s * t, sp.exp(s))))}
    assert (words[s * t], words[s + sp.exp(s)]) == ("term dropped", "factor dropped")


def test_the_limits_of_a_sum_are_changed_and_its_letter_is_not():
    found = [wrong for wrong in planted(sp.Sum(s**k, (k, 1, s))) if isinstance(wrong, sp.Sum)]
    assert {tuple(wrong.variables) for wrong in found} == {(k,)}
    assert {(0, s), (2, s), (1, 2 * s), (1, -s)} <= {wrong.limits[0][1:] for wrong in found}


def test_a_derivative_at_a_place_is_taken_at_others():
    slope = sp.Subs(f(z).diff(z), z, s * t)
    places = {
        wrong.point[0].doit() for wrong in planted(slope) if isinstance(wrong, sp.Subs) and wrong.expr == slope.expr
    }
    assert {s + t, 2 * s * t, s / t, s, t, s * s} <= places
    assert not any(z in wrong.free_symbols for wrong in planted(slope))


@pytest.mark.parametrize(
    "right",
    [GaussE(sp.tanh(s * z), z), sp.Integral(f(s * z), (z, 0, 1)), sp.Sum(f(s * k), (k, 0, 3)), s * sp.log(t)],
)
def test_a_multiple_of_a_formula_is_planted_once(right):
    """Whether the average is doubled, what is averaged or a factor of it."""
    for factor in (2, -1, sp.Rational(1, 2)):
        same = [w for w in planted(right) if _as_product(w) == _as_product(factor * right)]
        assert same == [factor * right]


def _as_product(side: sp.Expr) -> sp.Expr:
    """Factors of an average, an integral or a sum taken out of it."""

    def outside(node: sp.Expr) -> sp.Expr:
        number, rest = node.args[0].as_coeff_Mul()
        return number * node.func(rest, *node.args[1:])

    return side.replace(lambda node: isinstance(node, (GaussE, sp.Integral, sp.Sum)), outside)


def test_factors_are_scaled_with_their_product_and_terms_alone():
    """3 s exp(-t) + t: a change of 3, of s and of the exponential is one of the product."""
    product = 3 * s * sp.exp(-t)
    entries = dict[sp.Basic, list]()
    for node, scale in scaled(statement(product + t)):
        entries.setdefault(node, []).append(scale)
    (whole,) = entries[product]
    assert entries[sp.Integer(3)] == entries[s] == entries[sp.exp(-t)] == [whole]
    (exponent,) = entries[-t]
    assert entries[sp.S.NegativeOne] == [exponent] and entries[t][1 - entries[t].index(exponent)] != exponent
    assert len({whole, exponent, *entries[product + t], *entries[t]}) == 4


def test_an_average_is_scaled_with_what_is_averaged():
    average = GaussE(sp.tanh(s * z), z)
    (outer, inner, argument, *_) = (scale for _, scale in scaled(statement(average)))
    assert outer is inner and argument is not inner
    ends = [scale for node, scale in scaled(statement(sp.Integral(f(z), (z, s, t)))) if node in (s, t)]
    assert len({*ends}) == 2


@pytest.mark.parametrize("right", [sp.Integral(f(s * z), (z, 0, t)), sp.Sum(f(s * k), (k, 1, t))])
def test_the_letter_of_an_integral_or_a_sum_is_no_node_of_its_own(right):
    nodes = scaled(statement(right))
    assert [node for node, _ in nodes].count(right.variables[0]) == 1  # in the argument
    assert all(scale(sp.Rational(1, 10)).right != (right,) for _, scale in nodes)


def test_a_slip_without_a_value_hides_no_other_at_its_place():
    """The root of -s is imaginary; an exponential is real."""
    assert sp.exp(-s) in planted(sp.log(-s)) and sp.sqrt(-s) not in planted(sp.log(-s))


def test_a_node_is_shown_in_its_side_or_definition():
    formula = statement(one * t, defined(one, sp.exp(s)), defined(two, s + 1))
    shown = standing(formula)
    assert len(shown) == len(scaled(formula))
    assert {"y = one*«t»", "one = exp(«s»)", "two = s + «1»", "two = «s» + 1", "one = «exp(s)»"} <= {*shown}


def test_powers_under_a_root_get_absolute_values_factor_by_factor():
    """log((s - t)^-3) has a value where s exceeds t only: log |s - t|^-3 has one but at s = t."""
    formula = statement(sp.log(s))
    wrong = written(formula, "wrong", right=(sp.log(s * (s - t) ** -3),))
    assert isinstance(wrong, Mutant)
    assert evaluable(wrong, formula).right == (sp.log(s * sp.Abs(s - t) ** -3),)
