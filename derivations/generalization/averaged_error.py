r"""Train and test error of a linear student on noisy labels, averaged over the noise.

Premises: the data of `spiked_singular_values` and the students of `error_curves`, with noise of variance 1 / N_1 and
any strengths a(s, t) that depend on the data through the singular value s alone. Two densities over s turn the sums
over modes into integrals: N_1 rho(s) counts the modes inside the noise, and c(s) adds up their overlaps
(u^T ubar)(v^T vbar) with the teacher. Every one of these overlaps is of the order 1 / N_1, but there are N_1 of them:
the teacher is buried in all modes of the data, and leaving out c(s) is wrong at the order 1. With

    signal:  ubar^T W vbar = O a(shat) + integral of c(s) a(s) over the noise
    length:  |W|^2 / N_1 = integral of rho(s) a(s)^2 over the noise, at N_1 to infinity

the test error is 1 - 2 signal / sbar + |W|^2 / sbar^2: noise that is learned costs in proportion to N_1.
"""

from __future__ import annotations

import sympy as sp

from derivations import generalization
from derivations.calculus import matrix_product as mp
from derivations.calculus.rectangular_noise import GT, ISOTROPY, SQUARE, TRACES, D, G, W, noise_transform
from derivations.generalization.error_curves import STATEMENT as ERROR_CURVES
from derivations.generalization.spiked_singular_values import BEYOND_THRESHOLD, INPUTS
from derivations.generalization.spiked_singular_values import STATEMENT as SPIKED
from derivations.proof import Step
from derivations.statement import Limit, Source, Statement
from derivations.symbols import A, O, Y, a, s, sbar, shat

CROSS, COUNT = sp.Function("c")(s), sp.Function("rho")(s)
EDGES = sp.sqrt(4 * A - (s**2 - 1 - A) ** 2)
INVERSION = Source(document="anderson2010introduction", where="inversion of the Stieltjes transform")

STATEMENT = Statement(
    module=__name__,
    title="Densities of the modes and of their overlaps with the teacher",
    formula=sp.Eq(
        sp.Tuple(CROSS, COUNT),
        sp.Tuple(EDGES / (sp.pi * sbar * (shat**2 - s**2)), EDGES / (sp.pi * s)),
        evaluate=False,
    ),
    where=(sp.Eq(shat, SPIKED.right[0], evaluate=False),),
    parameters=(
        generalization.MODE.narrowed("one of the noise", typical=(0.65, 1.45)),
        *SPIKED.parameters,
    ),
    assumptions=(
        *SPIKED.assumptions[:-1],
        "The singular value s lies inside the noise, between |1 - sqrt(A)| and 1 + sqrt(A).",
        "N_1 rho counts the modes inside the noise, and c weights each of them with (u^T ubar)(v^T vbar).",
        "The strength of a mode of the student is a smooth function of its singular value.",
    ),
    regime=Limit(parameter=INPUTS, towards=sp.oo, rate=1 / INPUTS),
    sources=(
        Source(document="001", where="Match between theory and numerics for training and testing error"),
        Source(
            document="benaych2012singular", where="Gaussian noise as example, and the isotropy of its singular vectors"
        ),
    ),
    covers=("C4",),
    uses=("generalization.error_curves", "generalization.spiked_singular_values"),
)

Z = sp.Symbol("z", positive=True)
BETWEEN = sbar * D / (1 - sbar**2 * D)  # ubar^T X (w - X^T X)^(-1) vbar


def derivation() -> tuple[Step, ...]:
    """From the noise's resolvent and the teacher's perturbation of it to the densities, and to the averaged errors."""
    return (*noise_transform(), *_perturbed(), *_densities(), *_errors())


def _perturbed() -> tuple[Step, ...]:
    value, *overlaps = SPIKED.right
    whole, inverse, change, found = (mp.letter(name) for name in ("M", "M^{-1}", "B", "Q"))
    start = sp.diag(Z * G, Z * GT)
    teacher = sp.Matrix([[0, sbar], [sbar, 0]])
    perturbed = (sp.eye(2) - start * teacher).inv() * start
    mode = (Z * sp.eye(2) - sp.Matrix([[0, s], [s, 0]])).inv()
    at_teacher = {D: 1 / sbar**2}
    slope = (1 / sp.diff(SQUARE, D)).subs(at_teacher)  # dD / dw at the pole
    moment = sp.cancel(SQUARE * BETWEEN)
    third = sp.cancel(SQUARE * (moment - sbar))
    overlap, largest = (sp.sqrt(sp.factor(e.subs(BEYOND_THRESHOLD))) for e in (overlaps[0] * overlaps[1], value**2))
    form, of_mode = (
        mp.word(mp.letter(left), found, mp.letter(right))
        for left, right in ((r"\bar{u}^{T}", r"\bar{v}"), ("u^{T}", "v"))
    )
    slope_at_pole = sp.Derivative(sp.Function("D")(W), W)
    inside_noise = sp.Integral(s * CROSS, (s, sp.Abs(1 - sp.sqrt(A)), 1 + sp.sqrt(A)))
    return (
        Step(
            claim="A resolvent changes by itself, the perturbation and the perturbed one.",
            because="(M - B) Q is the unit matrix, in noncommuting letters; M is z less the noise, B is the teacher.",
            shows=sp.Eq(found, inverse + mp.word(inverse, change, found), evaluate=False),
            means={inverse: 1 / whole, change: whole - 1 / found},
        ),
        Step(
            claim="Between the teacher's directions the noise has the resolvents z g and z gtilde, and no mixed ones.",
            because="Directions that know nothing of the noise see the average of a resolvent over all directions.",
            assumption=ISOTROPY,
            shows=sp.Eq(mp.word(mp.letter(r"\bar{u}^{T}"), inverse, mp.letter(r"\bar{u}")), Z * G, evaluate=False),
        ),
        Step(
            claim="The data's resolvent between the two directions of the teacher is sbar D / (1 - sbar^2 D).",
            because="The equation of the perturbed resolvent is solved for the matrix of the four forms.",
            shows=sp.Eq(form, BETWEEN, evaluate=False),
            means={form: perturbed[0, 1], D: Z**2 * G * GT},
        ),
        Step(
            claim="There a mode of the data counts with its two overlaps and s / (z^2 - s^2).",
            because="The resolvent of the two directions of one mode is inverted.",
            shows=sp.Eq(of_mode, s / (Z**2 - s**2), evaluate=False),
            means={of_mode: mode[0, 1]},
        ),
        Step(
            claim="Its pole outside the noise is the data's largest mode; the known overlaps make shat O the residue.",
            because="1 - sbar^2 D is linearised at D = 1 / sbar^2; the roots of both squared overlaps are positive.",
            shows=sp.Eq(shat * O, -1 / (sbar**3 * slope_at_pole), evaluate=False),
            means={shat: largest, O: overlap, slope_at_pole: slope.subs(BEYOND_THRESHOLD)},
        ),
        Step(
            claim="Over all modes overlap times s adds up to sbar, and overlap times s^3 to sbar (sbar^2 + 1 + A).",
            because="The form is expanded in 1 / z^2, that is, in D.",
            obligation=third.subs(D, 0) - sbar * (sbar**2 + 1 + A),
            shows=sp.Eq(inside_noise, sbar - shat * O, evaluate=False),
            means={inside_noise: moment.subs(D, 0) - shat * O},
        ),
    )


def _densities() -> tuple[Step, ...]:
    cross, count = STATEMENT.right
    (where,) = STATEMENT.where
    real, imaginary = sp.symbols("p q", real=True)
    depth = sp.Symbol("R", positive=True)  # the square root, inside the noise
    inside = {real: (s**2 - 1 - A) / (2 * A), imaginary: -depth / (2 * A)}
    square, linear, constant = sp.Poly((1 + D) * (1 + A * D) - s**2 * D, D).all_coeffs()
    root = (-linear - sp.I * sp.sqrt(sp.expand(4 * square * constant - linear**2))) / (2 * square)
    transform, im = sp.Symbol("D"), sp.Function("Im")  # not a real number here
    form, divisor = BETWEEN.subs(D, transform), sp.Abs(1 - sbar**2 * transform)
    of_form, of_divisor = (e.subs(transform, real + sp.I * imaginary).as_real_imag() for e in (form, divisor.args[0]))
    size = sum(part**2 for part in of_divisor)
    norm = size.subs(inside).subs(depth, EDGES)
    per_input = sp.expand((TRACES[1] * W / s).subs(D, real + sp.I * imaginary))  # s gtilde(s^2)
    return (
        Step(
            claim="A density over s follows from the imaginary part just above the axis, with the factor -2 / pi.",
            because="s / (z^2 - s^2) is half of 1 / (z - s) - 1 / (z + s), and only the first jumps at positive s.",
            assumption=INVERSION,
            shows=sp.Eq(CROSS, -2 / sp.pi * im(form), evaluate=False),
        ),
        Step(
            claim="Inside the noise D is complex, with imaginary part -R / (2 A).",
            because="It solves the equation of the noise, s^2 D = (1 + D)(1 + A D), if R^2 = 4 A - (s^2 - 1 - A)^2.",
            shows=sp.Eq(transform, (s**2 - 1 - A - sp.I * depth) / (2 * A), evaluate=False),
            means={transform: root, depth: EDGES},
        ),
        Step(
            claim="The density of modes is the one stated; this sign of the root makes it positive.",
            because="s gtilde is (1 + A D) / s; its imaginary part is multiplied by -2 / pi.",
            obligation=(
                (-2 / sp.pi * sp.im(per_input)).subs(inside).subs(depth, EDGES) - count,
                sp.expand(TRACES[1] * W - (1 + A * D)),
            ),
            shows=sp.Eq(COUNT, count, evaluate=False),
        ),
        Step(
            claim="The form between the teacher's directions has the imaginary part sbar Im D / |1 - sbar^2 D|^2.",
            because="It is written with real and imaginary part of D.",
            shows=sp.Eq(im(form), sbar * im(transform) / divisor**2, evaluate=False),
            means={im(form): of_form[1], im(transform): imaginary, divisor: sp.sqrt(size)},
        ),
        Step(
            claim="Its denominator vanishes at the singular value of the data only.",
            because="Real and imaginary part of D inside the noise are inserted.",
            shows=sp.Eq(divisor**2, sbar**2 * (shat**2 - s**2) / A, evaluate=False),
            means={divisor: sp.sqrt(norm), where.lhs: where.rhs},
        ),
        Step(
            claim="This is the density of the overlaps stated.",
            because="The imaginary part is divided by the denominator and multiplied by -2 / pi.",
            obligation=(-2 / sp.pi * sbar * imaginary / size).subs(inside).subs(depth, EDGES)
            - cross.subs(where.lhs, where.rhs),
            shows=STATEMENT.formula,
        ),
    )


def _errors() -> tuple[Step, ...]:
    cross, count = STATEMENT.right
    test, train = ERROR_CURVES.right[:2]
    mean = s / (INPUTS * sbar * (shat**2 - s**2))
    per_mode = INPUTS * count * test.subs(O, mean)
    labels = INPUTS * A  # P = N_1: the squared labels are N_1 N_3 entries of variance 1 / N_1, and sbar^2
    fitted = (INPUTS * count * train).subs(shat, s)
    strength = sp.Function("a")
    ends = (s, sp.Abs(1 - sp.sqrt(A)), 1 + sp.sqrt(A))
    of_test, of_train = (
        sp.Integral(function, ends)
        for function in (
            INPUTS * COUNT * strength(s) ** 2 - 2 * sbar * CROSS * strength(s),
            COUNT * (s - strength(s)) ** 2,
        )
    )
    test_error, train_error = (sp.Function(name)(sp.Symbol("t")) for name in ("e_test", "e_train"))
    densities = {CROSS: cross, COUNT: count}
    of_mean = sp.Symbol(r"E[(u^T \bar{u})(v^T \bar{v}) | s]")
    return (
        Step(
            claim="The mean product of a mode's overlaps is positive and of the order 1 / N_1.",
            because="The density of the overlaps is divided by that of the modes.",
            shows=sp.Eq(of_mean, mean, evaluate=False),
            means={of_mean: cross / (INPUTS * count)},
        ),
        Step(
            claim="The test error of one mode, averaged, makes that of all; the overlaps enter with 2 sbar c(s) a(s).",
            because="The term of a mode is multiplied by the number of modes, with its mean overlap; the largest mode "
            "stands alone. Compared under the integral.",
            shows=sp.Eq(
                sbar**2 * (test_error - 1), strength(shat) * (strength(shat) - 2 * sbar * O) + of_test, evaluate=False
            ),
            means={
                test_error: 1 + test.subs(a, strength(shat)) + per_mode.subs(a, strength(s)),
                of_test: of_test.function.subs(densities),
            },
        ),
        Step(
            claim="For P = N_1 the train error is the mean of (s - a)^2 over that of s^2.",
            because="The term of a mode times the number of modes, with Y = N_1 A, completes the square; compared "
            "under the integral, with the mean of s^2 over A for one.",
            shows=sp.Eq(A * train_error, of_train, evaluate=False),
            means={
                train_error: count * s**2 / A + fitted.subs(Y, labels).subs(a, strength(s)),
                of_train: of_train.function.subs(densities),
            },
        ),
    )
