"""Deep linear learning in singular coordinates, evaluated independently: whole networks with explicit examples."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate
from verify.evidence import Curve, Path, Plane

# ------------------------------------------------------------------------------- explicit networks at high precision


@dataclass(frozen=True, kw_only=True)
class Explicit:
    """A network with N2 hidden neurons and its examples, as mpmath matrices, and the singular vectors of its data."""

    first: Any
    second: Any
    x: Any
    y: Any
    left: Any
    singular_values: Any
    right: Any

    def loss(self, first: Any, second: Any) -> Any:
        """Half the squared error, summed over the examples, at other weights."""
        error = self.y - second * (first * self.x)
        return mpmath.fsum(e**2 for e in error) / 2


WIDTHS = (2, 4, 3)  # inputs, hidden neurons, outputs of the explicit networks
NARROW = (3, 2, 4)  # the same for networks with whitened inputs
EXAMPLES = 5


def explicit(point: Point, widths: tuple[int, int, int], whitened: bool = False) -> Explicit:
    """The network number `network` of the point: weights and examples are rational, the same at every precision.

    The inputs of whitened examples are multiplied by the inverse Cholesky factor of the sum of x x^T.
    """
    return _explicit(int(point["network"]), widths, whitened, mpmath.mp.dps)


@functools.lru_cache(maxsize=32)
def _explicit(number: int, widths: tuple[int, int, int], whitened: bool, dps: int) -> Explicit:
    generator = np.random.default_rng(number)

    def matrix(rows: int, columns: int) -> Any:
        return mpmath.matrix(rows, columns).apply(lambda _: mpmath.mpf(int(generator.integers(-999, 1000))) / 613)

    n_in, n_hidden, n_out = widths
    first, second = matrix(n_hidden, n_in), matrix(n_out, n_hidden)
    x, y = matrix(n_in, EXAMPLES), matrix(n_out, EXAMPLES)
    if whitened:
        x = mpmath.inverse(mpmath.cholesky(x * x.T)) * x
    left, values, right_t = mpmath.svd_r(y * x.T, full_matrices=True)
    right = right_t.T
    for k in range(n_out):  # the signs of singular vectors are free, and must not depend on the precision
        sign = mpmath.sign(left[0, k])
        for vectors in (left, right) if k < n_in else (left,):
            for j in range(vectors.rows):
                vectors[j, k] *= sign
    return Explicit(first=first, second=second, x=x, y=y, left=left, singular_values=values, right=right)


def _rates(network: Explicit, neuron: int, tau: Any) -> list:
    """Rates of the weights of a hidden neuron in input mode 1 and output mode 1: derivatives of the loss along them."""

    def loss(e: Any, of_first: Any, of_second: Any) -> Any:
        first, second = network.first.copy(), network.second.copy()
        for j in range(first.cols):
            first[neuron, j] += e * of_first * network.right[j, 0]
        for k in range(second.rows):
            second[k, neuron] += e * of_second * network.left[k, 0]
        return network.loss(first, second)

    return [-mpmath.diff(lambda e, d=d: loss(e, *d), 0) / tau for d in ((1, 0), (0, 1))]


def entries_of_rotated_network(dps: int, point: Point) -> list:
    """Two weights, and the rates of two rotated ones."""
    network = explicit(point, WIDTHS)
    return [network.first[1, 0], network.second[2, 1], *_rates(network, 1, mpmath.mpf(point["tau"]))]


def rates_of_modes(dps: int, point: Point) -> list:
    """Rates of the weights of hidden neuron 1 in input mode 1 and in output mode 1, with whitened inputs."""
    return _rates(explicit(point, NARROW, whitened=True), 0, mpmath.mpf(point["tau"]))


def down_the_energy(dps: int, point: Point) -> list:
    """Minus the derivatives of the energy of the hidden vectors by a_1_1 and b_1_1, over tau."""
    g = {name: mpmath.mpf(value) for name, value in point.items()}
    values = g["s"], mpmath.mpf(7) / 5, mpmath.mpf(3) / 5  # of modes 2 and 3: any

    def energy(a_1_1: Any, b_1_1: Any) -> Any:
        own = {**g, "a_1_1": a_1_1, "b_1_1": b_1_1}
        total = mpmath.mpf(0)
        for k in (1, 2, 3):
            for j in (1, 2, 3, 4):
                product = mpmath.fsum(own[f"a_{i}_{k}"] * own[f"b_{i}_{j}"] for i in (1, 2))
                total += ((values[k - 1] if j == k else 0) - product) ** 2
        return total / 2

    return [-mpmath.diff(energy, (g["a_1_1"], g["b_1_1"]), order) / g["tau"] for order in ((1, 0), (0, 1))]


def entries_in_coordinates(formula: Candidate, dps: int, point: Point) -> list:
    """What the formula says of those entries, from the rotated weights of the network."""
    network = explicit(point, WIDTHS)
    first, second = network.first * network.right, network.left.T * network.second
    total, spread = second * first, network.right.T * network.x
    square = spread * spread.T
    values = {f"a_i_{k + 1}": first[1, k] for k in range(2)} | {f"V_j_{k + 1}": network.right[0, k] for k in range(2)}
    values |= {f"b_i_{k + 1}": second[k, 1] for k in range(3)} | {f"U_k_{k + 1}": network.left[2, k] for k in range(3)}
    values |= {f"Wbar_{j + 1}{k + 1}": total[j, k] for j in range(3) for k in range(2)}
    values |= {f"Sigmabar_{name}": square[int(name[0]) - 1, int(name[1]) - 1] for name in ("11", "12", "22")}
    return formula.mpmath(dps, s=network.singular_values[0], tau=point["tau"], **values)


def modes_in_coordinates(formula: Candidate, dps: int, point: Point) -> list:
    """What the formula says of the rates of modes, from the rotated weights of the network."""
    network = explicit(point, NARROW, whitened=True)
    first, second = network.first * network.right, network.left.T * network.second
    values = {f"a_{i + 1}_{k + 1}": first[i, k] for i in range(2) for k in range(3)}
    values |= {f"b_{i + 1}_{k + 1}": second[k, i] for i in range(2) for k in range(4)}
    return formula.mpmath(dps, s=network.singular_values[0], tau=point["tau"], **values)


# ------------------------------------------------------------------------------------------------ what the formula says


def rotated_rates(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Rates of all weights of a network with 2 inputs and 3 outputs, rotated and not; each mode in turn is mode 1."""
    g = {name: np.asarray(value) for name, value in measured.given.items()}
    left, right, tau = g["left"], g["right"], float(g["tau"])
    first, second = g["first"] @ right, left.T @ g["second"]  # (T, N2, 2), (T, 3, N2)
    total, square = second @ first, right.T @ g["inputs"] @ right
    out = np.array([[0, 1, 2], [1, 0, 2], [2, 0, 1]])  # output modes, the one called 1 first
    into = np.array([[0, 1], [1, 0], [0, 1]])  # input modes; output mode 3 has no partner, and no singular value
    count, hidden = first.shape[:2]

    def spread(numbers: np.ndarray) -> np.ndarray:
        return numbers.reshape(3, -1, 1)

    values = {f"a_i_{k + 1}": np.moveaxis(first, 2, 0)[into[:, k]] for k in range(2)}
    values |= {f"b_i_{k + 1}": np.moveaxis(second, 1, 0)[out[:, k]] for k in range(3)}
    values |= {f"Wbar_{j + 1}{k + 1}": spread(total[:, out[:, j], into[:, k]].T) for j in range(3) for k in range(2)}
    values |= {f"Sigmabar_{j + 1}{k + 1}": spread(square[into[:, j], into[:, k]]) for j, k in ((0, 0), (0, 1), (1, 1))}
    nowhere = dict.fromkeys(("V_j_1", "V_j_2", "U_k_1", "U_k_2", "U_k_3"), 0.7)
    singular = spread(np.append(g["singular_values"], 0.0))
    rates = formula.numpy(s=singular, tau=tau, **values, **nowhere)[2:]
    a, b = np.broadcast_to(rates[0], (3, count, hidden))[:2], np.broadcast_to(rates[1], (3, count, hidden))
    # the rotation is linear, so rates rotate as weights do
    values |= {f"a_i_{k + 1}": a[k] for k in range(2)} | {f"b_i_{k + 1}": b[k] for k in range(3)}
    values |= {f"V_j_{k + 1}": spread(right[into[:, 0], k]) for k in range(2)}
    values |= {f"U_k_{k + 1}": spread(left[:, k]) for k in range(3)}
    raw = formula.numpy(s=singular, tau=tau, **values)[:2]
    raw_first, raw_second = (np.broadcast_to(r, (3, count, hidden)) for r in raw)
    rows = (
        np.moveaxis(a, 1, 2), np.moveaxis(b, 1, 2), np.transpose(raw_first[:2], (2, 0, 1)),
        np.moveaxis(raw_second, 1, 2),
    )  # fmt: skip
    return np.concatenate([r.reshape(-1, count) for r in rows])


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
    g = {name: np.asarray(value) for name, value in measured.given.items()}
    left, right = g["left"], g["right"]
    a, b = _competing(formula, g["first"] @ right, left.T @ g["second"], g["singular_values"], float(g["tau"]))
    rows = a, b, np.einsum("kit,jk->ijt", a, right), np.einsum("kit,jk->jit", b, left)
    return np.concatenate([r.reshape(-1, a.shape[-1]) for r in rows])


def strengths_over_time(formula: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Strengths of the modes along the training, and the formula's, integrated from the first state.

    Without competition: the weakest mode integrated alone, with the vectors of the others at zero.
    """
    g = {name: np.asarray(value) for name, value in measured.given.items()}
    s, tau, times = g["singular_values"], float(g["tau"]), np.asarray(measured.axis)
    first, second = g["first"] @ g["right"], g["left"].T @ g["second"]
    trained = np.einsum("tik,tki->kt", first, second[:, :3])
    grid = np.linspace(times[0], times[-1], 121)
    kept = np.array([[1, 1, 1, 1], [0, 0, 1, 0]])  # modes of the two networks
    starts = first[0] * kept[:, None, :3], second[0] * kept[..., None]
    together, alone = _integrated(formula, *starts, s, tau, grid)
    axis, seen = tuple(map(float, grid)), tuple(map(float, times))
    paths = [
        Path(
            label=f"mode with s = {s[k]:g}", group=k, theory=(axis, tuple(map(float, together[k]))),
            measured=(seen, tuple(map(float, trained[k]))),
        )
        for k in range(3)
    ]  # fmt: skip
    paths.append(Path(label=f"s = {s[2]:g} alone", group=3, theory=(axis, tuple(map(float, alone[2])))))
    title = "Three modes compete for two hidden neurons"
    return (Plane(title=title, x_label="time", y_label="strength", paths=tuple(paths)),)


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
    g = {name: tuple(map(float, np.atleast_1d(value))) for name, value in measured.given.items()}
    nowhere = (float("nan"),) * len(g["times"])
    return tuple(
        Curve(
            label=label, axis_label="time", value_label=label, axis=g["times"], theory=nowhere, measured=g[name],
            error=g[f"{name}_error"],
        )
        for name, label in (("loss", "loss"), ("alignment", "squared cosine of hidden directions 1 and 2"))
    )  # fmt: skip
