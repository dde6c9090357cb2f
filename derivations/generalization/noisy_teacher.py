r"""What noise in the labels makes of the input-output correlation that a linear student learns from.

Premises: a linear teacher of rank one, sbar ubar vbar^T with unit vectors, P examples whose labels carry independent
noise of variance sigma_z^2, y = sbar ubar vbar^T x + z, and whitened inputs: the sum of x x^T over the examples is the
unit matrix, which takes P >= N_1 of them. The pages write Sigma^{31} = Wbar + Ztilde and leave the statistics of Ztilde
unsaid. Its entries are as strong as the noise in the labels because the inputs are white; for other inputs entries of
one row are correlated like the inputs. The noise of the pages' figures has variance 1 / N_1, not 1 / N_3: then the
eigenvalues of Ztilde Ztilde^T have the mean 1, and A = N_3 / N_1 is the only other number that matters.

The teacher is printed as W^{23} W^{12}, with bars. Everywhere else W^{ab} has a row for each neuron of layer a and a
column for each of layer b; read so, this product exists if N_1 = N_3 alone, and is N_2 by N_2. The correlation of its
inputs with its labels, which the same page calls Wbar plus noise, is N_3 by N_1 whatever N_2 is.
"""

from __future__ import annotations

from itertools import product

import sympy as sp

from derivations import generalization
from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import N_1, N_2, N_3, A, P, sbar, sigma_z, ubar_i, vbar_j

SLIDE = Source(document="001", where="Generalization in student teacher scenario")
MEAN, VARIANCE = sp.Symbol(r"E[\Sigma^{31}_{ij}]"), sp.Symbol(r"\mathrm{Var}[\Sigma^{31}_{ij}]")
LENGTH, REST = sp.Symbol(r"E|\Sigma^{31}|^2"), sp.Symbol(r"E \min_W \sum_\mu |y^\mu - W x^\mu|^2")
SIZES = sp.Tuple(sp.Symbol("rows"), sp.Symbol("columns"))
NATURALS = sp.Range(1, sp.oo)
ENTRY = sp.Interval(-1, 1)

STATEMENT = Statement(
    module=__name__,
    title="Statistics of the training data of a noisy teacher",
    formula=sp.Eq(
        sp.Tuple(MEAN, VARIANCE, LENGTH, REST),
        sp.Tuple(sbar * ubar_i * vbar_j, sigma_z**2, sbar**2 + N_1 * N_3 * sigma_z**2, N_3 * (P - N_1) * sigma_z**2),
        evaluate=False,
    ),
    parameters=(
        generalization.TEACHER.narrowed(typical=(0.6, 3.6)),
        Parameter(symbol=ubar_i, meaning="entry of the teacher's output direction", domain=ENTRY, typical=(-0.9, 0.9)),
        Parameter(symbol=vbar_j, meaning="entry of the teacher's input direction", domain=ENTRY, typical=(-0.9, 0.9)),
        Parameter(
            symbol=sigma_z,
            meaning="standard deviation of the noise in a label",
            domain=POSITIVE,
            typical=(0.1, 1.6),
        ),
        generalization.INPUTS,
        Parameter(symbol=N_3, meaning="number of outputs", domain=NATURALS, typical=(3, 9)),
        generalization.EXAMPLES.narrowed("at least N_1", typical=(10, 30)),
    ),
    assumptions=(
        gradient_flow.WHITENED,
        "So there are at least as many examples as inputs, P >= N_1.",
        "The noise of every label and output is independent, with mean zero and one variance, and of the inputs too.",
        "Different entries of the correlation are uncorrelated; they are independent where the noise is Gaussian.",
        "The minimum is over all linear students W, with as many hidden neurons as they need.",
    ),
    regime=Exact(),
    sources=(SLIDE,),
    covers=("C2",),
    printed=(
        Printed(
            erratum="E7t",
            kind="misprint",
            formula=sp.Eq(SIZES, sp.Tuple(N_2, N_2), evaluate=False),
            note="The teacher is printed as W^{23} W^{12}, which maps layer 2 to itself and exists for N_1 = N_3 only; "
            "it is W^{32} W^{21}, of N_3 rows and N_1 columns. One copy also lost the minus of |Y - W^{32} W^{21} X|.",
            source=SLIDE,
        ),
    ),
)


def average(expression: sp.Expr, noise: sp.Matrix) -> sp.Expr:
    """Mean of a polynomial of degree 2 in independent noise of mean zero and variance sigma_z^2."""
    quiet = dict.fromkeys(noise, sp.S.Zero)
    still = expression.xreplace(quiet)
    squares = [  # coefficients of z^2, second differences of the polynomial
        (expression.xreplace({**quiet, z: sp.S.One}) + expression.xreplace({**quiet, z: sp.S.NegativeOne})) / 2 - still
        for z in noise
    ]
    return still + sigma_z**2 * sum(squares)


def _over_denominator(rows: int) -> tuple[sp.Matrix, sp.Expr]:
    """Numerators and denominator of `white`, both polynomials."""
    p, q = sp.symbols("p q", real=True)
    x = sp.Matrix([[0, -1, q], [1, 0, -p], [-q, p, 0]])
    size = 2 + p**2 + q**2
    return (size * sp.eye(3) + 2 * (x + x * x))[:rows, :].expand(), size  # the quaternion 1 + p i + q j + k


def white(rows: int) -> sp.Matrix:
    """The first rows of a rotation in three dimensions with two parameters: white inputs of three examples."""
    numerators, size = _over_denominator(rows)
    return numerators / size


def best_student() -> Step:
    """The squared error of any student is that of the correlation, plus their squared distance: for white inputs."""
    (x, size), student, labels = _over_denominator(2), mp.matrix("W", 1, 2), mp.matrix("y", 1, 3)
    best = (labels * x.T).expand()  # times the denominator of the inputs, like all that follows
    error, smallest, apart = size * labels - student * x, size**2 * labels - best * x, best - size * student
    of_student, of_best, between = map(
        sp.Symbol,
        (
            r"\sum_\mu |y^\mu - W x^\mu|^2",
            r"\sum_\mu |y^\mu - \Sigma^{31} x^\mu|^2",
            r"|\Sigma^{31} - W|^2",
        ),
    )
    return Step(
        claim="No linear student fits better than Sigma31 itself; others add their squared distance from it.",
        instances="two inputs, one output and three examples",
        because="The squared error of a general student of one output is split, with two white inputs.",
        shows=sp.Eq(of_student, of_best + between, evaluate=False),
        means={
            of_student: sum(e**2 for e in error) / size**2,
            of_best: sum(e**2 for e in smallest) / size**4,
            between: sum(e**2 for e in apart) / size**2,
        },
    )


def derivation() -> tuple[Step, ...]:
    """From noisy labels to the correlation, its mean and covariance, its length, and what no student can fit."""
    return (*_entries(), *_totals())


def _entries() -> tuple[Step, ...]:
    teacher, inputs, noise = mp.matrix("W", 2, 2), mp.matrix("x", 2, 3), mp.matrix("z", 2, 3)
    correlation = (teacher * inputs + noise) * inputs.T
    square = inputs * inputs.T
    deviation = correlation - correlation.applyfunc(lambda entry: average(entry, noise))
    covariance, of_inputs = map(sp.Symbol, (r"\mathrm{Cov}[\Sigma^{31}_{ij}, \Sigma^{31}_{kl}]", r"\Sigma^{11}_{jl}"))
    first, second = sp.symbols("i k", integer=True)
    pairs = tuple(
        {covariance: average(deviation[i, j] * deviation[k, l], noise), of_inputs: square[j, l], first: i, second: k}
        for i, j, k, l in product(range(2), repeat=4)
    )
    orthonormal = white(2)
    of_white = orthonormal * orthonormal.T
    unit = sp.symbols("ubar_1 ubar_2 vbar_1 vbar_2", real=True)
    rank_one = sbar * sp.Matrix(unit[:2]) * sp.Matrix(unit[2:]).T
    means = (rank_one * orthonormal + noise) * orthonormal.T
    stated = [STATEMENT.right[0].subs({ubar_i: u, vbar_j: v}) for u in unit[:2] for v in unit[2:]]
    sigma31, sigma11, tilde = (mp.letter(name) for name in (r"\Sigma^{31}", r"\Sigma^{11}", r"\tilde{Z}"))
    given, label_noise = mp.letter("X"), mp.letter("z")
    labels = mp.word(mp.letter(r"\overline{W}"), given) + label_noise
    return (
        Step(
            claim="The correlation is the teacher times the correlation of the inputs, plus noise of mean zero.",
            because="The labels, what the teacher makes of the inputs plus noise, are multiplied by the inputs.",
            shows=sp.Eq(sigma31, mp.word(mp.letter(r"\overline{W}"), sigma11) + tilde, evaluate=False),
            means={
                name: side * sp.transpose(given)
                for name, side in zip((sigma31, sigma11, tilde), (labels, given, label_noise), strict=True)
            },
        ),
        Step(
            claim="Noise in different outputs is uncorrelated; in one output it is correlated like the inputs.",
            instances="two inputs, two outputs and three examples",
            because="Products of all pairs of entries are averaged, monomial by monomial, for any inputs.",
            shows=sp.Eq(covariance, sigma_z**2 * sp.KroneckerDelta(first, second) * of_inputs, evaluate=False),
            means=pairs,
        ),
        Step(
            claim="With white inputs every entry has the variance of one label's noise, and no two are correlated.",
            instances="two inputs and three examples",
            because="Two rows of a general rotation of three examples have the unit matrix as correlation.",
            obligation=of_white * sigma_z**2 - STATEMENT.right[1] * sp.eye(2),
            shows=sp.Eq(VARIANCE, STATEMENT.right[1], evaluate=False),
        ),
        Step(
            claim="Its mean is then the teacher itself.",
            instances="two inputs, two outputs and three examples",
            because="The noise of the teacher of rank one is averaged over, with those inputs.",
            obligation=tuple(average(a, noise) - b for a, b in zip(means, stated, strict=True)),
            shows=sp.Eq(MEAN, STATEMENT.right[0], evaluate=False),
        ),
    )


def _totals() -> tuple[Step, ...]:
    first, second = sp.symbols("c d", real=True)  # the teacher's output direction times sbar
    lengths, totals = [], []
    for outputs, count in ((2, 1), (3, 2), (1, 3)):  # inputs of three examples
        u, v = sp.Matrix([first, second, 0])[:outputs, :], sp.Matrix([1, 0, 0])[:count, :]
        noise, (x, size) = mp.matrix("z", outputs, 3), _over_denominator(count)
        noisy = (u * v.T * x + size * noise).expand()  # the labels, times the denominator of the inputs
        numbers = {N_1: count, N_3: outputs, P: 3, sbar: sp.sqrt((u.T * u)[0])}
        length = sum(average(e**2, noise) for e in (noisy * x.T).expand())
        whole = sum(average(e**2, noise) for e in noisy)
        lengths.append(length - size**4 * STATEMENT.right[2].subs(numbers))
        totals.append(size**2 * whole - length - size**4 * STATEMENT.right[3].subs(numbers))
    i, j, mu = sp.symbols("i j mu", integer=True)
    entries = sp.Sum(sigma_z**2, (i, 1, N_3), (j, 1, N_1)).doit()
    all_labels = sbar**2 + sp.Sum(sigma_z**2, (i, 1, N_3), (mu, 1, P)).doit()
    noise_only = (STATEMENT.right[2] - sbar**2).subs(sigma_z, 1 / sp.sqrt(N_1))
    per_output = sp.Symbol(r"\frac{1}{N_3} \mathbb{E}\, \mathrm{tr}\, \tilde{Z} \tilde{Z}^{T}")
    return (
        Step(
            claim="Variances of N_1 N_3 uncorrelated entries add to the squared length of the teacher, sbar^2.",
            because="They are summed over both indices; and explicit data of three sizes are averaged.",
            obligation=(sbar**2 + entries - STATEMENT.right[2], *lengths),
            shows=sp.Eq(LENGTH, STATEMENT.right[2], evaluate=False),
        ),
        best_student(),
        Step(
            claim="What it leaves is the noise outside the inputs: nothing is left at P = N_1.",
            because="Its mean is that of all labels less that of the squared length; the same data are averaged.",
            obligation=(all_labels - STATEMENT.right[2] - STATEMENT.right[3], *totals, STATEMENT.right[3].subs(P, N_1)),
            shows=sp.Eq(REST, STATEMENT.right[3], evaluate=False),
        ),
        Step(
            claim="At noise of variance 1 / N_1 the squares of the noise's singular values sum to N_3: one per output "
            "and A per input.",
            because="The squared length without the teacher is divided by the numbers of outputs and inputs.",
            obligation=(noise_only / N_1).subs(N_3, A * N_1) - A,
            shows=sp.Eq(per_output, 1, evaluate=False),
            means={per_output: noise_only / N_3},
        ),
    )
