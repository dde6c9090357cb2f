r"""With orthogonal weights a linear network is an isometry, and one with an odd activation is nearly one at small q*.

Premises: uniformly random orthogonal weights of scale sigma_w, any activation, wide layers at the fixed length. Two
moments follow from the symmetry of the weights alone, without free probability. The variance of the squared singular
values over the square of their mean is L (mu - 1), which vanishes if all slopes are equal. At the critical point it
can be made as small as one likes by a small q* for an activation whose slope at 0 is stationary, such as tanh, where
mu - 1 is 2 (phi''' / phi')^2 q*^2 = 8 q*^2; for relu it is 1 at any q*. The pages say that sigmoidal networks can be
isometries and rectified ones cannot.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus import mean_field
from derivations.calculus.gaussian import GaussE
from derivations.calculus.matrix_product import contract, letter, word
from derivations.jacobian_spectrum import MEAN, SECOND
from derivations.proof import Step
from derivations.statement import LeadingOrder, Source, Statement
from derivations.symbols import L, N, chi_1, phi, q_star, sigma_w, x, z

LAW_OF_LARGE_NUMBERS = Source(document="yang2020tensor", where="convergence of means over neurons")
SPREAD = sp.Symbol("mu", positive=True)  # mean fourth power of the slope over the square of its mean square
SMALL = sp.Symbol("v_odd", positive=True)  # mu - 1 of an odd activation at small q*
SLOPE = phi(x).diff(x).subs(x, sp.sqrt(q_star) * z)

STATEMENT = Statement(
    module=__name__,
    title="Isometry with orthogonal weights",
    formula=sp.Eq(
        sp.Tuple(MEAN, SECOND, SMALL),
        sp.Tuple(
            chi_1**L,
            chi_1 ** (2 * L) * (1 + L * (SPREAD - 1)),
            2 * (phi(x).diff(x, 3).subs(x, 0) / phi(x).diff(x).subs(x, 0)) ** 2 * q_star**2,
        ),
        evaluate=False,
    ),
    where=(
        sp.Eq(chi_1, sigma_w**2 * GaussE(SLOPE**2, z), evaluate=False),
        sp.Eq(SPREAD, GaussE(SLOPE**4, z) / GaussE(SLOPE**2, z) ** 2, evaluate=False),
    ),
    parameters=(
        mean_field.ACTIVATION,
        mean_field.WEIGHT_SCALE,
        jacobian_spectrum.LENGTH,
        jacobian_spectrum.LAYERS,
    ),
    assumptions=(
        jacobian_spectrum.SQUARE,
        jacobian_spectrum.SLOPES,
        jacobian_spectrum.AT_LENGTH,
        "Weights are uniformly random orthogonal matrices times sigma_w; biases are Gaussian.",
        "m_k is the mean k-th power of the squared singular values, at any q*.",
        "v_odd is mu - 1 at small q*, for an activation whose second derivative at 0 vanishes and whose first does "
        "not.",
    ),
    regime=LeadingOrder(parameter=q_star, order=3),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J10", "J14"),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From the symmetry of the weights to both moments at any depth, to the isometry of linear networks, to small
    q*."""
    return (*_one_layer(), *_all_layers(), *_nearly())


def _one_layer() -> tuple[Step, ...]:
    a, b, m, t, first, second = sp.symbols("a b m t E_2 E_4", positive=True)
    T, Q = N**2 * t, N * m  # means of (tr A)^2 and of tr A^2
    found = sp.solve((a * N**2 + 2 * b * N - T, a * N + b * (N + N**2) - Q), (a, b), dict=True)[0]
    squares = (N * (N - 1) * first**2 * b + N * second * (a + 2 * b)) / N
    whole = (N * (N - 1) * first**2 * a + N * second * (a + 2 * b)) / N**2
    turned, turned_t, below, below_t = map(letter, ("O", "O^{T}", "P", "P^{T}"))
    gram = word(letter("J^{T}"), letter("J"))
    one_more = sigma_w**2 * contract(word(below_t, turned_t, turned, below), word(turned_t, turned))
    after = sp.Symbol("m'")
    return (
        Step(
            claim="In a linear network every layer is an isometry: O^T O is 1, and so is J^T J over the product of the "
            "scales squared.",
            because="Without a layer J is 1. The pair of one layer more, between those of L layers, is contracted.",
            shows=sp.Eq(gram, sigma_w ** (2 * L), evaluate=False),
            means=({gram: sp.S.One, L: 0}, {gram: one_more.subs(word(below_t, below), sigma_w ** (2 * L)), L: L + 1}),
        ),
        Step(
            claim="For B = O A O^T the mean of B_ij B_kl is a delta_ij delta_kl + b (delta_ik delta_jl + delta_il "
            "delta_jk), which (tr A)^2 and tr A^2 fix.",
            because="No other form is left alone by all rotations; both traces are kept by O, and summed over the "
            "form.",
            obligation=(
                (a * N**2 + 2 * b * N - T).subs(found),
                (a * N + b * (N + N**2) - Q).subs(found),
            ),
            shows=sp.Eq(
                sp.Tuple(a, b),
                sp.Tuple((N * (N + 1) * t - 2 * m) / ((N - 1) * (N + 2)), N * (m - t) / ((N - 1) * (N + 2))),
                evaluate=False,
            ),
            means=found,
        ),
        Step(
            claim="Slopes of a wide layer are as if independent of its weights, and means over its neurons are those "
            "of a Gaussian preactivation of variance q*.",
            because="A neuron sums over many inputs, and none of its weights matters by itself.",
            assumption=LAW_OF_LARGE_NUMBERS,
        ),
        Step(
            claim="So one layer takes m, the mean of tr A^2 / N, to E_2^2 (m - t) + E_4 t, and t, that of (tr A / "
            "N)^2, to E_2^2 t, up to 1 / N, with the means E_2 and E_4 of the second and fourth power of sigma_w phi'.",
            because="N diagonal entries of D B D with one slope and N (N - 1) others with two are added up.",
            obligation=sp.limit(sp.together(whole.subs(found)), N, sp.oo) - first**2 * t,
            shows=sp.Eq(after, first**2 * (m - t) + second * t, evaluate=False),
            means={after: sp.limit(sp.together(squares.subs(found)), N, sp.oo)},
        ),
    )


def _all_layers() -> tuple[Step, ...]:
    k = sp.Symbol("k", integer=True, nonnegative=True)
    first, second = sp.symbols("E_2 E_4", positive=True)
    solution = first ** (2 * k) * (1 + k * (second / first**2 - 1))
    fourth, spread = GaussE(SLOPE**4, z), STATEMENT.where[1].rhs
    mean = first**k
    return (
        Step(
            claim="L layers have the second moment stated, and the mean E_2^L.",
            because="Each layer multiplies the mean by E_2, and t is its square; the solution is inserted into the "
            "recursion, and taken at no layer.",
            obligation=(
                sp.expand(mean.subs(k, k + 1) - first * mean),
                STATEMENT.right[0] - mean.subs(k, L).subs(first, chi_1),
                sp.expand(solution.subs(k, k + 1) - first**2 * (solution - mean**2) - second * mean**2),
                solution.subs(k, 0) - 1,
                STATEMENT.right[1] - solution.subs(k, L).subs({first: chi_1, second: chi_1**2 * SPREAD}),
                sigma_w**4 * fourth / STATEMENT.where[0].rhs ** 2 - spread,
            ),
            shows=STATEMENT.formula,
        ),
    )


def _nearly() -> tuple[Step, ...]:
    a, b, c, d = sp.symbols("a b c d", positive=True)  # derivatives 1, 3, 4 and 5 of the activation at 0
    q = sp.Symbol("q", positive=True)
    slope = (a + b * x**2 / 2 + c * x**3 / 6 + d * x**4 / 24).subs(x, sp.sqrt(q) * z)
    square, fourth = (GaussE(sp.expand(slope**k), z).doit() for k in (2, 4))
    spread = sp.expand(fourth - square**2)
    leading = STATEMENT.right[2].subs({phi(x).diff(x, 3).subs(x, 0): b, phi(x).diff(x).subs(x, 0): a})
    half = sp.Rational(1, 2)
    return (
        Step(
            claim="At small q* mu - 1 of an activation without second derivative at 0 is 2 (phi''' / phi')^2 q*^2.",
            because="The slope is expanded to the fourth order; Gaussian moments of its powers are inserted, and the "
            "first orders in q* compared.",
            obligation=(
                spread.coeff(q, 0),
                spread.coeff(q, 1),
                sp.expand(spread.coeff(q, 2) - (leading / q_star**2) * a**4),
                square.coeff(q, 0) - a**2,
            ),
            shows=sp.Eq(SMALL, STATEMENT.right[2], evaluate=False),
        ),
        Step(
            claim="For tanh that is 8 q*^2; for relu, whose squared slope is 1 for half of the neurons, mu - 1 is 1 "
            "at any length.",
            because="The derivatives of tanh at 0 are inserted; a mean of 1/2, squared, divides 1/2.",
            obligation=half / half**2 - 1 - 1,
            shows=sp.Eq(SMALL, 8 * q_star**2, evaluate=False),
            means={SMALL: leading.subs({a: sp.tanh(x).diff(x).subs(x, 0), b: sp.tanh(x).diff(x, 3).subs(x, 0)})},
        ),
    )
