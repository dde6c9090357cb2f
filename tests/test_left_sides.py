"""Wrong left-hand sides: which slips are planted in the quantity, in what stands beside it and inside a limit."""

from __future__ import annotations

import pytest
import sympy as sp

from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import s, t
from verify.audit.left import other_left_sides

y, z = sp.symbols("y z", positive=True)
MATRIX = sp.Symbol("H", commutative=False)
OF_SIZE = {"left-hand side times 2", "left-hand side by 2", "sign of the left-hand side"}


def planted(*left: sp.Expr, measured: tuple[sp.Expr, ...]) -> list[tuple[tuple[sp.Expr, ...], str]]:
    letters = (s, t, MATRIX)
    statement = Statement(
        module="derivations.sample.left",
        title="Left",
        formula=sp.Eq(sp.Tuple(*left), sp.Tuple(*(s + t for _ in left)), evaluate=False),
        parameters=tuple(
            Parameter(symbol=letter, meaning=str(letter), domain=sp.Interval.open(0, sp.oo), typical=(0.5, 3.0))
            for letter in letters
        ),
        assumptions=(),
        regime=Exact(),
        sources=(Source(document="001", where="nowhere"),),
        covers=("A1",),
    )
    return list(other_left_sides(statement, tuple(map(str, measured))))


def test_slips_of_a_quantity_that_stands_alone():
    assert planted(y, measured=(y,)) == [
        ((2 * y,), "left-hand side times 2"),
        ((y / 2,), "left-hand side by 2"),
        ((-y,), "sign of the left-hand side"),
        ((1 - y,), "left-hand side taken from 1"),
        ((y**2,), "left-hand side squared"),
        ((sp.sqrt(y),), "root of the left-hand side"),
        ((1 / y,), "left-hand side inverted"),
        ((y * s,), "left-hand side times s"),
        ((y / s,), "left-hand side by s"),
        ((y * t,), "left-hand side times t"),
        ((y / t,), "left-hand side by t"),
    ]


def test_a_matrix_is_only_given_another_size_or_sign():
    assert {change for _, change in planted(MATRIX, measured=(MATRIX,))} == OF_SIZE


def test_two_quantities_are_swapped_and_each_stands_in_the_place_of_the_other():
    found = planted(y, 2 * z, measured=(y, z))
    assert [left for left, change in found if change == "left-hand sides swapped"] == [(2 * z, y)]
    named = [left for left, change in found if change == "name of another quantity on the left"]
    assert named == [(z, 2 * z), (y, 2 * y)]
    assert all(left[0] == y or left[1] == 2 * z for left, change in found if "swapped" not in change)


def test_no_left_hand_side_is_lost_where_another_is_changed():
    assert {len(left) for left, _ in planted(y + s, 2 * z, measured=(y, z))} == {2}


def test_one_quantity_has_no_other_to_be_taken_for():
    assert not [change for _, change in planted(y + s, measured=(y,)) if "name of another" in change]


@pytest.mark.parametrize(
    ("left", "beside"),
    [
        (y + s, {y + s**2, y + 1 / s, y - s, y + t, y + MATRIX}),
        (3 * y, {4 * y, 2 * y}),
        (t * (s + sp.log(y)), {t**2 * (s + sp.log(y)), s * (s + sp.log(y)), t * (1 / s + sp.log(y))}),
        (y / sp.log(2), {y / sp.log(3), y * sp.log(2), -y / sp.log(2), y / sp.log(2) ** 2, y, sp.log(2) ** -2 * y}),
    ],
)
def test_what_stands_beside_a_quantity_is_changed_and_what_has_no_value_is_not_planted(left, beside):
    alone = {change for _, change in planted(y, measured=(y,))}
    found = {side for (side,), change in planted(left, measured=(y,)) if change not in alone}
    assert beside <= found
    assert not any(side.has(sp.zoo, sp.nan) for side in found)


def test_what_a_limit_is_taken_of_is_changed_but_not_the_letter_that_goes():
    limit = sp.Limit(t * sp.log(s), t, 5)
    inside = [side for (side,), change in planted(limit, measured=(limit,)) if isinstance(side, sp.Limit)]
    assert {side.args[2] for side in inside} == {4, 5, 6}
    assert {side.args[1] for side in inside} == {t}
    integrands = {side.args[0] for side in inside if side.args[2] == 5}
    assert {t * sp.log(s**2), -t * sp.log(s), t / sp.log(s), t * sp.log(t)} <= integrands
    assert not {t**2 * sp.log(s), s * sp.log(s)} & integrands


def test_a_limit_at_infinity_keeps_its_place():
    limit = sp.Limit(sp.log(s) / t, t, sp.oo)
    inside = [side for (side,), _ in planted(limit, measured=(limit,)) if isinstance(side, sp.Limit)]
    assert inside and {side.args[2] for side in inside} == {sp.oo}
