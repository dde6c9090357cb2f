r"""No rectified network with centred, freely rotated weights is an isometry, whatever the singular values of its
weights.

Premises: relu without biases, and weights W = U diag V with independent uniformly random rotations U and V and any
singular values. Half of the neurons are off, so that one layer spreads the squared singular values by 1 / p - 1 = 1,
and the weights add their own relative variance omega, which is not negative. The page states the theorem for all random
matrices. It leaves out that the weights must not be correlated with the switches: in a network whose neurons come in
pairs of opposite weights all singular values are 1, and biases that turn nearly all neurons on take p near 1.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus.matrix_product import contract, letter, word
from derivations.jacobian_spectrum import MEAN, SECOND
from derivations.proof import Step
from derivations.statement import NONNEGATIVE, Limit, Parameter, Printed, Source, Statement
from derivations.symbols import L, N, x

LAW_OF_LARGE_NUMBERS = Source(document="yang2020tensor", where="convergence of means over neurons")
SPREAD = sp.Symbol("omega", nonnegative=True)
SIDES = sp.Tuple(MEAN, SECOND)
FORMULA = sp.Eq(SIDES, sp.Tuple(sp.S.One, 1 + L * (1 + SPREAD)), evaluate=False)

STATEMENT = Statement(
    module=__name__,
    title="No isometry of rectified networks",
    formula=FORMULA,
    parameters=(
        jacobian_spectrum.LAYERS,
        Parameter(
            symbol=SPREAD,
            meaning="variance of the squared singular values of a weight matrix over the square of their mean",
            domain=NONNEGATIVE,
            typical=(0.1, 1),
        ),
    ),
    assumptions=(
        jacobian_spectrum.SQUARE,
        jacobian_spectrum.SLOPES,
        "Weights are U diag V with independent uniformly random rotations; the mean of their squared singular values "
        "is 2, the critical point. There are no biases, and the activation is relu.",
        jacobian_spectrum.POWERS,
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J12",),
    printed=(
        Printed(
            erratum="E21",
            kind="assumption",
            formula=FORMULA,
            note="The theorem needs centred weights that are free of the switches: neurons in pairs of opposite "
            "weights make "
            "an exact isometry, and with biases that leave 99 % of the neurons on the variance of a layer is 0.0101.",
            source=jacobian_spectrum.SUMMARY,
        ),
    ),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From rotations and diagonals to the second moment; and two ways around the theorem."""
    a, b, m, t, first, second = sp.symbols("a b m t E_2 E_4", positive=True)
    p = sp.Symbol("p", positive=True)
    T, Q = N**2 * t, N * m  # means of (tr A)^2 and of tr A^2
    found = sp.solve((a * N**2 + 2 * b * N - T, a * N + b * (N + N**2) - Q), (a, b), dict=True)[0]
    squares = (N * (N - 1) * first**2 * b + N * second * (a + 2 * b)) / N
    step = first**2 * (m - t) + second * t

    def through(before: sp.Expr, mean: sp.Expr, fourth: sp.Expr) -> sp.Expr:
        return step.subs({m: before, t: 1, first: mean, second: fourth}, simultaneous=True)

    whole = through(through(m, sp.S.One, 1 + SPREAD), sp.S.One, (1 / p) ** 2 * p)
    k = sp.Symbol("k", integer=True, nonnegative=True)
    mean, stated = STATEMENT.right
    inner, outer, outer_t = letter("O"), letter("P"), letter("P^{T}")
    relu, kinked = sp.Function("relu"), sp.Piecewise((0, x < 0), (x, True))
    after, h, above = sp.Symbol("m'"), sp.Symbol("h"), sp.Symbol("|h|", positive=True)
    return (
        Step(
            claim="For B = O A O^T the mean of B_ij B_kl is a delta_ij delta_kl + b (delta_ik delta_jl + delta_il "
            "delta_jk), which (tr A)^2 and tr A^2 fix; a diagonal of independent entries behind it takes m to "
            "E_2^2 (m - t) + E_4 t, up to 1 / N.",
            because="No other form is left alone by all rotations. E_2 and E_4 are the means of the second and fourth "
            "power of the entries, m and t those of tr A^2 / N and (tr A / N)^2.",
            obligation=(
                (a * N**2 + 2 * b * N - T).subs(found),
                (a * N + b * (N + N**2) - Q).subs(found),
            ),
            shows=sp.Eq(after, step, evaluate=False),
            means={after: sp.limit(sp.together(squares.subs(found)), N, sp.oo)},
        ),
        Step(
            claim="Signals of centred, freely rotated weights switch half of the neurons off, as if independently of "
            "the weights.",
            because="A neuron and its mirror image are alike in law.",
            assumption=LAW_OF_LARGE_NUMBERS,
        ),
        Step(
            claim="One layer adds omega for the singular values of the weights and 1 / p - 1 for the switches, and "
            "keeps the mean 1.",
            because="Two rotations with a diagonal each: the singular values of the weights, of second moment 1 + "
            "omega, and slopes that are p^(-1/2) for the share p of the neurons.",
            obligation=p * (1 / p) - mean,
            shows=sp.Eq(after, m + SPREAD + 1 / p - 1, evaluate=False),
            means={after: whole},
        ),
        Step(
            claim="L layers, from 1 on, have the second moment stated; it exceeds 1 by L at least.",
            because="The recursion at p = 1/2 is solved.",
            obligation=(
                sp.expand(stated.subs(L, k + 1) - (whole.subs(p, sp.Rational(1, 2))).subs(m, stated.subs(L, k))),
                stated.subs(L, 0) - 1,
            ),
            shows=sp.Ge(SECOND - 1, L, evaluate=False),
            means={SECOND: stated},
        ),
        Step(
            claim="Neurons in pairs with opposite weights go around the theorem: relu(h) - relu(-h) is h, so that a "
            "layer that reads the difference is linear, and orthogonal matrices make it an isometry.",
            because="Both signs of h are inserted; P O (relu(h) - relu(-h)) has the Jacobian of P O.",
            obligation=contract(word(letter("O^{T}"), outer_t, outer, inner), word(outer_t, outer))
            - word(letter("O^{T}"), inner),
            shows=sp.Eq(relu(h) - relu(-h), h, evaluate=False),
            means=tuple(
                {relu(h): kinked.subs(x, sign), relu(-h): kinked.subs(x, -sign), h: sign} for sign in (above, -above)
            ),
        ),
        Step(
            claim="Biases that leave 99 % of the neurons on leave a variance of 0.0101 a layer.",
            because="1 / p - 1 is taken at p = 0.99, without a spread of the weights.",
            shows=sp.Eq(SECOND - 1, L / 99, evaluate=False),
            means={SECOND: 1 + L * (whole - m).subs({SPREAD: 0, p: sp.Rational(99, 100)})},
        ),
    )
