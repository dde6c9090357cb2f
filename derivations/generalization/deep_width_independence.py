r"""What one more hidden neuron per layer does to the test error of a deep student.

Premises: those of `width_independence`, for students of more than three layers, whose modes grow like `depth_n_mode`.
From a faint start the largest mode escapes in a time of the order of a_0^(-(N_l - 3) / (N_l - 1)); a smaller mode has
by then gained a finite factor r_s only. The noise that a deep student has learned at the best time is thus of the order
of a_0 itself, whatever its singular value, and not of a small power of a_0 as in three layers: that the smallest test
error does not depend on the width, as the pages say, takes a far less faint start in deep students.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.deep_linear.depth_n_mode import STATEMENT as DEPTH_N_MODE
from derivations.deep_linear.depth_n_mode import rate
from derivations.generalization.width_independence import ADDED, LARGEST, SMALLER, STUDENT_ASSUMPTIONS, added
from derivations.generalization.width_independence import STATEMENT as WIDTH_INDEPENDENCE
from derivations.proof import Step
from derivations.statement import Limit, Printed, Source, Statement
from derivations.symbols import N_l, O, a, a_0, a_s, r_s, s, sbar, shat, t, tau

SLIDE = Source(
    document="001", where="Match between theory and numerics for training and testing error: student has 5 layers"
)
LEFT = sp.Tuple(a_s, ADDED)
INITIAL, TEACHER, OVERLAP = (p for p in WIDTH_INDEPENDENCE.parameters if p.symbol in (a_0, sbar, O))
STRENGTH = a_0 * r_s

STATEMENT = Statement(
    module=__name__,
    title="What a hidden neuron adds to the test error of a deep student",
    formula=sp.Eq(LEFT, sp.Tuple(STRENGTH, (STRENGTH**2 - 2 * sbar * O * STRENGTH) / sbar**2), evaluate=False),
    where=(sp.Eq(r_s, (1 - s / shat) ** (-(N_l - 1) / (N_l - 3)), evaluate=False),),
    parameters=(
        gradient_flow.LAYERS.narrowed(domain=sp.Range(4, sp.oo), typical=(4, 7)),
        SMALLER,
        LARGEST,
        INITIAL,
        TEACHER,
        OVERLAP,
    ),
    assumptions=(
        *DEPTH_N_MODE.assumptions,
        "The student has more than three layers, and the same number of hidden neurons in each hidden layer.",
        *STUDENT_ASSUMPTIONS,
        "The largest mode has grown to a strength far above a_0, as it has at the best time, and s is below shat.",
    ),
    regime=Limit(parameter=a_0, towards=sp.S.Zero, rate=a_0 * a_0 ** ((N_l - 3) / (N_l - 1))),
    sources=(SLIDE,),
    covers=("C7",),
    printed=(
        Printed(
            erratum="E14",
            kind="assumption",
            formula=sp.Eq(LEFT, sp.Tuple(STRENGTH, 0), evaluate=False),
            note="A further hidden neuron is said to leave the smallest test error alone; that needs a tiny a_0.",
            source=SLIDE,
        ),
    ),
    uses=("deep_linear.depth_n_mode", "generalization.width_independence"),
)


def derivation() -> tuple[Step, ...]:
    """From the rate of a mode at any depth through the time of its escape to what the other modes have gained."""
    d = sp.Symbol("d", integer=True, positive=True)  # number of matrices
    k = 1 - 2 / d
    slowness = (1 / rate()).subs(N_l, d + 1)  # dt / da
    slope, beyond_twice = sp.Derivative(t, a), {s: 2 * a + sp.Symbol("p", nonnegative=True)}
    leading = tau * a ** (2 / d - 2) / (d * s)
    rest = tau * a ** (2 / d - 1) / (d * s * (s - a))
    bound = 2 * tau * a ** (2 / d - 1) / (d * s**2)

    def time(value: sp.Expr, end: sp.Expr) -> sp.Expr:
        """Time of a mode from a_0 to `end`, by the leading term."""
        return tau / ((d - 2) * value) * (a_0**-k - end**-k)

    ratio = sp.Symbol("r", positive=True)
    left_over, power = STATEMENT.where[0].rhs.subs(N_l, d + 1).as_base_exp()
    escape = tau / ((d - 2) * shat) * a_0**-k
    gained = time(s, a_0 * ratio) * a_0**k - tau / ((d - 2) * s) * (1 - ratio**-k)
    equal = (1 - left_over ** sp.cancel(-k * power)) / s - 1 / shat
    strength, change = STATEMENT.right
    return (
        Step(
            claim="While a mode is small its time is spent on the power a^(2/d - 2), with d = N_l - 1 matrices.",
            because="The inverse of the rate is split into that power and a rest.",
            shows=sp.Eq(slope, leading + rest, evaluate=False),
            means={slope: slowness},
        ),
        Step(
            claim="The rest takes a finite time however small the start is.",
            because="Up to a = s / 2 it lies below a power whose integral from zero is finite and is differentiated.",
            obligation=sp.diff(tau * a ** (2 / d) / s**2, a) - bound,
            shows=sp.Le(rest, bound, evaluate=False),
            means=beyond_twice,
        ),
        Step(
            claim="The leading time of a mode grows like a_0^(2/d - 1) for a faint start, if d is above 2.",
            because="The time stated is differentiated by the strength reached, and vanishes at a_0.",
            obligation=(
                time(s, a_0),
                time(shat, a) - escape + escape * (a_0 / a) ** k,
            ),
            shows=sp.Eq(sp.Derivative(time(s, a), a), leading, evaluate=False),
            means={},
        ),
        Step(
            claim="In the time in which the largest mode escapes, a smaller one has gained the factor r_s stated.",
            because="Both times, in units of a_0^(2/d - 1), are equated as a_0 goes to zero: (1 - r^(2/d - 1)) / s = "
            "1 / shat, and the factor is inserted; exponents of a power of the positive 1 - s / shat multiply.",
            obligation=(gained, equal),
            shows=STATEMENT.where[0],
        ),
        Step(
            claim="Hence the mode has the strength and adds the change stated.",
            because="The strength a_0 r_s is inserted into the change that a mode of any strength makes.",
            obligation=(strength - a_0 * r_s, change - added().subs(a_s, strength)),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="The change is of the order of a_0: more neurons change nothing as a_0 goes to zero.",
            because="The change over a_0 has a limit.",
            shows=sp.Eq(sp.Limit(ADDED / a_0, a_0, 0), -2 * O * r_s / sbar, evaluate=False),
            means={ADDED: change},
        ),
    )
