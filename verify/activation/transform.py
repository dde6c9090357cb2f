"""An activation shifted and scaled for deep networks without normalization: deep kernel shaping and its tailored kin.

DKS, Martens et al. 2021: Q(1) = Q'(1) = 1, C(0) = 0, and a slope C'(1) that multiplies up to zeta over the network.
TAT, Zhang et al. 2022: Q(1) = Q'(1) = C'(1) = 1 and a curvature C''(1) that adds up to tau over the network; of relu,
whose curvature is infinite, the leaky relu that takes orthogonal inputs to the correlation eta.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp

from derivations.activations import Activation
from derivations.symbols import x
from numerics.solvers import kernel_shaping
from numerics.solvers.kernel_shaping import NoShape, Shape
from verify.activation.torch_code import torch_code
from verify.compile.nonlinearity import nonlinearity

TARGETS = {"dks": ("zeta", 1.5), "tat": ("tau", 0.3), "leaky": ("eta", 0.9)}  # the papers' own
DEEPEST = 100_000  # layers
WEIGHTS = "sigma_w = 1, sigma_b = 0, inputs with mean square 1; layers in a chain, without skip connections"
CODE = """\
# {title}
import torch

{constants}


def activation(x: torch.Tensor) -> torch.Tensor:
    {body}"""


class NoTransform(ArithmeticError):
    """The activation cannot be transformed so; the message says why."""


@dataclass(frozen=True, kw_only=True)
class TransformAnswer:
    """gamma (phi(alpha x + beta) + delta) for a chain of `layers` layers, and its maps at length 1.

    method, target_name, target   dks with zeta, tat with tau, or tat with eta for relu
    negative_slope                slope under zero of the leaky relu in place of a line bent at zero, or None
    formula, pytorch              for people, and for PyTorch (None if it lacks a function)
    maps                          of one layer: Q(1), Q'(1), C(0), C'(1), C''(1), the last None where it is infinite
    network                       what the layers together make of it
    """

    method: str
    layers: int
    target_name: str
    target: float
    alpha: float
    beta: float
    gamma: float
    delta: float
    negative_slope: float | None
    formula: str
    maps: Mapping[str, float | None]
    network: Mapping[str, float]
    weights: str
    pytorch: str | None
    notes: tuple[str, ...]


def transform_answer(activation: Activation, method: str, layers: int | None, target: float | None) -> TransformAnswer:
    """Raises NoTransform where the conditions cannot be met, or C''(1) is infinite and they speak of it."""
    if layers is None:
        raise NoTransform("--transform needs the number of layers that are shaped together; give --depth, as in 50")
    if layers > DEEPEST:
        raise NoTransform(f"networks of up to {DEEPEST} layers are shaped, not of {layers}; give a smaller --depth")
    line = _bent_line(activation)
    kind = "leaky" if method == "tat" and line else method
    name, usual = TARGETS[kind]
    wanted = usual if target is None else target
    _check_target(name, wanted)
    try:
        shape = _shape(activation, kind, layers, wanted, line)
    except (NoShape, ValueError, ArithmeticError) as problem:
        raise NoTransform(f"no {method} of {activation.name}: {problem}") from problem
    return _answered(activation, method, layers, (name, wanted), shape)


def _check_target(name: str, value: float) -> None:
    if name == "zeta" and not value > 1:
        raise NoTransform(f"--target is zeta, the slope C'(1) of the network, hence above 1, as in 1.5; not {value:g}")
    if name == "eta" and not 0 < value < 1:
        raise NoTransform(f"--target is eta, a correlation between 0 and 1, as in 0.9; not {value:g}")
    if name == "tau" and not value > 0:
        raise NoTransform(f"--target is tau, the curvature C''(1) of the network, hence positive; not {value:g}")


def _shape(activation: Activation, kind: str, layers: int, target: float, line: bool) -> Shape:
    phi = nonlinearity(activation)
    if phi.jumps:
        raise NoShape("it jumps, and C'(1) is infinite")
    if kind == "leaky":
        return kernel_shaping.tailored_line(layers, target)
    if activation.expression.is_polynomial(x) and sp.degree(activation.expression, x) < 2:
        raise NoShape("it is a straight line, whatever its shift and scale")
    if kind == "dks":
        slope = target ** (1 / layers)
        return kernel_shaping.kernel_shaped_line(slope) if line else kernel_shaping.kernel_shaped(phi, slope)
    return kernel_shaping.tailored(phi, target / layers)


def _bent_line(activation: Activation) -> bool:
    """Whether it is a relu or a leaky relu: two straight lines from zero, the upper one steeper."""
    if activation.breakpoints != (0,) or not isinstance(activation.expression, sp.Piecewise):
        return False
    below, above = (piece for piece, _ in activation.expression.args)
    if not all(piece.is_polynomial(x) and sp.expand(piece - x * piece.diff(x)) == 0 for piece in (below, above)):
        return False
    low, high = below.diff(x), above.diff(x)
    return not (low.has(x) or high.has(x)) and bool(0 <= low < high)


def _answered(
    activation: Activation, method: str, layers: int, target: tuple[str, float], shape: Shape
) -> TransformAnswer:
    numbers = {name: getattr(shape, name) for name in ("alpha", "beta", "gamma", "delta")}
    inside = "" if (shape.alpha, shape.beta) == (1.0, 0.0) else "alpha*x + beta"
    inner, outer = inside or "x", "phi" if shape.below is None else "leaky"
    plain = shape.delta == 0
    formula = f"gamma*{outer}({inner})" if plain else f"gamma*({outer}({inner}) + delta)"
    notes = []
    if shape.below is not None:
        notes.append(
            f"The scale of a line bent at zero changes nothing: a leaky relu takes the place of {activation.name}, "
            f"leaky(x) = x above zero and {shape.below!r}*x under it."
        )
        numbers["negative_slope"] = shape.below
    try:
        code = torch_code(activation) if shape.below is None else "torch.nn.functional.leaky_relu(x, NEGATIVE_SLOPE)"
    except NotImplementedError:
        code = None
        notes.append(f"PyTorch lacks a function of {activation.name}: no code is printed.")
    network = {"C'(1)": shape.slope**layers}
    if shape.curvature is not None:
        network["C''(1)"] = shape.curvature * float(np.sum(shape.slope ** np.arange(layers - 1, 2 * layers - 1)))
    if target[0] == "eta":
        c = 0.0
        for _ in range(layers):
            c = kernel_shaping.line_map(c, shape.below or 0.0)
        network["C(0)"] = c
    maps = {"Q(1)": 1.0, "Q'(1)": shape.stretch, "C(0)": shape.apart, "C'(1)": shape.slope, "C''(1)": shape.curvature}
    if shape.curvature is None:
        notes.append("C''(1) is infinite: the slope jumps.")
    title = f"{activation.name} shaped by {method.upper()} for {layers} layers ({target[0]} = {target[1]:g})"
    return TransformAnswer(
        method=method,
        layers=layers,
        target_name=target[0],
        target=target[1],
        alpha=shape.alpha,
        beta=shape.beta,
        gamma=shape.gamma,
        delta=shape.delta,
        negative_slope=shape.below,
        formula=formula,
        maps=maps,
        network=network,
        weights=WEIGHTS,
        pytorch=None if code is None else _code(title, numbers, code, bool(inside), plain),
        notes=tuple(notes),
    )


def _code(title: str, numbers: Mapping[str, float], code: str, moved: bool, plain: bool) -> str:
    constants = "\n".join(f"{name.upper()} = {value!r}" for name, value in numbers.items())
    lines = ["x = ALPHA * x + BETA"] if moved else []
    lines.append(f"return GAMMA * ({code})" if plain else f"return GAMMA * ({code} + DELTA)")
    return CODE.format(title=title, constants=constants, body="\n    ".join(lines))
