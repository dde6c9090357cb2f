"""The algebra of free probability: transforms of laws that are known otherwise, and steps that must fail."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
import sympy as sp

from derivations.calculus import free_probability as free
from derivations.calculus import taylor
from derivations.proof import Verdict, decide

ORDER = 5
SEMICIRCLE = (0, 1, 0, 2, 0, 5)
CATALAN = tuple(sp.catalan(k) for k in range(1, ORDER + 1))


def test_examples_in_the_docstrings():
    assert doctest.testmod(free).failed == 0


@pytest.mark.parametrize("steps", [free.multiplication_law, free.positive_factors, free.fuss_catalan_numbers])
def test_steps_are_proved(steps):
    assert {decide(step).verdict for step in steps()} <= {Verdict.PROVED, Verdict.INSTANCES}


def test_what_is_assumed_is_asymptotic_freeness_alone():
    assert [decide(step).verdict for step in free.asymptotic_freeness()] == [Verdict.ASSUMED]


def test_transforms_and_moments_are_inverse_to_each_other():
    moments = [sp.Symbol(f"m_{k}", positive=True) for k in range(1, ORDER + 1)]
    found = free.moments_of_s(free.s_transform(moments))
    assert all(sp.cancel(a - b) == 0 for a, b in zip(found, moments, strict=True))
    chi = free.chi(moments)
    assert [sp.cancel(c) for c in free.composed(free.psi(moments), chi)] == [0, 1, *[0] * (ORDER - 1)]
    eta, psi = free.eta(moments), free.psi(moments)
    back = free.product(eta, free.reciprocal((1, *(-c for c in eta[1:]))))  # psi = eta / (1 - eta)
    assert [sp.cancel(a - b) for a, b in zip(back, psi, strict=True)] == [0] * (ORDER + 1)


def test_transforms_of_known_laws():
    assert free.r_transform(SEMICIRCLE) == (0, 1, 0, 0, 0, 0)
    assert free.s_transform(CATALAN) == (1, -1, 1, -1, 1)  # 1 / (1 + z)
    p = sp.Symbol("p", positive=True)
    bernoulli = free.s_transform([p] * ORDER)  # (1 + z) / (p + z)
    known = taylor.coefficients((1 + free.Z) / (p + free.Z), ORDER, free.Z)
    assert [sp.cancel(a - b) for a, b in zip(bernoulli, known, strict=True)] == [0] * ORDER


def test_r_and_s_are_two_faces_of_one_law():
    """z R(z) and z S(z) are inverse to each other."""
    moments = [sp.Symbol(f"m_{k}", positive=True) for k in range(1, ORDER + 1)]
    of_r, of_s = ((sp.S.Zero, *f(moments)) for f in (free.r_transform, free.s_transform))
    assert [sp.cancel(c) for c in free.composed(of_r, of_s)] == [0, 1, *[0] * (ORDER - 1)]


def test_free_product_is_that_of_rotated_matrices():
    """Two diagonal matrices, one of them rotated at random: their moments at N = 400 to a few in N^2."""
    rng = np.random.default_rng(7)
    size, draws = 400, 4
    first, second = rng.uniform(0.2, 1.5, size), rng.exponential(size=size)
    exact = free.free_product(*([sp.Float(np.mean(v**k)) for k in range(1, 4)] for v in (first, second)))
    measured = []
    for _ in range(draws):
        basis, corner = np.linalg.qr(rng.normal(size=(size, size)))
        basis *= np.sign(np.diagonal(corner))
        whole = np.sqrt(first)[:, None] * (basis * second) @ basis.T * np.sqrt(first)
        measured.append([np.trace(np.linalg.matrix_power(whole, k)) / size for k in range(1, 4)])
    np.testing.assert_allclose(np.mean(measured, axis=0), [float(m) for m in exact], rtol=10 / size)
    same = [np.mean((first * first) ** k) for k in (2, 3)]  # a matrix is not free from itself
    assert abs(same[0] / float(free.free_product(*[[np.mean(first**k) for k in range(1, 4)]] * 2)[1]) - 1) > 0.05


def test_a_wrong_law_is_refuted():
    """Independent commuting variables have the means a_k b_k; their S-transforms do not multiply."""
    first, second = ([free.letter_moment(name, k) for k in range(1, 4)] for name in ("a", "b"))
    commuting = free.s_transform([x * y for x, y in zip(first, second, strict=True)])
    apart = free.product(free.s_transform(first), free.s_transform(second))
    assert sp.cancel(commuting[0] - apart[0]) == 0 and sp.cancel(commuting[1] - apart[1]) != 0


def test_alternating_centred_words_vanish():
    mean = free.letter_moment

    def centred(letter: str, k: int) -> sp.Expr:
        return mean(letter, k) if k > 1 else sp.S.Zero

    for word in (("a", "b"), ("a", "b", "a"), ("a", "b") * 2, ("a", "b") * 3):
        assert free.mixed_moment(word, centred) == 0
    assert free.mixed_moment(("a", "a", "b", "b"), mean) == mean("a", 2) * mean("b", 2)
