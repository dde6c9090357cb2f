"""Where training from small random weights ends, with any number of hidden neurons and any inputs.

Training stops where no weight moves any more; the formula is given the modes of the data alone. Its reference is
alternating least squares through one hidden neuron, which knows neither the flow nor singular vectors.
"""

from __future__ import annotations

from functools import partial

import mpmath
import numpy as np

from derivations.deep_linear import end_point, saddles
from numerics.deep_linear.end_points import end_points
from numerics.measurement import Measurement
from verify.checks import Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.deep_linear import CONVENTION, FINISHED, SMALL_ENDS, THREE_MODES, WIDE_ENDS
from verify.compile import Candidate
from verify.evidence import Path, Plane

# whitened, and a hidden neuron for every mode: what the page leaves out
WHITENED_ENDS = {"inputs": 6, "outputs": 3, "powers": (1.0,) * 6, "examples": 24}
MAX_ROUNDS = 2000

ending = partial(end_points, singular_values=THREE_MODES, spread=0.05, courant=0.7)


def least_squares(dps: int, point: Point) -> list:
    """Strengths of both modes in the best map through one hidden neuron, by alternating least squares."""
    s_i, s_j, power_i, power_j = (mpmath.mpf(point[k]) for k in ("s_i", "s_j", "Lambda_i", "Lambda_j"))
    a, b = mpmath.matrix([1, 1]), None
    for _ in range(MAX_ROUNDS):
        seen = power_i * a[0] ** 2 + power_j * a[1] ** 2
        b = mpmath.matrix([s_i * a[0] / seen, s_j * a[1] / seen])  # weights to the outputs, for given inputs
        size = b[0] ** 2 + b[1] ** 2
        after = mpmath.matrix([s_i * b[0] / power_i / size, s_j * b[1] / power_j / size])
        moved = mpmath.norm(after - a)
        a = after
        if moved < mpmath.mpf(10) ** (-dps - 2):
            break
    assert b is not None
    return [x if abs(x) > mpmath.mpf(10) ** -dps else mpmath.mpf(0) for x in (b[0] * a[0], b[1] * a[1])]


def ranked(point: Point) -> bool:
    """Whether mode i is clearly the one that one hidden neuron holds at the end."""
    s_i, s_j, power_i, power_j = (float(point[k]) for k in ("s_i", "s_j", "Lambda_i", "Lambda_j"))
    return s_i**2 / power_i > 1.7 * s_j**2 / power_j


def unfinished(formula: Candidate, measured: Measurement) -> np.ndarray:
    """How far the maps of the networks are from where their last updates lead."""
    return np.broadcast_to(measured.given["remaining"], measured.values.shape)


def predicted_end_points(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Distance from the input-output correlation, and the map between modes, (1 + K K, networks)."""
    values, powers = (np.asarray(measured.given[name], dtype=float) for name in ("singular_values", "powers"))
    held, left_out = formula.numpy(s_i=values, s_j=values, Lambda_i=powers)
    rank = np.argsort(np.argsort(-(values**2) / powers))
    columns = []
    for neurons in np.asarray(measured.given["hidden"], dtype=int):
        strengths = np.where(rank < neurons, held, left_out)
        columns.append(np.concatenate([[np.linalg.norm(strengths - values)], np.diag(strengths).ravel()]))
    return np.stack(columns, axis=1)


def mixed_end_points(formula: Candidate, measured: Measurement) -> np.ndarray:
    """The same for inputs of any correlation, without the distance."""
    return predicted_end_points(formula, measured)[1:]


def distances(formula: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Distance of the map from the input-output correlation over time, and where it ends."""
    time, apart = (np.asarray(measured.given[k], dtype=float) for k in ("run_time", "run_distance"))
    last = predicted_end_points(formula, measured)[0]
    hidden = np.asarray(measured.given["hidden"], dtype=int)
    paths = tuple(
        Path(
            label=f"{hidden[k]} hidden",
            group=k,
            theory=((0.0, float(time[k, -1])), (float(last[k]),) * 2),
            measured=(tuple(time[k]), tuple(apart[k])),
        )
        for k in range(len(hidden))
    )
    return (Plane(title="Distance from Sigma31", x_label="time t / tau", y_label="distance from Sigma31", paths=paths),)


CLAIM = Claim(
    statement=end_point.STATEMENT,
    checks=(
        Precision(
            name="least squares through one neuron",
            reference=least_squares,
            parameters=(*end_point.STATEMENT.parameters, saddles.OTHER_POWER),
            count=3,
            constraint=ranked,
            against="alternating least squares between inputs and outputs of one hidden neuron",
            evaluate=lambda formula, dps, point: formula.mpmath(
                dps, **{name: value for name, value in point.items() if name != "Lambda_j"}
            ),
        ),
        Replicas(
            name="training to the end",
            predict=predicted_end_points,
            replicas=3,
            full_replicas=5,
            bias=unfinished,
            bias_note=FINISHED,
            quick=partial(ending, hidden=(1, 2, 3), mixed=False, **SMALL_ENDS),
            full=partial(ending, hidden=(1, 2, 3), mixed=False, **WIDE_ENDS),
            axis="number of hidden neurons N_2",
            quantity="distance from Sigma31",
            series=("distance from Sigma31",),
            picture=distances,
        ),
        Replicas(
            name="inputs of any correlation",
            predict=mixed_end_points,
            replicas=3,
            full_replicas=5,
            bias=unfinished,
            bias_note=FINISHED,
            quick=partial(ending, hidden=(1, 2, 3), mixed=True, **SMALL_ENDS),
            full=partial(ending, hidden=(1, 2, 3), mixed=True, **WIDE_ENDS),
        ),
    ),
    quantities=(r"u_{i}^{T}W(\infty)v_{i}", r"u_{j}^{T}W(\infty)v_{j}"),
    convention=CONVENTION,
    independence="All weights are free and start at random; training goes on until nothing moves.",
    printed={
        "E6": Ordeal(
            fails=Replicas(
                name="fewer neurons than modes",
                predict=predicted_end_points,
                replicas=3,
                bias=unfinished,
                bias_note=FINISHED,
                quick=partial(ending, hidden=(1, 2), mixed=False, **SMALL_ENDS),
            ),
            holds=Replicas(
                name="a neuron for every mode, whitened inputs",
                predict=predicted_end_points,
                replicas=3,
                bias=unfinished,
                bias_note=FINISHED,
                quick=partial(ending, hidden=(3, 4), mixed=False, **WHITENED_ENDS),
            ),
        )
    },
)
