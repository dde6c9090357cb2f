"""The cosine schedule: its signal-to-noise ratio at every step, and at the last one, which is clipped.

Premises: the amplitude of the signal is the cosine of an angle that grows evenly from a small offset to a right angle,
over the cosine at the start; alphabar is its square. A step adds 1 - alphabar_i / alphabar_{i-1}, at most beta_max.
Without the clip the last step would leave nothing of the signal. Code that forgets the square keeps the signal too
long: alphabar then falls like the distance to the end and not like its square.
"""

from __future__ import annotations

import sympy as sp

from derivations import diffusion
from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Printed, Source, Statement
from derivations.symbols import beta_max, i, n, s

ratio, last_ratio = sp.symbols("lambda_i lambda_n", real=True)
theta_0, theta_i = sp.symbols("psi_0 psi_i", positive=True)
spacing = sp.Symbol("delta_n", positive=True)  # of the angles
SIDES = sp.Tuple(ratio, last_ratio)


def angle(step: sp.Expr) -> sp.Expr:
    """The angle after a step."""
    return sp.pi / 2 * (step / n + s) / (1 + s)


def log_ratio(inverse: sp.Expr) -> sp.Expr:
    """Logarithm of alphabar over 1 - alphabar, for the inverse of alphabar."""
    return -sp.log(inverse - 1)


def ratios(power: int) -> sp.Tuple:
    """Both logarithms where alphabar is a power of the ratio of cosines."""
    inverses = [(sp.cos(theta_0) / amplitude) ** power for amplitude in (sp.cos(theta_i), sp.sin(spacing))]
    return sp.Tuple(log_ratio(inverses[0]), log_ratio(inverses[1] / (1 - beta_max)))


STATEMENT = Statement(
    module=__name__,
    title="Signal-to-noise ratio of the cosine schedule",
    formula=sp.Eq(SIDES, ratios(2), evaluate=False),
    where=(
        sp.Eq(theta_0, angle(sp.S.Zero), evaluate=False),
        sp.Eq(theta_i, angle(i), evaluate=False),
        sp.Eq(spacing, sp.pi / (2 * n * (1 + s)), evaluate=False),
    ),
    parameters=(
        Parameter(symbol=i, meaning="number of a step, before the last", domain=sp.S.Naturals, typical=(3, 11)),
        diffusion.STEPS.narrowed(domain=sp.Range(3, sp.oo), typical=(12, 60)),
        Parameter(symbol=s, meaning="offset of the schedule", domain=POSITIVE, typical=(0.004, 0.09)),
        Parameter(
            symbol=beta_max,
            meaning="largest variance that a step may add",
            domain=sp.Interval.Ropen(sp.Rational(3, 4), 1),
            typical=(0.9, 0.999),
        ),
    ),
    assumptions=(
        "i is less than n. lambda is the logarithm of the ratio of variances, alphabar / (1 - alphabar), for data of "
        "variance 1; that of amplitudes is half of it.",
        "beta_max is at least 3/4, so that only the last step is clipped.",
    ),
    regime=Exact(),
    sources=(Source(document="nichol2021improved", where="the cosine schedule, its offset and its clipping"),),
    covers=("F7",),
    printed=(
        Printed(
            erratum="U24",
            kind="in use",
            formula=sp.Eq(SIDES, ratios(1), evaluate=False),
            note="The cosine is the amplitude of the signal, so that alphabar is its square; without the square too "
            "much signal is left at the end.",
            source=Source(document="public_code", where="the cosine schedule: alphabar as a function of the step"),
        ),
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the angle to the ratio of variances, to the last steps, and to the clip."""
    first, other = sp.symbols("u v", real=True)
    share, kept = sp.symbols("alphabar alphabar'", positive=True)
    definitions = {definition.lhs: definition.rhs for definition in STATEMENT.where}
    squares, last = (sp.exp(right) for right in STATEMENT.right)
    return (
        Step(
            claim="The angle grows evenly, from the offset to a right angle.",
            because="It is evaluated at both ends, and between neighbours.",
            obligation=(
                definitions[theta_i].subs(i, n) - sp.pi / 2,
                definitions[theta_i].subs(i, 0) - definitions[theta_0],
                sp.diff(definitions[theta_i], i, 2),
                sp.diff(definitions[theta_i], i) - definitions[spacing],
            ),
            shows=STATEMENT.where[1],
        ),
        Step(
            claim="The squared cosine of u exceeds that of v by sin(v - u) sin(v + u).",
            because="Both sides are expanded in products of sines and cosines of u and v.",
            obligation=sp.expand(
                sp.expand_trig(sp.cos(first) ** 2 - sp.cos(other) ** 2 - sp.sin(other - first) * sp.sin(other + first))
            )
            .subs({sp.sin(first) ** 2: 1 - sp.cos(first) ** 2, sp.sin(other) ** 2: 1 - sp.cos(other) ** 2})
            .expand(),
        ),
        Step(
            claim="The squared cosine over this, at psi_i and psi_0, is the ratio of variances.",
            because="alphabar is inserted; its rest to 1 is a difference of squared cosines.",
            obligation=sp.cancel(squares - sp.cos(theta_i) ** 2 / (sp.cos(theta_0) ** 2 - sp.cos(theta_i) ** 2)),
        ),
        Step(
            claim="The last step but one adds 1 less a quarter of the inverse squared cosine of delta_n, below 3/4.",
            because="The cosines there are sin(delta_n) and sin(2 delta_n); delta_n is the angle between steps.",
            obligation=sp.expand_trig(1 - sp.cos(sp.pi / 2 - spacing) ** 2 / sp.cos(sp.pi / 2 - 2 * spacing) ** 2)
            - (1 - 1 / (4 * sp.cos(spacing) ** 2)),
        ),
        Step(
            claim="The last step would add 1 and leave no signal; clipped it leaves 1 - beta_max of what there was.",
            because="The cosine of the right angle is zero; with the clip alphabar is multiplied by 1 - beta_max.",
            obligation=(
                1 - sp.cos(definitions[theta_i].subs(i, n)) ** 2 / kept - 1,
                last
                - ((1 - beta_max) * share / (1 - (1 - beta_max) * share)).subs(
                    share, sp.cos(sp.pi / 2 - spacing) ** 2 / sp.cos(theta_0) ** 2
                ),
            ),
            shows=STATEMENT.formula,
        ),
    )
