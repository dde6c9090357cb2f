"""Independent evaluations and predictions for what a network believes of items and their properties."""

from __future__ import annotations

import functools
import operator
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import mode_logistic
from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate, candidate
from verify.references.semantic_development import covariance

# -------------------------------------------------------------------------------------- modes in motion, integrated


@functools.lru_cache(maxsize=512)
def fraction(dps: int, s: Any, a_0: Any, time: Any) -> Any:
    """w^2 / s after `time` (over tau), for two equal weights that descend (s - w^2)^2 / 2 from sqrt(a_0)."""
    count = int(mpmath.ceil(4 * s * time))
    places = mpmath.mp.prec + 60 + 2 * max(0, -int(mpmath.mag(a_0)))
    weight, goal, step = (_fixed(x, places) for x in (mpmath.sqrt(a_0), s, time / count))
    for _ in range(count):
        series, error = [weight], [goal - (weight * weight >> places)]
        for k in range(1, dps + 25):
            series.append((_convolved(series, error) >> places) * step // k >> places)
            error.append(-(_convolved(series, series) >> places))
        weight = sum(series)
    return mpmath.ldexp(mpmath.mpf(weight), -places) ** 2 / s


def _fixed(value: Any, places: int) -> int:
    """A whole number that stands for a binary fraction with so many places: ten times faster than mpf."""
    return int(mpmath.nint(mpmath.ldexp(value, places)))


def _convolved(f: list[int], g: list[int]) -> int:
    return sum(map(operator.mul, f, reversed(g)))


def relaxed(dps: int, goal: Any, time: Any) -> Any:
    """One weight that descends (goal - w)^2 / 2 from zero, after `time` (over tau)."""
    weight, count = mpmath.mpf(0), int(mpmath.ceil(4 * time))
    for _ in range(count):
        series = [weight]
        for k in range(dps + 5):
            series.append(((goal if k == 0 else 0) - series[k]) / (k + 1))
        weight = mpmath.polyval(series[::-1], time / count)
    return weight


@functools.lru_cache(maxsize=64)
def _spectrum(branching: int, depth: int, flip: str, dps: int) -> tuple[list, Any]:
    with mpmath.workdps(dps):
        values, vectors = mpmath.eigsy(covariance(branching, depth, flip, dps))
        return list(values), vectors


def exceptional_item(dps: int, point: Point) -> list:
    """Estimates of a deep and a shallow network, mode by mode: every eigenvector of the items' products, integrated."""
    count, size = point["B"] ** point["D"], point["B"] ** (point["D"] - 1)
    time, a_0 = mpmath.mpf(point["t"]) / mpmath.mpf(point["tau"]), mpmath.mpf(point["a_0"])
    stated = mpmath.matrix([1 if 0 < k < size else -1 for k in range(count)])
    values, vectors = _spectrum(point["B"], point["D"], point["eps"], dps)
    total: Any = mpmath.mpf(0)
    solved: dict[Any, Any] = {}
    for k, value in enumerate(values):
        (near,) = [v for v in solved if abs(v - value) < mpmath.mpf(10) ** (-dps // 2)] or [value]
        if near not in solved:
            solved[near] = fraction(dps, mpmath.sqrt(point["N_3"] * near), a_0, time)
        along = mpmath.fsum(vectors[j, k] * stated[j] for j in range(count))
        total += solved[near] * along * vectors[0, k]
    return [total, relaxed(dps, stated[0], time)]


# ------------------------------------------------------------------------------------------------ what the formula says


def exceptional_estimates(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Estimates for the exceptional item over time: deep network of each tree, then shallow network of each tree."""
    g = measured.given
    trees = zip(*(np.atleast_1d(g[name]) for name in ("branching", "depth", "flip", "properties")), strict=True)
    found = [
        formula.numpy(
            t=measured.axis,
            B=int(branching),
            D=int(depth),
            eps=float(flip),
            N_3=int(properties),
            a_0=g["initial"],
            tau=g["tau"],
        )
        for branching, depth, flip, properties in trees
    ]
    rows = [f[0] for f in found] + [f[1] for f in found]
    return np.array([np.broadcast_to(row, measured.values.shape[-1:]) for row in rows])


def taught(dps: int, point: Point) -> list:
    """A new row over two hidden neurons, a new column likewise, and a row with the activity it meets, integrated.

    The last until what is missing has decayed below 1e-13.
    """
    time = mpmath.mpf(point["t"]) / mpmath.mpf(point["tau"])
    first, other = _plane(point["H_ii"], point["H_ij"])
    known, asked = _plane(point["R_mm"], point["R_mn"])
    row = _teach(dps, [mpmath.mpf(0)] * 2, first, time, False)
    column = _teach(dps, [mpmath.mpf(0)] * 2, known, time, False)
    both = _teach(dps, [mpmath.mpf(0)] * 2, first, mpmath.mpf(16), True)
    return [mpmath.fdot(zip(a, b, strict=True)) for a, b in ((row, other), (column, asked), (both, other))]


def _plane(square: Any, product: Any) -> tuple[list, list]:
    """Two vectors in the plane, the first with that square, with that product."""
    norm, slope = mpmath.sqrt(mpmath.mpf(square)), mpmath.mpf(3) / 7
    unit = [mpmath.cos(slope), mpmath.sin(slope)]
    along = mpmath.mpf(product) / norm
    return [norm * u for u in unit], [along * unit[0] - slope * unit[1], along * unit[1] + slope * unit[0]]


def _teach(dps: int, row: list, activity: list, time: Any, whole: bool) -> list:
    """The row after `time` of descent on (1 - row . activity)^2 / 2; the activity learns as well if `whole`."""
    count = int(mpmath.ceil(2 * time * (1 + mpmath.fdot(zip(activity, activity, strict=True)))))
    places = mpmath.mp.prec + 60
    one, step = 1 << places, _fixed(time / count, places)
    now, met = ([_fixed(x, places) for x in values] for values in (row, activity))
    for _ in range(count):
        rows, acts, error = [[r] for r in now], [[a] for a in met], []
        for k in range(dps + 20):
            made = sum(_convolved(r, a) if whole else r[k] * a[0] for r, a in zip(rows, acts, strict=True))
            error.append((one if k == 0 else 0) - (made >> places))
            turned = [
                (_convolved(error, a) if whole else error[k] * a[0], _convolved(error, r) if whole else 0)
                for r, a in zip(rows, acts, strict=True)
            ]
            for (up, along), r, a in zip(turned, rows, acts, strict=True):  # the step is in the coefficients
                r.append((up >> places) * step // (k + 1) >> places)
                a.append((along >> places) * step // (k + 1) >> places)
        now, met = [sum(r) for r in rows], [sum(a) for a in acts]
    return [mpmath.ldexp(mpmath.mpf(r), -places) for r in now]


def _products(measured: Measurement) -> tuple[np.ndarray, np.ndarray]:
    """Products of the items' hidden activities, and of the weights to the properties, at each age, from the data alone.

    Singular vectors of the data, each mode with the strength that its learning curve has at that age.
    """
    g = measured.given
    left, values, right = np.linalg.svd(np.asarray(g["properties"]), full_matrices=False)
    grown = candidate(mode_logistic.STATEMENT).numpy(
        t=np.asarray(g["ages"])[:, None], s=values, a_0=g["initial"], tau=g["tau"]
    )
    return np.einsum("ak,ki,kj->aij", grown, right, right), np.einsum("mk,ak,nk->amn", left, grown, left)


def projections(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Estimates of a novel property for the items at each age, then of the properties of a novel item, over time."""
    items, features = _products(measured)
    asked = [0, *np.asarray(measured.given["others"])]
    h, r = items[:, 0, asked, None], features[:, 0, asked, None]
    found = formula.numpy(
        t=measured.axis, H_ii=items[:, :1, :1], H_ij=h, R_mm=features[:, :1, :1], R_mn=r, tau=measured.given["tau"]
    )
    shape = (*h.shape[:2], measured.values.shape[-1])
    return np.concatenate([np.broadcast_to(found[c], shape).reshape(-1, shape[-1]) for c in (0, 1)])


def projections_of_all(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Estimates of a novel property in the end if all weights learn, (ages, other items)."""
    items, _ = _products(measured)
    h = items[:, 0, np.asarray(measured.given["others"])]
    return formula.numpy(t=1.3, H_ii=items[:, :1, 0], H_ij=h, R_mm=1.4, R_mn=0.7, tau=1.7)[2]


def two_components(dps: int, point: Point) -> list:
    """Squared error of a property whose two modes are integrated, and the time when the second is tolerated."""
    g = {name: mpmath.mpf(value) for name, value in point.items()}
    time = g["t"] / g["tau"]
    total = sum((g[f"p_{n}"] * (1 - fraction(dps, g[f"s_{n}"], g["a_0"], time))) ** 2 for n in (1, 2))

    def left_over(end: Any) -> Any:
        return g["p_2"] * (1 - fraction(dps, g["s_2"], g["a_0"], end)) - g["delta"]

    late = mpmath.mpf(1)
    while left_over(late) > 0:
        late *= 2
    return [total, g["tau"] * mpmath.findroot(left_over, (late / 2, late), solver="anderson")]


def property_errors(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Squared errors of properties over time, (properties, T); analyzers come in pairs, whose squares add."""
    g = measured.given
    values, probes = (np.asarray(g[name]) for name in ("singular_values", "probes"))
    total = np.zeros(measured.values.shape)
    for k in range(0, len(values), 2):
        parts = np.abs(probes[:, k : k + 2, None])
        total = total + formula.numpy(
            t=measured.axis, s_1=values[k], s_2=values[k + 1], p_1=parts[:, 0], p_2=parts[:, 1],
            delta=parts[:, 1] / 7, a_0=g["initial"], tau=g["tau"],
        )[0]  # fmt: skip
    return total


def tolerance_times(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Times after which properties along single analyzers are known up to each tolerance, (properties, tolerances)."""
    g = measured.given
    values, sizes = (np.asarray(g[name])[:, None] for name in ("singular_values", "sizes"))
    found = formula.numpy(
        t=1.3, s_1=1.9, s_2=values, p_1=0.7, p_2=sizes, delta=measured.axis, a_0=g["initial"], tau=g["tau"]
    )
    return np.broadcast_to(found[1], measured.values.shape)


def category(dps: int, point: Point) -> list:
    """Places of an item and of a property by power iteration, and the response of the integrated mode.

    The point gives the singular vectors up to their lengths; the task is made from them and a weaker second mode.
    """
    left, right, other_left, other_right, data = _two_modes(point)
    guess = mpmath.matrix([mpmath.mpf(3) / 5, mpmath.mpf(7) / 9])
    for _ in range(dps):
        guess = data.T * (data * guess)
        guess /= mpmath.norm(guess)
    guess *= mpmath.sign((guess.T * right)[0])
    image = data * guess
    image /= mpmath.norm(image)
    s, a_0, time = mpmath.mpf(point["s"]), mpmath.mpf(point["a_0"]), mpmath.mpf(point["t"]) / mpmath.mpf(point["tau"])
    weights = s * fraction(dps, s, a_0, time) * left * right.T + other_left * other_right.T / 3  # any second strength
    return [guess[0], image[1], (image.T * weights)[0]]


def of_category(formula: Candidate, dps: int, point: Point) -> Any:
    """The formula with a task of two properties and two items; item 1, property 2."""
    left, right, _, _, data = _two_modes(point)
    return formula.mpmath(
        dps, t=point["t"], s=point["s"], a_0=point["a_0"], tau=point["tau"], u_1=left[0], u_2=left[1],
        y_1=data[0, 0], y_2=data[1, 0], nu_1=right[0], nu_2=right[1], x_1=data[1, 0], x_2=data[1, 1],
    )  # fmt: skip


def _two_modes(point: Point) -> tuple[Any, ...]:
    """Singular vectors of two modes by their angles, and the task that they make; the second mode is weaker."""
    s, turns = mpmath.mpf(point["s"]), (mpmath.mpf(point["left"]), mpmath.mpf(point["right"]))
    left, right = (mpmath.matrix([mpmath.cos(a), mpmath.sin(a)]) for a in turns)
    others = [mpmath.matrix([-mpmath.sin(a), mpmath.cos(a)]) for a in turns]
    return left, right, *others, s * left * right.T + s * others[0] * others[1].T / 4


def typical(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Responses of the first category to the items over time, then the places of items and properties in it.

    Properties and items come in pairs, whose terms add; zeros fill up the tables.
    """
    g: Any = measured.given
    data, left, right = (np.asarray(g[name]) for name in ("outputs", "left", "right"))
    length = -(-max(data.shape) // 2) * 2
    known = {"t": measured.axis, "s": g["singular_values"][0], "a_0": g["initial"], "tau": g["tau"]}
    u, v, by_item, by_property = (
        np.concatenate([table, np.zeros((length - len(table), table.shape[1]))])[:, :, None]
        for table in (left[:, :1], right[:, :1], data, data.T)
    )
    places: Any = 0.0
    weights: Any = 0.0
    responses: Any = 0.0
    for k in range(0, length, 2):
        entries = {"u_1": u[k], "u_2": u[k + 1], "nu_1": v[k], "nu_2": v[k + 1]}
        of_items = formula.numpy(**known, **entries, y_1=by_item[k], y_2=by_item[k + 1], x_1=0.3, x_2=0.4)
        of_rest = formula.numpy(**known, **entries, y_1=0.3, y_2=0.4, x_1=by_property[k], x_2=by_property[k + 1])
        places, responses, weights = places + of_items[0], responses + of_items[2], weights + of_rest[1]
    parts = zip((responses, places, weights), (data.shape[1], data.shape[1], data.shape[0]), strict=True)
    return np.concatenate([np.broadcast_to(part, (rows, measured.values.shape[-1])) for part, rows in parts])
