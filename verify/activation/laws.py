"""Variances of weights and biases under the initializers of PyTorch, JAX and Keras.

Sources: torch.nn.init, jax.nn.initializers and keras.initializers; Glorot and Bengio 2010; He et al. 2015; LeCun et al.
1998.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import mpmath

from verify.activation.catalogue import key

TRUNCATED = "0.8796"  # standard deviation of a unit Gaussian that is cut at 2
GAINS = ("linear", "conv1d", "conv2d", "conv3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")
FAR = 40  # standard deviations beyond which nothing is cut


class InitializationError(ValueError):
    """The text is no initialization; the message says what is refused, why, and what to write instead."""


@dataclass(frozen=True)
class Fans:
    """Inputs and outputs of a neuron, None where they were not given."""

    fan_in: int | None
    fan_out: int | None

    def inputs(self, what: str) -> mpmath.mpf:
        if self.fan_in is None and what == "fan_in":
            raise InitializationError("a part of it depends on the number of inputs: give that with --fan-in")
        if self.fan_in is None:
            raise InitializationError(f"{what} does not scale with the width: give the number of inputs with --fan-in")
        return mpmath.mpf(self.fan_in)

    def ratio(self) -> mpmath.mpf:
        """fan-out / fan-in, 1 where one of them was not given."""
        known = self.fan_in is not None and self.fan_out is not None
        return mpmath.mpf(self.fan_out) / self.fan_in if known else mpmath.mpf(1)  # type: ignore[operator]


@dataclass(frozen=True)
class Law:
    """The variance of a weight or bias: `scaled` / fan-in, or `plain` whatever the width; and what was said of it."""

    text: str
    scaled: mpmath.mpf | None = None
    plain: mpmath.mpf | None = None
    by_ratio: bool = False
    note: str = ""


Arguments = Mapping[str, object]


def shown(value: mpmath.mpf, digits: int = 9) -> str:
    """A number as people write it."""
    return str(mpmath.nstr(value, digits)).removesuffix(".0")


def _scaling(scale: mpmath.mpf, mode: object, shape: str, fans: Fans) -> Law:
    ratio = fans.ratio()
    divided = {"fan_in": mpmath.mpf(1), "fan_out": ratio, "fan_avg": (1 + ratio) / 2}
    divided["fan_geo_avg"] = mpmath.sqrt(ratio)
    if mode not in divided:
        raise InitializationError(f"mode {mode!r} is none of {', '.join(divided)}")
    words = {"fan_in": "fan_in", "fan_out": "fan_out", "fan_avg": "((fan_in + fan_out) / 2)"}
    under = words.get(str(mode), "sqrt(fan_in fan_out)")
    text = f"{shape} with variance {shown(scale, 9)} / {under}"
    return Law(text, scaled=scale / divided[str(mode)], by_ratio=mode != "fan_in")


def _variance_scaling(a: Arguments, fans: Fans) -> Law:
    shapes = {
        "normal": "normal",
        "truncatednormal": "normal, truncated at 2 with the variance made up for",
        "untruncatednormal": "normal",
        "uniform": "uniform",
    }
    shape = shapes.get(key(str(a["distribution"])))
    if shape is None:
        raise InitializationError(f"distribution {a['distribution']!r} is none of truncated_normal, normal, uniform")
    return _scaling(_number(a, "scale"), a["mode"], shape, fans)


def _kaiming(shape: str) -> Callable[[Arguments, Fans], Law]:
    def law(a: Arguments, fans: Fans) -> Law:
        gain = calculate_gain(str(a["nonlinearity"]), _number(a, "a"))
        return _scaling(gain**2, a["mode"], shape, fans)

    return law


def _xavier(shape: str) -> Callable[[Arguments, Fans], Law]:
    return lambda a, fans: _scaling(_number(a, "gain") ** 2, "fan_avg", shape, fans)


def _normal(a: Arguments, fans: Fans) -> Law:
    _centred(_number(a, "mean"))
    std = _positive(_number(a, "std"))
    return Law(f"normal with standard deviation {shown(std, 9)}", plain=std**2)


def _uniform(a: Arguments, fans: Fans) -> Law:
    low, high = _number(a, "a"), _number(a, "b")
    _centred((low + high) / 2, abs(high - low))
    return Law(f"uniform from {shown(low, 9)} to {shown(high, 9)}", plain=(high - low) ** 2 / 12)


def _truncated(a: Arguments, fans: Fans) -> Law:
    """A Gaussian cut at two places, which PyTorch gives as weights, not in standard deviations."""
    mean, std = _number(a, "mean"), _positive(_number(a, "std"))
    return _cut(std, (_number(a, "a") - mean) / std, (_number(a, "b") - mean) / std, mean)


def _truncated_at_two(a: Arguments, fans: Fans) -> Law:
    """Cut at `lower` and `upper` standard deviations, of a standard deviation before the cut, as in JAX and Keras."""
    return _cut(_positive(_number(a, "std")), _number(a, "lower"), _number(a, "upper"), _number(a, "mean"))


def _cut(std: mpmath.mpf, low: mpmath.mpf, high: mpmath.mpf, mean: mpmath.mpf) -> Law:
    if not low < high:
        raise InitializationError("the lower end of a truncated Gaussian lies below the upper one")
    low, high = max(low, mpmath.mpf(-FAR)), min(high, mpmath.mpf(FAR))  # beyond, nothing is cut
    inside = mpmath.ncdf(high) - mpmath.ncdf(low)
    shift = (mpmath.npdf(low) - mpmath.npdf(high)) / inside
    _centred(mean + std * shift, std)
    part = 1 + (low * mpmath.npdf(low) - high * mpmath.npdf(high)) / inside - shift**2
    share = mpmath.sqrt(part)
    text = f"normal with standard deviation {shown(std, 9)}, cut at {shown(high, 4)} of them"
    note = f"Cutting leaves {shown(share, 6)} of the standard deviation."
    if share > 0.9999:
        away = shown(high, 4) if high < FAR else f"over {FAR}"
        note = (
            f"Nothing is cut: trunc_normal_ takes its ends as weights, here {away} standard deviations "
            f"away; cut at 2 standard deviations, {TRUNCATED} of the standard deviation are left."
        )
    return Law(text, plain=std**2 * part, note=note)


def _orthogonal(a: Arguments, fans: Fans) -> Law:
    gain = _number(a, "gain")
    share = min(mpmath.mpf(1), 1 / fans.ratio())
    text = f"orthogonal with gain {shown(gain, 9)}"
    if share < 1:
        text += f" (more outputs than inputs: gain^2 fan_in / fan_out = {shown(gain**2 * share, 9)})"
    return Law(text, scaled=gain**2 * share, by_ratio=True)


def _sparse(a: Arguments, fans: Fans) -> Law:
    share, std = 1 - _number(a, "sparsity"), _positive(_number(a, "std"))
    if not 0 < share <= 1:
        raise InitializationError("the sparsity is the share of weights that are zero, from 0 to below 1")
    return Law(f"sparse, normal with standard deviation {shown(std, 9)}", plain=share * std**2)


def _constant(a: Arguments, fans: Fans) -> Law:
    return Law("zero", plain=mpmath.mpf(0))


def calculate_gain(nonlinearity: str, a: mpmath.mpf | None = None) -> mpmath.mpf:
    """The gain of torch.nn.init.calculate_gain; `a` is the slope of leaky_relu, 0.01 if it is None."""
    slope = mpmath.mpf("0.01") if a is None else a
    gains = {
        "tanh": mpmath.mpf(5) / 3,
        "relu": mpmath.sqrt(2),
        "leaky_relu": mpmath.sqrt(2 / (1 + slope**2)),
        "selu": mpmath.mpf(3) / 4,
    }
    if nonlinearity not in GAINS:
        raise InitializationError(f"PyTorch has no gain for {nonlinearity!r}; it has: {', '.join(GAINS)}")
    return gains.get(nonlinearity, mpmath.mpf(1))


def _centred(mean: mpmath.mpf, size: mpmath.mpf | int = 1) -> None:
    if abs(mean) > mpmath.mpf(10) ** -12 * size:
        raise InitializationError(f"weights with the mean {shown(mean, 6)}; the theory is for those of mean zero")


def _positive(value: mpmath.mpf) -> mpmath.mpf:
    if value < 0:
        raise InitializationError(f"a standard deviation is no negative number, as {shown(value, 6)} is")
    return value


def _number(a: Arguments, name: str) -> mpmath.mpf:
    value = a[name]
    if not isinstance(value, mpmath.mpf):
        raise InitializationError(f"{name} is a number, not {value!r}")
    return value


N = mpmath.mpf
KAIMING: Arguments = {"a": N(0), "mode": "fan_in", "nonlinearity": "leaky_relu"}
SCALING: Arguments = {"scale": N(1), "mode": "fan_in", "distribution": "truncated_normal"}
CUT: Arguments = {"mean": N(0), "std": N(1), "a": N(-2), "b": N(2)}
FIXED: Arguments = {}


def _fixed(scale: int, mode: str, distribution: str) -> tuple[Arguments, Callable[[Arguments, Fans], Law]]:
    chosen = {"scale": N(scale), "mode": mode, "distribution": distribution}
    return FIXED, lambda a, fans: _variance_scaling(chosen, fans)


# Defaults in the order of the arguments, and the law. PyTorch's names end in an underscore; the others have none.
LAWS: dict[str, tuple[Arguments, Callable[[Arguments, Fans], Law]]] = {
    "kaiming_normal_": (KAIMING, _kaiming("normal")),
    "kaiming_uniform_": (KAIMING, _kaiming("uniform")),
    "xavier_normal_": ({"gain": N(1)}, _xavier("normal")),
    "xavier_uniform_": ({"gain": N(1)}, _xavier("uniform")),
    "normal_": ({"mean": N(0), "std": N(1)}, _normal),
    "uniform_": ({"a": N(0), "b": N(1)}, _uniform),
    "trunc_normal_": (CUT, _truncated),
    "orthogonal_": ({"gain": N(1)}, _orthogonal),
    "sparse_": ({"sparsity": None, "std": N("0.01")}, _sparse),
    "zeros_": (FIXED, _constant),
    "variance_scaling": (SCALING, _variance_scaling),
    "he_normal": _fixed(2, "fan_in", "truncated_normal"),
    "he_uniform": _fixed(2, "fan_in", "uniform"),
    "glorot_normal": _fixed(1, "fan_avg", "truncated_normal"),
    "glorot_uniform": _fixed(1, "fan_avg", "uniform"),
    "lecun_normal": _fixed(1, "fan_in", "truncated_normal"),
    "lecun_uniform": _fixed(1, "fan_in", "uniform"),
    "random_normal": ({"mean": N(0), "std": N("0.05")}, _normal),
    "random_uniform": ({"a": N("-0.05"), "b": N("0.05")}, _uniform),
    "truncated_normal": ({"mean": N(0), "std": None, "lower": N(-2), "upper": N(2)}, _truncated_at_two),
    "normal": ({"std": None, "mean": N(0)}, _normal),
    "uniform": ({"a": None, "b": None}, _uniform),
    "orthogonal": ({"gain": N(1)}, _orthogonal),
    "zeros": (FIXED, _constant),
}
