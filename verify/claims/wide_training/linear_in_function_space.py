"""Training of a wide network in the space of functions.

Networks with two hidden layers of unequal widths and an activation that is neither odd nor even are trained whole on
handwritten digits, by gradient flow, at several widths. Their mean outputs for these digits and for others are compared
with the modes of the tangent kernel. Networks come in pairs with opposite last layers, so that their outputs at the
start, to which a fixed function is added, cancel in the mean.

A linear network with one hidden layer and one example is solved at every width: kernel and output keep a constant of
the motion, whose distribution is that of two chi-squares. It approaches the exponential like 1 / N.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import mode_logistic
from derivations.wide_training import linear_in_function_space
from numerics.measurement import Measurement
from numerics.wide_training.function_space import mean_outputs
from verify.checks import FiniteSize, Property, Rate
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, candidate, torch_function
from verify.evidence import Path, Plane
from verify.references import linear_example
from verify.references.wide_digits import HIDDEN, NETWORK, kernel

EXAMPLE, TIME = 1.3, 0.4  # target of the one example of a linear network, and when it is asked
PICTURED = (0.02, 40)  # strength of a logistic mode at the start, over its end; points of a curve

digits = partial(
    mean_outputs,
    network=(torch_function(NETWORK[0]), *NETWORK[1:]),
    ratios=HIDDEN,
    classes=(3, 8),
    examples=5,
    unseen=2,
    offset=0.25,
    times=(0.25, 0.55, 1.1),
    tau=1.6,
)


def modes(measured: Measurement) -> tuple[np.ndarray, ...]:
    """Eigenvalues and eigenvectors of the kernel, targets and starts along them, overlaps of unseen digits."""
    theta, count = kernel(np.asarray(measured.given["products"])), int(measured.given["examples"])
    values, vectors = np.linalg.eigh(theta[:count, :count])
    along = (np.asarray(measured.given[name])[:count] @ vectors for name in ("labels", "start"))
    return (values, vectors, *along, theta[count:, :count] @ vectors)


def predicted(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Mean outputs for all digits over time."""
    values, vectors, targets, starts, overlaps = modes(measured)
    known = {"t": measured.axis, "tau": measured.given["tau"]}
    along = {"lambda_k": values[:, None], "s_k": targets[:, None], "u_k0": starts[:, None]}
    learnt = vectors @ formula.numpy(**known, **along, kappa_k=0.3)[0]
    unseen = np.array(
        [formula.numpy(**known, **along, kappa_k=overlap[:, None])[1].sum(axis=0) for overlap in overlaps]
    )
    return np.concatenate([learnt, unseen + np.asarray(measured.given["start"])[len(vectors) :, None]])


def way_of_modes(formula: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Which part of its way a mode has gone: of wide networks, and of deep linear ones that end at the same rate."""
    assert measured.axis is not None
    values, vectors, targets, starts, _ = modes(measured)
    first, count = PICTURED
    logistic, paths = candidate(mode_logistic.STATEMENT), []
    for group, k in enumerate((len(values) - 1, 0)):
        times = np.linspace(0, 4.0, count)
        way = formula.numpy(t=times, tau=1.0, lambda_k=values[k], s_k=1.0, u_k0=0.0, kappa_k=0.3)[0]
        gone = (vectors[:, k] @ measured.values[: len(vectors)] - starts[k]) / (targets[k] - starts[k])
        strength = values[k] / 2
        curve = logistic.numpy(t=times, s=strength, a_0=first * strength, tau=1.0) / strength
        points = (tuple(map(float, measured.axis / measured.given["tau"])), tuple(map(float, gone)))
        for label, place, line, found in (
            (f"wide network, lambda = {values[k]:.2g}", group, way, points),
            (f"deep linear network, 2 s = {values[k]:.2g}", 2 + group, curve, ((), ())),
        ):
            theory = (tuple(map(float, times)), tuple(map(float, np.ravel(line))))
            paths.append(Path(label=label, group=place, theory=theory, measured=found))
    return (
        Plane(
            title="Modes without a plateau (points: the widest networks), and logistic ones",
            x_label="time t / tau",
            y_label="part of the way that a mode has gone",
            paths=tuple(paths),
        ),
    )


def flow_residual(formula: Candidate, point: Point, dps: int) -> list:
    """Both equations of the flow over their right-hand sides, less 1; the mode at time 0 over its start, less 1."""
    time, tau, rate, end, start, overlap = (
        mpmath.mpf(point[k]) for k in ("t", "tau", "lambda_k", "s_k", "u_k0", "kappa_k")
    )

    def curve(number: int, at: Any) -> Any:
        known = {"tau": tau, "lambda_k": rate, "s_k": end, "u_k0": start, "kappa_k": overlap}
        return formula.mpmath(mpmath.mp.dps, t=at, **known)[number]

    with mpmath.workdps(2 * dps):
        error = curve(0, time) - end
        changes = [mpmath.diff(partial(curve, number), time) for number in (0, 1)]
        return [
            tau * changes[0] / (-rate * error) - 1,
            tau * changes[1] / (-overlap * error) - 1,
            curve(0, mpmath.mpf(0)) / start - 1,
            curve(1, mpmath.mpf(0)),
        ]


def one_example(dps: int, point: Point) -> float:
    """Mean output at TIME of linear networks that learn EXAMPLE."""
    mass, output, _ = linear_example.trained(float(point["N"]), EXAMPLE, TIME)
    return float((mass * output).sum())


def in_the_limit(formula: Candidate, dps: int, point: Point) -> float:
    """The mode of that example, whose kernel is 2."""
    return float(formula.numpy(t=TIME, tau=1.0, lambda_k=2.0, s_k=EXAMPLE, u_k0=0.0, kappa_k=0.3)[0])


CLAIM = Claim(
    statement=linear_in_function_space.STATEMENT,
    checks=(
        Property(
            name="flow and start",
            sentence="tau du/dt = -lambda (u - s) and u starts at u_0; tau dDelta/dt = -kappa (u - s) and Delta at 0",
            residual=flow_residual,
            parameters=linear_in_function_space.STATEMENT.parameters,
        ),
        Rate(
            name="one example, linear networks of finite width",
            exact=one_example,
            against="mean outputs of linear networks with N hidden neurons, solved by their constant of the motion",
            points=({},),
            values=("16", "64", "256", "1024"),
            digits=10,
            evaluate=in_the_limit,
        ),
        FiniteSize(
            name="networks that learn digits",
            predict=predicted,
            quick=partial(digits, step=0.09, batch=7),
            full=partial(digits, step=0.06, batch=24),
            sizes=((16, 24), (28, 24), (48, 24)),
            full_sizes=((20, 60), (36, 60), (64, 60)),
            axis="time t",
            quantity="mean output for a digit",
            picture=way_of_modes,
        ),
    ),
    quantities=("u_k", "Delta_k"),
    convention="Outputs of networks in the NTK parametrization; a fixed function is added to them, so that they start "
    "where it is. The loss is half the sum of the squared errors over the examples.",
    independence="Whole networks of finite width are trained by the gradient of their loss; no kernel is known.",
)
