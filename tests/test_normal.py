"""The normal numbers of random networks: distribution, independence, and that they are a function of the stream."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from numerics.normal import BLOCK, FEW, normal
from numerics.streams import Stream

MANY = 2**21 + 1  # odd, and no multiple of a block


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    return normal(Stream(5).generator(), MANY, scale=1.7) / 1.7


def test_moments(drawn: np.ndarray) -> None:
    """Means of powers lie within five standard errors of those of a normal law; of a product, too."""
    for power, mean in ((1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0), (6, 15.0), (8, 105.0)):
        values = drawn**power
        assert abs(values.mean() - mean) < 5 * values.std() / np.sqrt(MANY), power


def test_law(drawn: np.ndarray) -> None:
    """The whole distribution function, and the counts in the tails where Box and Muller's radius is large."""
    assert stats.kstest(drawn, stats.norm.cdf).pvalue > 1e-4
    for edge in (3.0, 4.0, 4.5):
        expected = MANY * stats.norm.sf(edge)
        for side in (drawn, -drawn):
            assert abs(np.count_nonzero(side > edge) - expected) < 5 * np.sqrt(expected) + 1


def test_independence(drawn: np.ndarray) -> None:
    """Neither neighbours, nor the two of a pair, nor their squares, nor successive blocks are correlated."""
    last = (MANY + 1) // 2 % BLOCK
    for lag in (1, 2, last, BLOCK, 2 * BLOCK):
        for a in (drawn, drawn**2 - 1):
            products = a[lag:] * a[:-lag]
            assert abs(products.mean()) < 5 * products.std() / np.sqrt(len(products)), lag


@pytest.mark.parametrize("shape", [(), (3,), (FEW,), (FEW + 1,), (70, 61), (2 * BLOCK, 3)])
def test_shape_scale_and_stream(shape: tuple[int, ...]) -> None:
    """The same stream gives the same numbers, in the shape and type asked for, whatever the scale and the type."""
    one, again, single = (normal(Stream(2).generator(), *shape, dtype=t) for t in (np.float64, np.float64, np.float32))
    scaled = normal(Stream(2).generator(), *shape, scale=0.3)
    assert one.shape == shape and one.dtype == np.float64 and single.dtype == np.float32
    assert np.array_equal(one, again) and np.array_equal(one.astype(np.float32), single)
    assert np.allclose(scaled, 0.3 * one, rtol=1e-6, atol=0)
    assert np.unique(one).size > 0.99 * one.size


def test_what_follows_is_new() -> None:
    """A second draw from a generator has other numbers than the first."""
    generator = Stream(3).generator()
    assert not np.any(normal(generator, FEW + 1) == normal(generator, FEW + 1))
