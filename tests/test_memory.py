"""What formulas share is worked out once, and never taken for what they do not share."""

from __future__ import annotations

import sys

import mpmath
import numpy as np
import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.statement import POSITIVE, Parameter
from verify.compile import Candidate, forget
from verify.compile.candidate import NUMPY
from verify.compile.float64 import Numpy
from verify.compile.walker import letters

T, S, K, Z = sp.Symbol("t"), sp.Symbol("s"), sp.Symbol("k"), sp.Symbol("z")
PARAMETERS = tuple(Parameter(symbol=x, meaning="", domain=POSITIVE, typical=(1.0, 2.0)) for x in (T, S))


def formula(right: sp.Expr, defined: sp.Expr = sp.S.One) -> Candidate:
    return Candidate((right,), (sp.Eq(K, defined, evaluate=False),), PARAMETERS)


def test_a_letter_that_is_defined_otherwise_gives_another_value():
    right = sp.exp(-T) * sp.sin(K * T) + K
    for defined in (sp.S.One, S, 2 * S, S**2):
        for t, s in ((1.3, 0.7), (1.3, 0.9), (np.array([1.3, 1.7]), 0.7)):
            k = float(defined.subs(S, s))
            assert np.allclose(formula(right, defined).numpy(t=t, s=s), np.exp(-t) * np.sin(k * t) + k, rtol=1e-14)
    for defined, k in ((sp.S.One, 1), (S, "0.7")):
        found = formula(right, defined).mpmath(30, t="1.3", s="0.7")
        with mpmath.workdps(40):
            t, k = mpmath.mpf("1.3"), mpmath.mpf(k)
            assert mpmath.almosteq(found, mpmath.exp(-t) * mpmath.sin(k * t) + k, 1e-29)


def test_working_precision_is_told_apart():
    root = formula(sp.sqrt(T) * S)
    few, many = root.mpmath(15, t="2", s="3"), root.mpmath(60, t="2", s="3")
    with mpmath.workdps(70):
        assert abs(many - 3 * mpmath.sqrt(2)) < mpmath.mpf(10) ** -58 < abs(few - 3 * mpmath.sqrt(2))


def test_variables_of_sums_and_averages_are_letters_of_their_own():
    """Their values change inside, under the same names outside."""
    twice = sp.Sum(sp.exp(-K * T), (K, 1, 3)) + sp.Sum(sp.exp(-K * T), (K, 1, 4)) + GaussE(sp.exp(S * Z), Z)
    once = Candidate((twice,), (), PARAMETERS).numpy(t=0.5, s=0.3)
    powers = np.exp(-0.5 * np.arange(5))
    assert np.isclose(once, powers[1:4].sum() + powers[1:].sum() + np.exp(0.3**2 / 2), rtol=1e-13)


def test_what_mutants_share_is_evaluated_once(monkeypatch):
    asked = []
    backend = Numpy()
    monkeypatch.setitem(backend.table, sp.sin, lambda a: asked.append(1) or np.sin(a))
    monkeypatch.setattr(sys.modules[Candidate.__module__], "NUMPY", backend)
    values = [formula(factor * sp.sin(T) + S).numpy(t=np.array([1.1, 1.2]), s=0.4) for factor in range(2, 7)]
    assert len(asked) == 1
    assert np.allclose(np.diff(values, axis=0), np.sin([1.1, 1.2]))
    formula(sp.sin(T)).numpy(t=np.array([1.1, 1.3]), s=0.4)
    assert len(asked) == 2


def test_a_side_that_a_mutant_leaves_is_looked_up(monkeypatch):
    """Also where it is a sum, which is put together anew inside another formula."""
    backend = Numpy()
    monkeypatch.setattr(sys.modules[Candidate.__module__], "NUMPY", backend)
    kept, other = T + 2 * S, T * S
    Candidate((kept, other), (), PARAMETERS).numpy(t=1.1, s=0.4)
    monkeypatch.setitem(backend._known, kept, lambda env: 1 / 0)
    assert np.allclose(Candidate((kept, other**2), (), PARAMETERS).numpy(t=1.1, s=0.4), [1.9, 0.44**2])


def test_results_of_large_arrays_are_not_kept():
    memory = NUMPY.memory
    before = memory._bytes
    formula(sp.cos(T) + S).numpy(t=np.linspace(0, 1, 50_000), s=0.4)
    assert memory._bytes == before


def test_formulas_that_were_forgotten_are_worked_out_anew(monkeypatch):
    asked = []
    monkeypatch.setitem(NUMPY.table, sp.sin, lambda a: asked.append(1) or np.sin(a))
    node, values = sp.sin(T) + S, {"t": np.array([1.1, 1.2]), "s": 0.4}
    forget()
    before = formula(node).numpy(**values)
    formula(node).numpy(**values)
    assert len(asked) == 1 and letters.cache_info().currsize > 0
    forget()
    assert letters.cache_info().currsize == 0
    assert np.array_equal(formula(node).numpy(**values), before)
    assert len(asked) == 2
    forget()  # what was planted here


def test_letters_are_those_that_sympy_calls_free():
    for node in (
        sp.Sum(T**K, (K, 1, S)),
        sp.Integral(sp.exp(-T * Z), (Z, 0, T)),
        sp.Integral(sp.sin(Z), Z),
        sp.Integral(Z, (Z, Z, 1)),
        sp.Sum(K * Z, (K, 1, Z), (Z, 1, T)),
        sp.Sum(K * Z, (Z, 1, T), (K, 1, Z)),
        1 + sp.Sum(sp.Integral(Z * K, (Z, 0, K)), (K, 1, 3)),
        GaussE(sp.exp(S * Z) * GaussE(T * K, K), Z) + K,
    ):
        assert letters(node) == node.free_symbols
