r"""How many steps it takes to leave a plateau at a saddle point.

Premises: the loss falls along an eigenvector with a negative curvature, and the weights start at a small distance d_0
from the saddle along it. Gradient descent needs a time in inverse proportion to the curvature; saddle-free Newton needs
the same number of steps at every curvature that is large against the damping. That is the plateau of the page.
"""

from __future__ import annotations

import sympy as sp

from derivations import error_landscape
from derivations.error_landscape import newton_is_attracted
from derivations.proof import Step
from derivations.statement import POSITIVE, LeadingOrder, Parameter, Statement
from derivations.symbols import d_0, d_f, epsilon, lambda_i, mu, r

TIMES = sp.symbols("n_GD n_SF", positive=True)
_RATIO = sp.log(d_f / d_0)

STATEMENT = Statement(
    module=__name__,
    title="Steps to escape from a saddle point",
    formula=sp.Eq(
        sp.Tuple(*TIMES),
        sp.Tuple(
            _RATIO / sp.log(1 - epsilon * lambda_i),
            _RATIO / sp.log(1 - epsilon * lambda_i / (mu - lambda_i)),
        ),
        evaluate=False,
    ),
    parameters=(
        Parameter(
            symbol=d_0, meaning="distance from the saddle at the start", domain=POSITIVE, typical=(0.00001, 0.0004)
        ),
        Parameter(
            symbol=d_f,
            meaning="distance from the saddle at the end of the plateau",
            domain=POSITIVE,
            typical=(0.01, 0.3),
        ),
        error_landscape.LEARNING_RATE,
        error_landscape.CURVATURE.narrowed("negative", domain=sp.Interval.open(-sp.oo, 0), typical=(-1.9, -0.02)),
        error_landscape.DAMPING,
    ),
    assumptions=(
        error_landscape.RULES,
        "Distances are those along an eigenvector of negative curvature; r is their size against the scale on which "
        "the loss is no longer quadratic. Steps are counted with their fractions.",
        "At learning rates up to 1 Newton's method never escapes; damped Newton does where the damping exceeds the "
        "absolute value kappa of the curvature, and just below, by overshooting, where kappa is less than 2 mu / (2 - "
        "epsilon).",
    ),
    regime=LeadingOrder(parameter=r, order=1),
    sources=(
        error_landscape.DESCEND,
        error_landscape.PERFORMANCE,
        error_landscape.IDENTIFYING,
    ),
    covers=("F6",),
    uses=("error_landscape.newton_is_attracted",),
)


def derivation() -> tuple[Step, ...]:
    """From the factor of one step to the number of steps, and to small learning rates and curvatures."""
    n, kappa, c = sp.symbols("n kappa c", positive=True)
    reached, step, *times = sp.symbols("d_n m t_GD t_SF")
    factors = newton_is_attracted.STATEMENT.right
    growth = [factors[k].subs(lambda_i, -kappa) for k in (0, 3)]
    stated = [right.subs(lambda_i, -kappa) for right in STATEMENT.right]
    flow = [sp.limit(epsilon * right.subs(mu, c), epsilon, 0) for right in stated]
    undamped = flow[1].subs(c, 0)
    example = {d_0: sp.Rational(1, 10**6), d_f: 1, kappa: sp.Rational(1, 100)}
    return (
        Step(
            claim="After n steps the distance is d_0 times the n-th power of the factor of one step.",
            because="Every step multiplies by the same factor: one more step than n is the factor times that after n.",
            shows=sp.Eq(reached, d_0 * step**n, evaluate=False),
            means=tuple(
                {reached: factor * before, step: factor, n: number}
                for factor in growth
                for before, number in ((d_0, 1), (d_0 * factor**n, n + 1))
            ),
        ),
        Step(
            claim="The distance d_f is reached after the number of steps stated.",
            because="The number is inserted for n, in the logarithm of the distance; the factors are those of gradient "
            "descent and of saddle-free Newton at a negative curvature.",
            obligation=tuple(
                sp.simplify(sp.log(d_f) - sp.log(d_0) - sp.expand_log(right, force=True) * sp.log(factor))
                for right, factor in zip(stated, growth, strict=True)
            ),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="At small learning rates the time, steps times the learning rate, is ln(d_f / d_0) over kappa for "
            "gradient descent, and ln(d_f / d_0) for saddle-free Newton without damping, at every curvature -kappa.",
            because="The logarithm of 1 + epsilon k is epsilon k to leading order.",
            obligation=(
                sp.expand_log(flow[0] - _RATIO / kappa, force=True),
                sp.expand_log(flow[1] - _RATIO * (kappa + c) / kappa, force=True),
            ),
            shows=sp.Eq(times[1], _RATIO, evaluate=False),
            means={times[1]: undamped},
        ),
        Step(
            claim="At curvature -1/100, from a distance of a millionth to 1, that is a hundred times less.",
            because="Both times are taken there.",
            shows=sp.Eq(times[0] / times[1], sp.Integer(100), evaluate=False),
            means={times[0]: flow[0].subs(example), times[1]: undamped.subs(example)},
        ),
    )
