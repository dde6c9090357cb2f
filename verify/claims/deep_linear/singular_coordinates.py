"""Rates of weights along singular directions, from networks that are trained unrotated.

Examples are presented one after the other to whole matrices with unequal widths; rotation happens afterwards, in the
prediction. The reference differentiates the loss of explicit examples along singular directions numerically.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import singular_coordinates
from numerics.deep_linear.coordinates import rates_along_training
from numerics.measurement import Measurement
from verify.checks import Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.claims.deep_linear import PASSES
from verify.compile import Candidate
from verify.references.layers_in_motion import explicit, rates

two_modes = partial(
    rates_along_training,
    singular_values=(2.3, 1.4),
    start=0.3,
    tau=1.7,
    times=tuple(1.7 * np.arange(0, 3.01, 0.25)),
)

WIDTHS = (2, 4, 3)  # inputs, hidden neurons, outputs of the explicit networks


def entries_of_rotated_network(dps: int, point: Point) -> list:
    """Two weights, and the rates of two rotated ones."""
    network = explicit(point, WIDTHS)
    return [network.first[1, 0], network.second[2, 1], *rates(network, 1, mpmath.mpf(point["tau"]))]


def entries_in_coordinates(formula: Candidate, dps: int, point: Point) -> list:
    """What the formula says of those entries, from the rotated weights of the network."""
    return formula.mpmath(dps, tau=point["tau"], **_in_coordinates(int(point["network"]), mpmath.mp.dps))


@functools.lru_cache(maxsize=16)
def _in_coordinates(number: int, dps: int) -> dict[str, Any]:
    """The letters of the formula for the network of that number at `dps` digits: all formulas get the same ones."""
    network = explicit({"network": number}, WIDTHS)
    first, second = network.first * network.right, network.left.T * network.second
    total, spread = second * first, network.right.T * network.x
    square = spread * spread.T
    values = {f"a_i_{k + 1}": first[1, k] for k in range(2)} | {f"V_j_{k + 1}": network.right[0, k] for k in range(2)}
    values |= {f"b_i_{k + 1}": second[k, 1] for k in range(3)} | {f"U_k_{k + 1}": network.left[2, k] for k in range(3)}
    values |= {f"Wbar_{j + 1}{k + 1}": total[j, k] for j in range(3) for k in range(2)}
    values |= {f"Sigmabar_{name}": square[int(name[0]) - 1, int(name[1]) - 1] for name in ("11", "12", "22")}
    return {"s": network.singular_values[0], **values}


def rotated_rates(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Rates of all weights of a network with 2 inputs and 3 outputs, rotated and not; each mode in turn is mode 1."""
    given = {name: np.asarray(value) for name, value in measured.given.items()}
    left, right, tau = given["left"], given["right"], float(given["tau"])
    first, second = given["first"] @ right, left.T @ given["second"]  # (T, N2, 2), (T, 3, N2)
    total, square = second @ first, right.T @ given["inputs"] @ right
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
    singular = spread(np.append(given["singular_values"], 0.0))
    rates = formula.numpy(s=singular, tau=tau, **values, **nowhere)[2:]
    a, b = np.broadcast_to(rates[0], (3, count, hidden))[:2], np.broadcast_to(rates[1], (3, count, hidden))
    # the rotation is linear, so rates rotate as weights do
    values |= {f"a_i_{k + 1}": a[k] for k in range(2)} | {f"b_i_{k + 1}": b[k] for k in range(3)}
    values |= {f"V_j_{k + 1}": spread(right[into[:, 0], k]) for k in range(2)}
    values |= {f"U_k_{k + 1}": spread(left[:, k]) for k in range(3)}
    raw = formula.numpy(s=singular, tau=tau, **values)[:2]
    raw_first, raw_second = (np.broadcast_to(r, (3, count, hidden)) for r in raw)
    rows = (
        np.moveaxis(a, 1, 2),
        np.moveaxis(b, 1, 2),
        np.transpose(raw_first[:2], (2, 0, 1)),
        np.moveaxis(raw_second, 1, 2),
    )
    return np.concatenate([r.reshape(-1, count) for r in rows])


rotated = partial(
    Ladder,
    predict=rotated_rates,
    steps=PASSES,
    axis="training time t (tau = 1.7)",
    quantity="rate of the weights (per t)",
    series=tuple(f"input mode 1 in hidden neuron {i}" for i in (1, 2, 3, 4)),
)

CLAIM = Claim(
    statement=singular_coordinates.STATEMENT,
    checks=(
        Precision(
            name="rotated networks",
            reference=entries_of_rotated_network,
            evaluate=entries_in_coordinates,
            points=tuple({"network": n, "tau": tau} for n, tau in ((1, "0.7"), (2, "1.3"))),
            against="losses of networks with 2, 4 and 3 neurons, differentiated along their singular directions",
        ),
        rotated(
            name="passes along training",
            quick=partial(two_modes, widths=(2, 5, 3), correlation=0.6, examples=17),
            full=partial(two_modes, widths=(2, 60, 3), correlation=0.6, examples=200),
        ),
    ),
    quantities=("W^{21}_{ij}", "W^{32}_{ki}", "Derivative(a_i_1(t), t)", "Derivative(b_i_1(t), t)"),
    convention="Time counts presentations, tau = P / lambda; correlations are sums over the examples.",
    independence="Examples are presented one after the other; automatic differentiation moves all weights, from "
    "random starts, with unequal widths.",
    printed={
        "E4b": Ordeal(
            fails=rotated(
                name="passes over correlated inputs",
                quick=partial(two_modes, widths=(2, 5, 3), correlation=0.3, examples=13),
            ),
            holds=rotated(
                name="passes over whitened inputs",
                quick=partial(two_modes, widths=(2, 5, 3), correlation=0, examples=13),
            ),
        )
    },
)
