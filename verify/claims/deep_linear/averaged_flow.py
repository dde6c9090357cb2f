"""The change of all weights in one pass over the examples, against the flow in two correlations.

Examples are presented one after the other and automatic differentiation moves every weight; the formula is given the
two sums over the examples and nothing else, so that any other dependence on the data would show. The ladder lowers the
learning rate, the only thing by which one pass differs from the flow. Two data sets of other distributions with the
same two correlations are learned alike by a linear network and apart by one with tanh in its hidden layer.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import averaged_flow
from numerics.deep_linear.online import one_pass
from numerics.deep_linear.two_data_sets import loss_curve_difference
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision, Trend
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate

# examples many times the inputs would make both distributions alike for tanh as well
alike = partial(loss_curve_difference, widths=(3, 4, 2), examples=8, updates=80, learning_rate=0.05, allowed=1e-9)


def pass_over_examples(dps: int, point: Point) -> list:
    """Mean change of w_11 and v_1 in one pass at fixed weights, over P examples that have the given correlations.

    Two examples carry the inputs (a Cholesky factor of their correlations); the others have outputs only.
    """
    given = {name: mpmath.mpf(value) for name, value in point.items()}
    low = mpmath.cholesky(
        mpmath.matrix([[given["Sigma_11"], given["Sigma_12"]], [given["Sigma_12"], given["Sigma_22"]]])
    )
    y = mpmath.lu_solve(low, mpmath.matrix([given["r_1"], given["r_2"]]))
    examples = [((low[0, k], low[1, k]), y[k]) for k in range(2)]
    examples += [((0, 0), mpmath.mpf(k) / 7) for k in range(int(point["P"]) - 2)]

    def loss(example: tuple, w_11: Any, v_1: Any) -> Any:
        (x_1, x_2), target = example
        output = v_1 * (w_11 * x_1 + given["w_12"] * x_2) + given["v_2"] * (given["w_21"] * x_1 + given["w_22"] * x_2)
        return (target - output) ** 2 / 2

    changes = []
    for order in ((1, 0), (0, 1)):
        slopes = [mpmath.diff(lambda w, v, e=e: loss(e, w, v), (given["w_11"], given["v_1"]), order) for e in examples]
        changes.append(-given["lambda_"] * mpmath.fsum(slopes) / len(examples))
    return changes


def changes_in_one_pass(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Change of all weights per presentation, over the learning rate, for each data set: (data sets, 6)."""
    given = {name: np.asarray(value, dtype=float) for name, value in measured.given.items()}
    first, second, inputs, cross = given["first"], given["second"], given["inputs"], given["cross"]
    rate = float(given["learning_rate"])

    def component(number: int, j: int, k: int) -> np.ndarray:
        """The statement with hidden neuron j and input k called 1."""
        i, n = 1 - j, 1 - k
        rates = formula.numpy(
            w_11=first[:, j, k],
            w_12=first[:, j, n],
            w_21=first[:, i, k],
            w_22=first[:, i, n],
            v_1=second[:, j],
            v_2=second[:, i],
            r_1=cross[:, k],
            r_2=cross[:, n],
            Sigma_11=inputs[:, k, k],
            Sigma_12=inputs[:, 0, 1],
            Sigma_22=inputs[:, n, n],
            P=given["examples"],
            lambda_=rate,
        )
        return np.broadcast_to(rates[number] / rate, len(second))

    columns = [component(0, j, k) for j in (0, 1) for k in (0, 1)] + [component(1, j, 0) for j in (0, 1)]
    return np.stack(columns, axis=1)


CLAIM = Claim(
    statement=averaged_flow.STATEMENT,
    checks=(
        Precision(
            name="pass over examples",
            reference=pass_over_examples,
            parameters=averaged_flow.STATEMENT.parameters,
            count=2,
            against="the mean change over examples with these correlations, by numerical differentiation",
        ),
        Ladder(
            name="one pass of online training",
            predict=changes_in_one_pass,
            steps=(0.001, 0.0005, 0.00025, 0.000125),
            quick=partial(one_pass, examples=(11, 17, 24)),
            full=partial(one_pass, examples=(60, 110, 170)),
            full_steps=(0.0002, 0.0001, 0.00005, 0.000025),
        ),
        Trend(
            name="two distributions, the same correlations",
            replicas=8,
            quick=partial(alike, hidden="linear"),
            control=partial(alike, hidden="tanh"),
        ),
    ),
    quantities=("Derivative(w_11(t), t)", "Derivative(v_1(t), t)"),
    convention="Time counts presentations; the correlations are sums over the examples and tau = P / lambda.",
    independence="Examples are presented one after the other; automatic differentiation moves all weights. Two data "
    "sets with the same correlations are learned alike to rounding, but not where tanh stands between the layers.",
)
