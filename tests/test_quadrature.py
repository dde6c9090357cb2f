"""Quadrature of references, spectra of trees, and averages of formulas by two number systems."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from flint import fmpq

from derivations.calculus.gaussian import GaussE
from verify.compile import exact
from verify.references import taxonomies
from verify.references.quadrature import gauss_legendre, over_shells, quadrature

z, q = sp.Symbol("z", real=True), sp.Symbol("q", positive=True)


def test_analytic_integrands_are_right_to_the_working_precision():
    with mpmath.workdps(40):
        assert abs(quadrature(lambda x: 1 / (x + 1), [0, 1, 3]) - mpmath.log(4)) < mpmath.mpf(10) ** -39
        assert abs(quadrature(mpmath.npdf, [-14, -5, 0, 14]) - 1) < mpmath.mpf(10) ** -39


def test_a_panel_that_counts_for_nothing_costs_no_digits():
    with mpmath.workdps(30):  # the last panel holds 1e-40 of the integral
        assert abs(quadrature(lambda x: mpmath.exp(-x), [0, 4, 100, 200]) - 1) < mpmath.mpf(10) ** -29


def test_an_integrand_with_a_kink_is_refused():
    with mpmath.workdps(30), pytest.raises(ArithmeticError, match="not analytic"):
        quadrature(lambda x: abs(x - mpmath.pi / 10), [0, 1])


def test_nodes_come_in_order_and_weights_add_up():
    with mpmath.workdps(30):
        rule = gauss_legendre(7, mpmath.mp.prec)
        assert [place for place, _ in rule] == sorted(place for place, _ in rule)
        assert abs(mpmath.fsum(weight for _, weight in rule) - 2) < mpmath.mpf(10) ** -29


@pytest.mark.parametrize("size", (1, 2, 5))
def test_lengths_of_gaussian_vectors(size):
    with mpmath.workdps(30):
        logarithm, square, length = over_shells(30, size)
        half = mpmath.mpf(size) / 2
        expected = (mpmath.digamma(half) - mpmath.log(half)) / 2
        assert abs(logarithm - expected) < mpmath.mpf(10) ** -25
        assert abs(square - logarithm**2 - mpmath.polygamma(1, half) / 4) < mpmath.mpf(10) ** -25
        assert abs(length - 1) < mpmath.mpf(10) ** -25


def test_projections_onto_the_levels_of_a_tree_add_up_and_are_eigenvectors():
    vector = [3, -1, 4, 1, -5, 9, 2, -6]
    parts = taxonomies.projections(2, 3, "0.13", vector)
    assert [sum(entries) for entries in zip(*(part for _, part in parts), strict=True)] == vector
    matrix = taxonomies.exact_covariance(2, 3, "0.13").table()
    for value, part in parts:
        assert [sum((a * b for a, b in zip(row, part, strict=True)), fmpq(0)) for row in matrix] == [
            value * b for b in part
        ]


def test_levels_that_are_not_rational_are_refused(monkeypatch):
    from flint import fmpq_mat

    monkeypatch.setattr(taxonomies, "exact_covariance", lambda *tree: fmpq_mat([[0, 1], [2, 0]]))
    with pytest.raises(ArithmeticError, match="not rational"):
        taxonomies.levels(7, 7, "0.3")


@pytest.mark.parametrize("function", (sp.tanh(sp.sqrt(q) * z) ** 2, sp.sin(sp.sqrt(q) * z + 1), sp.exp(z) * z**2))
def test_balls_and_mpmath_give_the_same_average(function, monkeypatch):
    backend, node = exact.Mpmath(), GaussE(function, z)
    with mpmath.workdps(40):
        env = {q: mpmath.mpf("1.37")}
        by_balls = backend.gauss(node, env)
        monkeypatch.setattr(backend, "_in_balls", lambda *question: None)
        assert abs(by_balls - backend.gauss(node, env)) < mpmath.mpf(10) ** -35


def test_averages_without_a_real_value_are_left_to_mpmath():
    backend = exact.Mpmath()
    with mpmath.workdps(30):
        assert backend._in_balls(GaussE(sp.log(q - 2 + 0 * z) * z**2, z), {q: mpmath.mpf(1)}) is None
        assert backend._in_balls(GaussE(z**2 * q, z), {q: mpmath.mpc(1, 1)}) is None
