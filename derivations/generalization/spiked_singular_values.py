r"""How a teacher of rank one is buried in noisy training data.

Premises: a teacher sbar ubar vbar^T from N_1 inputs to N_3 outputs, whitened inputs, and label noise, so that the
input-output correlation of the data is X = sbar ubar vbar^T + Z, where the N_3 x N_1 entries of Z are independent with
variance 1 / N_1, and the teacher's directions know nothing of Z. Both layers grow at the ratio A = N_3 / N_1. The pages
show the burial but print no formula for it, and leave the scale of the noise unsaid. The proof runs along resolvents:
at w = z^2, g is the trace of (w - Z Z^T)^(-1) over N_3, gtilde that of (w - Z^T Z)^(-1) over N_1, and D = w g gtilde is
the D-transform. Below sbar = A^(1/4) no singular value leaves the noise, whose largest one is 1 + sqrt(A), and the
overlaps vanish.
"""

from __future__ import annotations

import sympy as sp

from derivations import generalization
from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.calculus.rectangular_noise import GT, ISOTROPY, SQUARE, TRACES, D, G, W, noise_transform
from derivations.proof import Step
from derivations.statement import Limit, Source, Statement
from derivations.symbols import A, sbar, shat

OUTPUT_OVERLAP, INPUT_OVERLAP = sp.Symbol("O_u", nonnegative=True), sp.Symbol("O_v", nonnegative=True)
INPUTS = sp.Symbol("N_1", integer=True, positive=True)
BEYOND_THRESHOLD = {A: (sbar**2 / (1 + sp.Symbol("p", positive=True))) ** 2}
THEOREM = Source(
    document="benaych2012singular", where="largest singular value and its vectors, with Gaussian noise as example"
)

STATEMENT = Statement(
    module=__name__,
    title="Singular value and overlaps of a teacher buried in noise",
    formula=sp.Eq(
        sp.Tuple(shat, OUTPUT_OVERLAP**2, INPUT_OVERLAP**2),
        sp.Tuple(
            sp.sqrt((1 + sbar**2) * (A + sbar**2)) / sbar,
            1 - A * (1 + sbar**2) / (sbar**2 * (A + sbar**2)),
            1 - (A + sbar**2) / (sbar**2 * (1 + sbar**2)),
        ),
        evaluate=False,
    ),
    parameters=(
        generalization.TEACHER,
        generalization.OUTPUTS_PER_INPUT,
    ),
    assumptions=(
        "The teacher has rank one.",
        gradient_flow.WHITENED,
        "The noise in the input-output correlation has independent entries of variance 1 / N_1.",
        "Numbers of inputs and outputs go to infinity at the ratio N_3 / N_1 = A.",
        "The teacher is above the threshold: sbar^4 > A.",
        "O_u and O_v are the overlaps of the largest mode's output and input directions with the teacher's.",
    ),
    regime=Limit(parameter=INPUTS, towards=sp.oo, rate=1 / INPUTS),
    sources=(
        Source(document="001", where="How the teacher is buried in the training data"),
        THEOREM,
    ),
    covers=("C3",),
)


def derivation() -> tuple[Step, ...]:
    """From the resolvent of the noise through its D-transform to the pole that the teacher adds, and its residue."""
    return (*noise_transform(), *_teacher())


S, ALPHA, BETA = sbar, OUTPUT_OVERLAP, INPUT_OVERLAP
Z_ = sp.Symbol("z", positive=True)


def _teacher() -> tuple[Step, ...]:
    value, output, incoming = STATEMENT.right
    noise, noise_t = mp.letter("Z"), mp.letter("Z^{T}")
    u, ut, v, vt = (mp.letter(rf"\bar{{{x}}}") for x in ("u", "u^{T}", "v", "v^{T}"))
    found_u, found_v = mp.letter(r"\hat{u}"), mp.letter(r"\hat{v}")
    forward = mp.word(S * u * vt + noise, found_v) - Z_ * found_u
    backward = mp.word(S * v * ut + noise_t, found_u) - Z_ * found_v
    forward = sp.expand(forward).subs(mp.word(vt, found_v), BETA)
    backward = sp.expand(backward).subs(mp.word(ut, found_u), ALPHA)
    by_input = (Z_**2 - mp.word(noise_t, noise)) * found_v - S * (Z_ * ALPHA * v + BETA * mp.word(noise_t, u))
    mixing = sp.Matrix([[1, -S * Z_ * G], [-S * Z_ * GT, 1]])
    eigenvalue = sp.Symbol("x", nonnegative=True)  # of Z^T Z
    g, gt = sp.Function("g")(W), sp.Function("gtilde")(W)
    norm = S**2 * (W * BETA**2 * -sp.diff(g, W) + ALPHA**2 * (-W * sp.diff(gt, W) - gt))
    incoming_overlap, at_pole = S * sp.sqrt(W) * gt, {S: 1 / sp.sqrt(W * g * gt)}  # of O_u, by the second equation
    norm = norm.subs(BETA, incoming_overlap * ALPHA).subs(at_pole)
    of_unit_length = ALPHA / sp.sqrt(norm)
    transform, trace_of_square = sp.Function("D")(W), sp.Symbol(r"\frac{1}{N_1} \mathrm{tr}\, Z^T (w - Z Z^T)^{-2} Z")
    known = {transform: W * g * gt, **at_pole}
    slope = 1 / sp.diff(SQUARE, D)  # dD / dw
    at_teacher = {D: 1 / S**2}
    overlaps = [(-trace / (S**2 * slope)).subs(W, SQUARE).subs(at_teacher) for trace in TRACES]
    singular = sp.Eq(sp.Tuple(ALPHA, BETA), sp.Tuple(S * Z_ * G * BETA, S * Z_ * GT * ALPHA), evaluate=False)
    return (
        Step(
            claim="The singular vectors of the data answer to the teacher's directions through the noise's resolvent.",
            because="X vhat = z uhat and X^T uhat = z vhat, in noncommuting letters, are solved for one vector each; "
            "O_u and O_v stand for the products of ubar with uhat and of vbar with vhat.",
            obligation=sp.expand(Z_ * backward + noise_t * forward + by_input),
            shows=sp.Eq(
                (Z_**2 - mp.word(noise, noise_t)) * found_u,
                S * (Z_ * BETA * u + ALPHA * mp.word(noise, v)),
                evaluate=False,
            ),
            means={u: mp.solved(forward, u), v: mp.solved(backward, v)},
        ),
        Step(
            claim="Between the teacher's directions the resolvents are g and gtilde, and the mixed form vanishes.",
            because="Directions that know nothing of the noise see the average of a resolvent over all directions.",
            assumption=ISOTROPY,
            shows=singular,
        ),
        Step(
            claim="The two overlaps can differ from zero only where D(z) = 1 / sbar^2.",
            because="The determinant of the two equations for the overlaps must vanish.",
            shows=sp.Eq(D, 1 / S**2, evaluate=False),
            means={D: (Z_**2 * G * GT).subs(G, mp.solved(mixing.det(), G))},
        ),
        Step(
            claim="That place is the singular value stated; it meets the edge of the noise at sbar = A^(1/4).",
            because="w(D) is evaluated at D = 1 / sbar^2, which lies below 1 / sqrt(A) above the threshold.",
            obligation=(
                SQUARE.subs(at_teacher) - value**2,
                value.subs(S, A ** sp.Rational(1, 4)) ** 2 - (1 + sp.sqrt(A)) ** 2,
            ),
            shows=sp.Eq(shat, value, evaluate=False),
        ),
        Step(
            claim="Z^T (w - Z Z^T)^(-2) Z has the trace -(w gtilde' + gtilde) per input.",
            because="Z^T moves through the resolvent, and x / (w - x)^2 is split for an eigenvalue x of Z^T Z.",
            obligation=sp.expand((W - mp.word(noise_t, noise)) * noise_t - noise_t * (W - mp.word(noise, noise_t))),
            shows=sp.Eq(trace_of_square, -W * sp.diff(gt, W) - gt, evaluate=False),
            means={trace_of_square: eigenvalue / (W - eigenvalue) ** 2, gt: 1 / (W - eigenvalue)},
        ),
        Step(
            claim="The unit length of uhat fixes the overlap: O_u^2 = -g / (sbar^2 dD/dw).",
            because="The squared length, with O_v = sbar z gtilde O_u and sbar^2 = 1 / D, is a derivative of D.",
            shows=sp.Eq(ALPHA**2, -g / (S**2 * sp.Derivative(transform, W)), evaluate=False),
            means={ALPHA: of_unit_length, **known},
        ),
        Step(
            claim="The other overlap has gtilde in the place of g.",
            because="O_v^2 = sbar^2 w gtilde^2 O_u^2 with sbar^2 = 1 / (w g gtilde).",
            shows=sp.Eq(BETA**2, -gt / (S**2 * sp.Derivative(transform, W)), evaluate=False),
            means={BETA: incoming_overlap.subs(at_pole) * of_unit_length, **known},
        ),
        Step(
            claim="These are the overlaps stated.",
            because="g, gtilde, w and the slope are inserted as functions of D, at D = 1 / sbar^2.",
            obligation=(overlaps[0] - output, overlaps[1] - incoming),
            shows=STATEMENT.formula,
        ),
    )
