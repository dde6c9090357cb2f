"""Wrong formulas that no check notices: which are found to equal the right one, or not, without a simplification."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from derivations.symbols import phi, x
from verify.audit.audit import _differs_somewhere, _same_total
from verify.compile.float64 import GAUSS_RANGE, Numpy

k, N = sp.symbols("k N", integer=True, positive=True)
a, z = sp.symbols("a z", positive=True)


def binomials(low: sp.Expr, high: sp.Expr = N, of: sp.Expr = N) -> sp.Sum:
    return sp.Sum(sp.binomial(of, k), (k, low, high))


def test_sums_that_differ_by_terms_that_vanish_are_the_same():
    assert _same_total(binomials(sp.S.Zero), binomials(sp.S.NegativeOne))
    assert _same_total(binomials(sp.Integer(-2)), binomials(sp.S.Zero))


@pytest.mark.parametrize(
    "other",
    [
        binomials(sp.S.One),
        binomials(sp.S.NegativeOne, N - 1),
        binomials(sp.S.NegativeOne, of=N + 1),
        binomials(N),
        sp.Sum(sp.binomial(N, k), (k, -1, N), (N, 0, 3)),
        sp.binomial(N, 2),
    ],
)
def test_sums_that_differ_by_more_are_not(other):
    assert not _same_total(binomials(sp.S.Zero), other)


def test_unknown_functions_at_different_places_differ():
    def slope(place: sp.Expr) -> sp.Expr:
        return sp.Subs(sp.Derivative(phi(x), x), x, place)

    for function in (phi, slope, lambda place: slope(place) ** 2):
        assert _differs_somewhere(function(a * z) - function(-a * z), ())
        assert not _differs_somewhere(function(a * z) - function(z * a + sp.sin(a) ** 2 + sp.cos(a) ** 2 - 1), ())
    assert not _differs_somewhere(phi(a).diff(a) - sp.Derivative(phi(a * z), a), ())  # nothing is known of it


def test_nodes_between_kinks_follow_the_kinks():
    backend = Numpy()
    for kinks in ([0.0, 1.0], [0.0, 2.0], [-1.0, 20.0]):
        z, weight = backend._nodes([np.array(kinks)], (2,))
        assert z.shape == weight.shape == (2, 320)
        assert np.allclose(np.sum(weight, axis=-1), 1, rtol=1e-13)
        assert all(np.sum(nodes < min(kink, GAUSS_RANGE)) in (160, 320) for nodes, kink in zip(z, kinks, strict=True))
