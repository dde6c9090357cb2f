r"""The normalisation of the Gaussian measure to which a wide random network reduces.

Premises: in the wide limit the preactivations z^I of one neuron for n inputs I are Gaussian with the kernel K of the
layer, so their density is exp(-z M z / 2) with M = K^-1, normalised to total mass 1. The slide writes the factor
sqrt(det M / (2 pi)^n) behind the sign of the product over the inputs. It belongs to a neuron, once: the product is of
the dz alone, and a factor inside of it would be raised to the power n. Stated here for inputs of equal variances V and
equal correlations c, where the determinant is explicit.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import signal_propagation
from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import Limit, Parameter, Printed, Source, Statement
from derivations.symbols import N, V_l, c_IJ, n_I, z

WIDE = Source(document="002", where="Wide Limit (Lee & Bahri et al., arXiv:1711.00165): the Gaussian integral")
FACTOR = sp.Symbol(r"\mathcal{N}", positive=True)
RIGHT = (2 * sp.pi * V_l) ** (-n_I / 2) * (1 - c_IJ) ** ((1 - n_I) / 2) / sp.sqrt(1 + (n_I - 1) * c_IJ)

STATEMENT = Statement(
    module=__name__,
    title="Normalisation of the Gaussian measure of a neuron",
    formula=sp.Eq(FACTOR, RIGHT, evaluate=False),
    parameters=(
        Parameter(symbol=n_I, meaning="number of inputs", domain=sp.Range(1, sp.oo), typical=(3, 8)),
        signal_propagation.VARIANCE,
        Parameter(symbol=c_IJ, meaning="correlation of two inputs", domain=sp.Interval.open(-1, 1), typical=(0.1, 0.8)),
    ),
    assumptions=(
        "The measure is that of one neuron for all n_I inputs; neurons are independent, so factors multiply over them.",
        "All inputs have the variance V_l, and any two the correlation c_IJ, with 1 + (n_I - 1) c_IJ > 0.",
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(WIDE, Source(document="lee2018deep", where="preactivations of a wide network are Gaussian")),
    covers=("D5",),
    printed=(
        Printed(
            erratum="E24",
            kind="ambiguous",
            formula=sp.Eq(FACTOR, RIGHT**n_I, evaluate=False),
            note="The factor stands behind the sign of the product over the inputs, and inside of it would be raised "
            "to their number; the product is of the dz alone, and the factor belongs to a neuron, once.",
            source=WIDE,
        ),
    ),
)


def kernel(size: int) -> sp.Matrix:
    """The kernel of `size` inputs of equal variances and correlations."""
    return sp.Matrix(size, size, lambda i, j: V_l if i == j else V_l * c_IJ)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """One variable is integrated after the other; the determinant of the kernel is explicit."""
    spread, centre, width = sp.symbols("m z_0 h", positive=True)
    entries = sp.symbols("M_11 M_22 M_33 M_12 M_13 M_23", real=True)
    a, b, d, e, f, g = entries
    general = sp.Matrix([[a, e, f], [e, b, g], [f, g, d]])
    zs = sp.Matrix(sp.symbols("z_1:4", real=True))
    exponent = (zs.T * general * zs)[0] / 2
    pivots, rest, squares = [], general, sp.S.Zero
    for k in range(3):  # elimination: complete the square in z_1, then in z_2, then in z_3
        pivot = rest[0, 0]
        around = sum((rest[0, j] * zs[k + j] for j in range(rest.rows)), sp.S.Zero) / pivot
        squares += pivot * around**2 / 2
        pivots.append(pivot)
        rest = (rest[1:, 1:] - rest[1:, :1] * rest[:1, 1:] / pivot).applyfunc(sp.together)
    standard = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    bell = sp.Integral(sp.exp(-spread * (width - centre) ** 2 / 2), (width, -sp.oo, sp.oo))
    place = centre + z / sp.sqrt(spread)
    eigen = [kernel(n) for n in (2, 3, 5)]
    determinants = [(n, kernel(n).det(method="berkowitz")) for n in (2, 3, 4)]
    det_M, det_K = sp.Symbol(r"\det M"), sp.Symbol(r"\det K")
    form, completed = sp.Symbol(r"\frac{1}{2} z^{T} M z"), sp.Symbol(r"\frac{1}{2} \sum_I m_I (z_I - z_{0,I})^2")
    return (
        Step(
            claim="One variable integrates to sqrt(2 pi / m), wherever its bell is centred.",
            because="With h = z_0 + z / sqrt(m) the bell times dh / dz is the standard density, of mass 1.",
            shows=sp.Eq(bell, sp.sqrt(2 * sp.pi / spread), evaluate=False),
            means={bell: bell.function.subs(width, place) * sp.diff(place, z) / standard * GaussE(sp.S.One, z).doit()},
        ),
        Step(
            claim="The exponent is a sum of such squares, one for each input.",
            because="Squares are completed one input after the other, for a general symmetric M of three inputs.",
            shows=sp.Eq(form, completed, evaluate=False),
            means={form: exponent, completed: squares},
            instances="three inputs",
        ),
        Step(
            claim="Their steepnesses multiply to det M, so the whole integral is sqrt((2 pi)^n_I / det M), once.",
            because="Product of the three pivots against the determinant; the factor is one over the integral.",
            shows=sp.Eq(FACTOR**2, det_M / (2 * sp.pi) ** n_I, evaluate=False),
            means={FACTOR: sp.prod(sp.sqrt(m / (2 * sp.pi)) for m in pivots), det_M: general.det(), n_I: len(pivots)},
            instances="three inputs",
        ),
        Step(
            claim="The kernel has the eigenvalue V_l (1 + (n_I - 1) c_IJ) once, for the sum of the inputs, and "
            "V_l (1 - c_IJ) for their differences, n_I - 1 times.",
            because="Kernels of two, three and five inputs times these vectors.",
            obligation=tuple(
                K * vector - value * vector
                for K in eigen
                for vector, value in (
                    (sp.ones(K.rows, 1), V_l * (1 + (K.rows - 1) * c_IJ)),
                    (sp.Matrix([1, -1, *[0] * (K.rows - 2)]), V_l * (1 - c_IJ)),
                )
            ),
            shows=sp.Eq(det_K, V_l**n_I * (1 - c_IJ) ** (n_I - 1) * (1 + (n_I - 1) * c_IJ), evaluate=False),
            means=tuple({det_K: determinant, n_I: n} for n, determinant in determinants),
            instances="two to five inputs",
        ),
        Step(
            claim="That gives the factor, since det M = 1 / det K.",
            because="The square of the factor times (2 pi)^n_I det K is 1, with determinants of explicit kernels of "
            "two, three and four inputs.",
            obligation=tuple(
                (STATEMENT.right[0] ** 2).subs(n_I, n) * (2 * sp.pi) ** n * determinant - 1
                for n, determinant in determinants
            ),
            shows=STATEMENT.formula,
            instances="two, three and four inputs",
        ),
    )
