"""Phase and depth scales of the layers of a model that are weights followed by an activation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from numerics.solvers.fixed_correlation import fixed_correlation
from numerics.solvers.length import fixed_points, scale_free
from numerics.solvers.moments import SMALLEST, moments
from numerics.solvers.nonlinearity import Nonlinearity
from verify.network.averages import CENTRED, shifted
from verify.network.observe import Observation
from verify.network.table import Finding, Scale, number
from verify.network.tape import Node

ALIKE = 0.1  # relative difference of sigma_w^2, and of sigma_b^2 relative to both together, of layers of one kind
CRITICAL = 0.03  # distance of chi_1 from 1 that finite width does not tell from criticality
AWAY = 1.25  # factor between a length and the fixed one from which it is told
ROUNDED = 1e-6  # share of squared biases that float32 leaves of equal ones without their mean
KNOWN = frozenset({"mul", "div", "true_divide"})


@dataclass(frozen=True, kw_only=True)
class Member:
    """A layer before an activation: sigma_w^2, sigma_b^2, and the measured length around the mean of its biases."""

    name: str
    weight: float
    bias: float
    length: float


def chains(seen: Observation) -> list[tuple[Node, Node, float, float]]:
    """Weights and the activation right behind them, the square of a factor between both, the mean of its argument."""
    found = []
    for node in seen.nodes:
        if node.activation is None or not node.inputs:
            continue
        before, square = seen.nodes[node.inputs[0]], 1.0
        mean = float(np.mean(before.field.mean))
        mean = mean if abs(mean) > CENTRED * math.sqrt(before.field.length) else 0.0
        if before.operation in KNOWN and len(before.inputs) == 1:
            inner = seen.nodes[before.inputs[0]]
            square = before.field.length / inner.field.length if inner.field.length else 1.0
            before = inner
        if before.weights is not None and before.weights.layer != "Embedding":
            found.append((before, node, square, mean))
    return found


def scales(seen: Observation) -> tuple[tuple[Scale, ...], tuple[Finding, ...]]:
    """One entry for each kind of layer, and where activations are not at their fixed length."""
    groups: list[tuple[Nonlinearity, float, float, list[Member]]] = []
    for before, node, square, mean in chains(seen):
        assert before.weights is not None
        weight, bias = before.weights.sigma_w2 * square, before.weights.bias * square
        bias = rest if (rest := bias - mean**2) > ROUNDED * bias else 0.0
        phi = shifted(node.activation, mean) if mean else node.activation
        member = Member(name=before.name, weight=weight, bias=bias, length=before.length * square - mean**2)
        for known, w, b, members in groups:
            if known.name == phi.name and abs(weight - w) <= ALIKE * w and abs(bias - b) <= ALIKE * (b + w):
                members.append(member)
                break
        else:
            groups.append((phi, weight, bias, [member]))
    found, said = [], []
    for phi, _, _, members in groups:
        weight, bias = (float(np.mean([getattr(m, name) for m in members])) for name in ("weight", "bias"))
        scale = _scale(phi, weight, bias, len(members))
        found.append(scale)
        away = _away(phi, members, scale)
        if away is not None:
            said.append(away)
    return tuple(found), tuple(said)


def _scale(phi: Nonlinearity, weight: float, bias: float, layers: int) -> Scale:
    sigma_w, sigma_b = math.sqrt(weight), math.sqrt(bias)
    chi, q, c, phase = None, None, None, None
    xi_q = xi_c = xi_grad = None
    try:
        if scale_free(phi):
            chi = weight * float(moments(phi, 1.0).gradient)
        points = [p for p in fixed_points(phi, sigma_w, sigma_b) if p.stable]
        if points:
            q = points[-1].q
            xi_q = _depth(abs(points[-1].slope))
            if q > SMALLEST:
                chi = weight * float(moments(phi, q).gradient)
            elif chi is None:
                chi = points[-1].slope
        if q and q > SMALLEST and chi is not None and abs(chi - 1) > CRITICAL:
            fixed = fixed_correlation(phi, q, sigma_w)
            c, xi_c = fixed.c, _depth(fixed.slope)
    except (ArithmeticError, ValueError):
        pass  # every length is kept, or there is none: the numbers stay None
    if chi is not None and math.isfinite(chi) and chi > 0:
        phase = "critical" if abs(chi - 1) <= CRITICAL else "ordered" if chi < 1 else "chaotic"
        xi_grad = None if phase == "critical" else -1 / math.log(chi)
    return Scale(
        activation=phi.name,
        layers=layers,
        sigma_w=sigma_w,
        sigma_b=sigma_b,
        chi1=chi,
        q_star=q,
        c_star=c,
        phase=phase,
        xi_q=xi_q,
        xi_c=xi_c,
        xi_grad=xi_grad,
    )


def _depth(slope: float) -> float | None:
    return -1 / math.log(slope) if 0 < slope < 1 else None


def _away(phi: Nonlinearity, members: list[Member], scale: Scale) -> Finding | None:
    """Lengths that are not the fixed one: the stretch there is another."""
    if not scale.q_star or len(members) < 2:
        return None
    lengths = [(m.length / scale.q_star, m.name) for m in members]
    worst, name = max(lengths, key=lambda pair: abs(math.log(pair[0])) if pair[0] > 0 else 0.0)
    far = [n for factor, n in lengths if factor > AWAY or factor < 1 / AWAY]
    if not far:
        return None
    there = scale.sigma_w**2 * float(moments(phi, max(worst * scale.q_star, 2 * SMALLEST)).gradient)
    text = (
        f"{len(far)} of {len(members)} layers before {scale.activation} are not at the fixed length "
        f"{number(scale.q_star)}; furthest is {name} at {number(worst)} times it"
    )
    if number(there) != number(scale.chi1):
        text += f", where chi_1 is {number(there)} in place of {number(scale.chi1)}"
    return Finding(kind="not at its fixed length", layers=tuple(far), sentence=text, size=worst)
