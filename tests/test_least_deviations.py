"""Batched least absolute deviations against the simplex method, and against medians."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.high_dimensional_statistics import least_deviations as batched


@pytest.mark.parametrize(("parameters", "examples"), [(1, 7), (5, 12), (20, 30), (15, 90)])
def test_solutions_are_those_of_the_simplex_method(parameters: int, examples: int) -> None:
    """Every parameter, to rounding."""
    generator = np.random.default_rng(parameters)
    inputs = generator.standard_normal((6, examples, parameters))
    labels = generator.laplace(size=(6, examples))
    found = batched.least_deviations(inputs, labels)
    for number in range(6):
        expected = batched.absolute_deviations(inputs[number], labels[number])
        assert np.allclose(found[number], expected, rtol=0, atol=1e-9)


def test_a_constant_is_fitted_by_the_median() -> None:
    """With the input 1 alone the fit is the middle one of an odd number of labels, exactly."""
    labels = np.random.default_rng(3).standard_normal((5, 11))
    found = batched.least_deviations(np.ones((5, 11, 1)), labels)
    assert np.array_equal(found[:, 0], np.median(labels, axis=1))


def test_a_vertex_that_is_no_solution_is_not_certified() -> None:
    """Parameters far from the solution: the vertex next to them is told, and the simplex method takes over."""
    generator = np.random.default_rng(5)
    inputs, labels = generator.standard_normal((3, 20, 4)), generator.standard_normal((3, 20))
    _, certain = batched._vertices(inputs, labels, np.full((3, 4), 5.0))
    assert not certain.any()
