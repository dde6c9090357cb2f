"""Rates of hidden vectors in networks with 3 inputs, 2 hidden neurons and 4 outputs.

The page's sum ends at a width at which equal widths hide the error, hence three different ones. Whole matrices are
trained and rotated afterwards; one reference differentiates the loss along singular directions of explicit examples,
the other the energy of the hidden vectors. In the control of the trend every mode has a network of its own, so that
nothing competes.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import mode_competition
from numerics.deep_linear.coordinates import rates_along_training
from numerics.deep_linear.shared_neuron import modes_from_one_direction
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision, Trend
from verify.checks.precision import Point
from verify.claim import Claim
from verify.claims.deep_linear import PASSES
from verify.compile import Candidate
from verify.evidence import Curve, Path, Plane
from verify.references.layers_in_motion import explicit, rates

from_one_direction = partial(
    modes_from_one_direction,
    widths=(3, 2, 4),
    singular_values=(2.3, 1.4, 0.8),
    strength=0.05,
    spread=0.3,
    examples=9,
    times=tuple(np.arange(0, 3.51, 0.5)),
)

three_modes = partial(
    rates_along_training,
    widths=(3, 2, 4),
    singular_values=(2.3, 1.4, 0.8),
    correlation=0,
    start=0.3,
    tau=1.7,
    times=tuple(1.7 * np.arange(0, 6.01, 0.25)),
)

NARROW = (3, 2, 4)  # the same for networks with whitened inputs


def rates_of_modes(dps: int, point: Point) -> list:
    """Rates of the weights of hidden neuron 1 in input mode 1 and in output mode 1, with whitened inputs."""
    return rates(explicit(point, NARROW, whitened=True), 0, mpmath.mpf(point["tau"]))


def down_the_energy(dps: int, point: Point) -> list:
    """Minus the derivatives of the energy of the hidden vectors by a_1_1 and b_1_1, over tau."""
    given = {name: mpmath.mpf(value) for name, value in point.items()}
    values = given["s"], mpmath.mpf(7) / 5, mpmath.mpf(3) / 5  # of modes 2 and 3: any

    def energy(a_1_1: Any, b_1_1: Any) -> Any:
        own = {**given, "a_1_1": a_1_1, "b_1_1": b_1_1}
        total = mpmath.mpf(0)
        for k in (1, 2, 3):
            for j in (1, 2, 3, 4):
                product = mpmath.fsum(own[f"a_{i}_{k}"] * own[f"b_{i}_{j}"] for i in (1, 2))
                total += ((values[k - 1] if j == k else 0) - product) ** 2
        return total / 2

    return [-mpmath.diff(energy, (given["a_1_1"], given["b_1_1"]), order) / given["tau"] for order in ((1, 0), (0, 1))]


def modes_in_coordinates(formula: Candidate, dps: int, point: Point) -> list:
    """What the formula says of the rates of modes, from the rotated weights of the network."""
    network = explicit(point, NARROW, whitened=True)
    first, second = network.first * network.right, network.left.T * network.second
    values = {f"a_{i + 1}_{k + 1}": first[i, k] for i in range(2) for k in range(3)}
    values |= {f"b_{i + 1}_{k + 1}": second[k, i] for i in range(2) for k in range(4)}
    return formula.mpmath(dps, s=network.singular_values[0], tau=point["tau"], **values)


def _competing(formula: Candidate, first: np.ndarray, second: np.ndarray, s: np.ndarray, tau: float) -> tuple:
    """Rates (3, 2, T) of first (T, 2, 3), (4, 2, T) of second (T, 4, 2); each mode and neuron in turn is number 1."""
    out = np.array([[0, 1, 2, 3], [1, 0, 2, 3], [2, 0, 1, 3], [3, 0, 1, 2]])
    into = np.array([[0, 1, 2], [1, 0, 2], [2, 0, 1], [0, 1, 2]])  # output mode 4 has no partner: any, with s = 0
    own = np.array([[0, 1], [1, 0]])  # hidden neurons
    a, b = np.transpose(first, (2, 1, 0)), np.transpose(second, (1, 2, 0))  # modes, neurons, times
    values = {f"a_{i + 1}_{k + 1}": a[into[:, k]][:, own[:, i]] for i in range(2) for k in range(3)}
    values |= {f"b_{i + 1}_{k + 1}": b[out[:, k]][:, own[:, i]] for i in range(2) for k in range(4)}
    of_first, of_second = formula.numpy(s=np.append(s, 0.0).reshape(4, 1, 1), tau=tau, **values)
    shape = (4, 2, len(first))
    return np.broadcast_to(of_first, shape)[:3], np.broadcast_to(of_second, shape)


def rates_of_hidden_vectors(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Rates of all weights of a network with 3 inputs, 2 hidden neurons and 4 outputs, rotated and not."""
    given = {name: np.asarray(value) for name, value in measured.given.items()}
    left, right = given["left"], given["right"]
    a, b = _competing(
        formula, given["first"] @ right, left.T @ given["second"], given["singular_values"], float(given["tau"])
    )
    rows = a, b, np.einsum("kit,jk->ijt", a, right), np.einsum("kit,jk->jit", b, left)
    return np.concatenate([r.reshape(-1, a.shape[-1]) for r in rows])


def strengths_over_time(formula: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Strengths of the modes along the training, and the formula's, integrated from the first state.

    Without competition: the weakest mode integrated alone, with the vectors of the others at zero.
    """
    given = {name: np.asarray(value) for name, value in measured.given.items()}
    s, tau, times = given["singular_values"], float(given["tau"]), np.asarray(measured.axis)
    first, second = given["first"] @ given["right"], given["left"].T @ given["second"]
    trained = np.einsum("tik,tki->kt", first, second[:, :3])
    grid = np.linspace(times[0], times[-1], 121)
    kept = np.array([[1, 1, 1, 1], [0, 0, 1, 0]])  # modes of the two networks
    starts = first[0] * kept[:, None, :3], second[0] * kept[..., None]
    together, alone = _integrated(formula, *starts, s, tau, grid)
    axis, seen = tuple(map(float, grid)), tuple(map(float, times))
    paths = [
        Path(
            label=f"mode with s = {s[k]:g}",
            group=k,
            theory=(axis, tuple(map(float, together[k]))),
            measured=(seen, tuple(map(float, trained[k]))),
        )
        for k in range(3)
    ]
    paths.append(Path(label=f"s = {s[2]:g} alone", group=3, theory=(axis, tuple(map(float, alone[2])))))
    title = "Three modes compete for two hidden neurons"
    return (Plane(title=title, x_label="training time t (tau = 1.7)", y_label="mode strength a", paths=tuple(paths)),)


def _integrated(
    formula: Candidate, first: np.ndarray, second: np.ndarray, s: np.ndarray, tau: float, grid: np.ndarray
) -> np.ndarray:
    """Strengths (R, 3, T) on the grid, by Runge-Kutta steps, of networks (R, 2, 3) and (R, 4, 2)."""

    def rates(state: tuple) -> tuple:
        a, b = _competing(formula, state[0], state[1], s, tau)
        return np.transpose(a, (2, 1, 0)), np.transpose(b, (2, 0, 1))

    def moved(state: tuple, slope: tuple, time: float) -> tuple:
        return tuple(w + time * r for w, r in zip(state, slope, strict=True))

    state, strengths = (first, second), [np.einsum("rik,rki->rk", first, second[:, :3])]
    for step in np.diff(grid):
        k_1 = rates(state)
        k_2 = rates(moved(state, k_1, step / 2))
        k_3 = rates(moved(state, k_2, step / 2))
        k_4 = rates(moved(state, k_3, step))
        mean = tuple((p + 2 * q + 2 * r + u) / 6 for p, q, r, u in zip(k_1, k_2, k_3, k_4, strict=True))
        state = moved(state, mean, step)
        strengths.append(np.einsum("rik,rki->rk", state[0], state[1][:, :3]))
    return np.stack(strengths, axis=2)


def shared_direction(measured: Measurement) -> tuple[Curve, ...]:
    """Loss, and alignment of the hidden directions of two modes, over time; the equations give no closed curve."""
    given = {name: tuple(map(float, np.atleast_1d(value))) for name, value in measured.given.items()}
    nowhere = (float("nan"),) * len(given["times"])
    return tuple(
        Curve(
            label=label,
            axis_label="training time t / tau",
            value_label=label,
            axis=given["times"],
            theory=nowhere,
            measured=given[name],
            error=given[f"{name}_error"],
        )
        for name, label in (("loss", "loss"), ("alignment", "squared cosine of hidden directions 1 and 2"))
    )


CLAIM = Claim(
    statement=mode_competition.STATEMENT,
    checks=(
        Precision(
            name="down the energy",
            reference=down_the_energy,
            parameters=mode_competition.STATEMENT.parameters,
            count=3,
            same_law=True,
            against="minus the gradient of the energy of the hidden vectors, differentiated numerically",
        ),
        Precision(
            name="rotated networks",
            reference=rates_of_modes,
            evaluate=modes_in_coordinates,
            points=tuple({"network": n, "tau": tau} for n, tau in ((1, "0.7"), (2, "1.3"))),
            against="losses of networks with 3, 2 and 4 neurons, differentiated along their singular directions",
        ),
        Ladder(
            name="passes along training",
            predict=rates_of_hidden_vectors,
            steps=PASSES,
            quick=partial(three_modes, examples=13),
            full=partial(three_modes, examples=200),
            axis="training time t (tau = 1.7)",
            quantity="rate of the weights (per t)",
            picture=strengths_over_time,
            series=tuple(f"input mode {k} in hidden neuron {i}" for k in (1, 2) for i in (1, 2)),
        ),
        Trend(
            name="energy falls, directions part",
            replicas=300,
            curves=shared_direction,
            quick=partial(from_one_direction, apart=False),
            control=partial(from_one_direction, apart=True),
            shared=dict.fromkeys((1, 2), "at first the loss falls where nothing competes as well"),
        ),
    ),
    quantities=("Derivative(a_1_1(t), t)", "Derivative(b_1_1(t), t)"),
    convention="Time counts presentations, tau = P / lambda; correlations are sums over the examples.",
    independence="Whole matrices are trained, from random starts, and projected onto the modes afterwards. In the "
    "control every mode is trained in a network of its own, so that nothing competes, and the weights are added.",
)
