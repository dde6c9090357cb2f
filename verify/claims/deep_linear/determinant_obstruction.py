"""Square networks whose map starts with the wrong sign of the determinant, and what they never learn.

The singular values are those of whole products of matrices after an update; the formula sees only the value and what
the data ask of its directions. The loss at the end is that of random orthogonal starts trained over a ladder of ever
longer times, extrapolated; the nearest singular matrix is found by alternating least squares, without singular values.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import arb

from derivations.deep_linear import determinant_obstruction
from derivations.statement import Statement
from numerics.deep_linear.square_networks import (
    loss_after_training,
    loss_by_training_time,
    singular_value_rates,
    strength_curves,
)
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.deep_linear import FULL_STEPS, STEPS, fewest_layers
from verify.compile import Candidate
from verify.references.balls import (
    chain,
    integral,
    numbers,
)
from verify.references.layers_in_motion import integrated_along_log

SQUARE = ((5, 7, 5), (5, 6, 8, 5), (5, 5, 7, 6, 5), (5, 8, 6, 5, 7, 5))
WIDE_SQUARE = ((20, 28, 20), (20, 24, 32, 20), (20, 20, 28, 24, 20), (20, 32, 24, 20, 28, 20))

turning = partial(
    singular_value_rates,
    singular_values=(1.9, 1.5, 1.2, 0.9, 0.6),
    initial=(2.3, 1.7, 1.1, 0.8, 0.45),
    tau=1.7,
)

reversed_modes = partial(
    strength_curves,
    singular_values=(1.4, 1.1, 0.7),
    initial=(0.35, -0.5, -0.9),
    tau=1.7,
    times=tuple(np.arange(0, 3.85, 0.24)),
)

at_the_end = partial(
    loss_by_training_time,
    singular_values=(1.3, 1.2, 1.1, 1.0, 0.6),
    starts=4,
    courant=1.6,
    networks=((5, 5, 7, 5), (5, 8, 6, 7, 5)),
)


def fewest(statement: Statement) -> tuple[int, ...]:
    """Widths of the network of fewest matrices for which the statement is made."""
    return (5, *(7,) * (fewest_layers(statement) - 2), 5)


of_fewest_matrices = partial(
    loss_after_training,
    singular_values=(1.3, 1.2, 1.1, 1.0, 0.6),
    until=24.0,
    courant=0.1,
    networks=(fewest(determinant_obstruction.STATEMENT),),
)

STILL_FALLING = "no more than in the last quarter of the training can the loss still fall, since it falls exponentially"


def _rotation(angle: Any) -> Any:
    return mpmath.matrix([[mpmath.cos(angle), -mpmath.sin(angle)], [mpmath.sin(angle), mpmath.cos(angle)]])


def _product(weights: list) -> Any:
    total = weights[0]
    for weight in weights[1:]:
        total = weight * total
    return total


def singular_value_in_motion(dps: int, point: Point) -> list:
    """Rate of the smaller singular value of a balanced 2 x 2 network, all derivatives numerical; and the smallest half
    squared distance of a singular matrix from a diagonal one, by alternating least squares.
    """
    sigma, m, s, tau = (mpmath.mpf(point[k]) for k in ("sigma", "m", "s", "tau"))
    count = point["N_l"] - 1
    size = mpmath.diag([mpmath.root(3 * sigma, count), mpmath.root(sigma, count)])
    frames = [_rotation(mpmath.mpf(3 * k + 1) / 7) for k in range(count + 1)]
    weights = [frames[k + 1] * size * frames[k].T for k in range(count)]
    target = frames[-1] * mpmath.matrix([[mpmath.mpf("0.7"), mpmath.mpf("-0.4")], [mpmath.mpf("1.1"), m]]) * frames[0].T

    def loss(layer: int, i: int, j: int, shift: Any) -> Any:
        moved = [w.copy() for w in weights]
        moved[layer][i, j] += shift
        gap = target - _product(moved)
        return sum(x**2 for x in gap) / 2

    down = []
    for layer in range(count):
        slopes = [[mpmath.diff(lambda e, k=layer, i=i, j=j: loss(k, i, j, e), 0) for j in (0, 1)] for i in (0, 1)]
        down.append(-mpmath.matrix(slopes) / tau)

    def smaller(shift: Any) -> Any:
        total = _product([w + shift * v for w, v in zip(weights, down, strict=True)])
        trace, det = sum(x**2 for x in total), total[0, 0] * total[1, 1] - total[0, 1] * total[1, 0]
        return mpmath.sqrt((trace - mpmath.sqrt(trace**2 - 4 * det**2)) / 2)

    return [mpmath.diff(smaller, 0), _distance_to_singular(3 * s, s) ** 2 / 2]


def _distance_to_singular(large: Any, small: Any) -> Any:
    """Distance of diag(large, small) from the nearest singular matrix x y^T, x and y in turn by least squares."""
    target, x = mpmath.diag([large, small]), mpmath.matrix([mpmath.mpf(3) / 5, mpmath.mpf(4) / 5])
    for _ in range(mpmath.mp.dps + 10):
        y = target.T * x / mpmath.norm(x) ** 2
        x = target * y / mpmath.norm(y) ** 2
    return mpmath.norm(mpmath.matrix(list(target - x * y.T)))


def predicted_singular_value_rates(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Rates of the singular values of the map, (networks, values)."""
    given = measured.given
    return formula.numpy(N_l=given["layers"], sigma=given["singular_value"], m=given["asked"], s=0.7, tau=given["tau"])[
        0
    ]


def predicted_signed_curves(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strengths of decoupled modes over time, (networks and modes, times); a reversed mode is asked for -s."""
    assert measured.axis is not None
    number, s, start = (np.asarray(measured.given[k])[:, None] for k in ("layers", "singular_value", "initial"))
    asked, tau = s * np.sign(start), measured.given["tau"]
    return integrated_along_log(
        lambda a: formula.numpy(N_l=number, sigma=a, m=asked, s=0.7, tau=tau)[0], np.abs(start), measured.axis
    )


def predicted_remaining_loss(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Loss that cannot be learned from a start of the wrong sign, (networks,)."""
    rest = formula.numpy(N_l=4, sigma=1.3, m=0.6, s=measured.given["smallest"], tau=1.7)[1]
    return np.broadcast_to(rest, measured.values.shape)


def still_falling(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Change of the loss in the last quarter of the training, (networks,): a bound for what decays exponentially."""
    return np.asarray(measured.given["last_quarter"])


left_over = partial(Replicas, predict=predicted_remaining_loss, replicas=8, bias=still_falling, bias_note=STILL_FALLING)

longer_training = Ladder(
    name="ever longer training",
    predict=predicted_remaining_loss,
    order=2,
    steps=tuple(0.04 * 2 ** (-k / 2) for k in range(5)),
    quick=at_the_end,
)


def certified_obstruction(bits: int, point: Point) -> list[Any]:
    """The rate of a chain that is to learn m, and the loss that a singular map has of s."""
    strength, target, s, tau = numbers(point, "sigma", "m", "s", "tau")
    return [chain(strength, target, point["N_l"] - 1)[2] / tau, integral(lambda x: s - x, arb(0), s)]


CLAIM = Claim(
    statement=determinant_obstruction.STATEMENT,
    checks=(
        Certified(
            name="reversed chain in certified power series",
            reference=certified_obstruction,
            against="the loss of a chain of equal weights as a power series, and the force integrated from zero to s",
            values=("d sigma/dt", "L"),
            points=(
                {"N_l": 3, "sigma": "0.7", "m": "-1.3", "s": "1.9", "tau": "1.3"},
                {"N_l": 5, "sigma": "0.37", "m": "0.83", "s": "0.6", "tau": "0.8"},
            ),
        ),
        Precision(
            name="two dimensions in motion",
            reference=singular_value_in_motion,
            parameters=determinant_obstruction.STATEMENT.parameters,
            count=4,
            digits=(20, 30),
            against="balanced 2 x 2 matrices that descend their loss, and the nearest singular matrix",
        ),
        Ladder(
            name="rates of undecoupled networks",
            predict=predicted_singular_value_rates,
            steps=tuple(0.001 / 2**k for k in range(5)),
            quick=partial(turning, networks=SQUARE, examples=24),
        ),
        Ladder(
            name="reversed modes in training",
            predict=predicted_signed_curves,
            steps=STEPS,
            full_steps=FULL_STEPS,
            quick=partial(reversed_modes, networks=SQUARE[:3], examples=24),
            full=partial(reversed_modes, networks=WIDE_SQUARE, examples=100),
            axis="training time t (tau = 1.7)",
            quantity="singular value sigma of the map",
            series=("2 matrices, s = 1.4", "reversed, s = 1.1", "reversed, s = 0.7", "3 matrices, s = 1.4"),
        ),
        longer_training,
        left_over(name="fewest matrices at the end", quick=partial(of_fewest_matrices, same_sign=False)),
    ),
    quantities=("Derivative(sigma(t), t)", r"L_{\infty}"),
    convention="Time counts presentations, tau = P / lambda; the loss is half the squared distance of the map from "
    "the correlation of whitened examples. The step of the ladder of ever longer training is tau over its time.",
    independence="All matrices are free, with unequal hidden widths. Random orthogonal starts, balanced where hidden "
    "layers are wider, follow Runge-Kutta steps: plain descent unbalances the layers and crosses the determinant's "
    "zero after a while.",
    printed={
        "E13": Ordeal(
            fails=longer_training,
            holds=left_over(
                name="starts of the right sign",
                quick=partial(of_fewest_matrices, same_sign=True, courant=0.4, networks=((5, 7, 5), (5, 8, 6, 7, 5))),
            ),
        )
    },
)
