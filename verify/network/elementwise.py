"""Elementwise functions of a model as `rederive activation` reads them."""

from __future__ import annotations

import functools

from numerics.solvers.nonlinearity import Nonlinearity
from verify.network.rules import Unknown

WITHOUT_ARGUMENTS = frozenset(
    {
        *("tanh", "relu", "sigmoid", "erf", "sin", "cos", "exp", "expm1", "atan", "arctan", "asinh", "abs", "square"),
        *("silu", "mish", "selu", "hardswish", "hardsigmoid", "relu6", "softsign", "tanhshrink", "logsigmoid"),
        *("log_sigmoid", "sign", "sinc"),
    }
)
WITH_ARGUMENTS = {
    "gelu": ("approximate",),
    "leaky_relu": ("negative_slope",),
    "elu": ("alpha",),
    "celu": ("alpha",),
    "softplus": ("beta",),
    "hardtanh": ("min_val", "max_val"),
    "softshrink": ("lambd",),
    "hardshrink": ("lambd",),
    "threshold": ("threshold", "value"),
}
SPECIAL = ("pow", "clamp", "clip", "clamp_min", "clamp_max")
SPELLED = {
    "hardtanh": "hard_tanh",
    "tanhshrink": "tanh_shrink",
    "softshrink": "soft_shrink",
    "hardshrink": "hard_shrink",
}


@functools.lru_cache(maxsize=64)
def activation(text: str) -> Nonlinearity:
    """The activation that a text means. Raises Unknown."""
    from verify.activation.reading import ActivationError
    from verify.activation.reading import activation as read
    from verify.compile.nonlinearity import nonlinearity as compiled

    try:
        return compiled(read(text))
    except ActivationError as problem:
        raise Unknown(str(problem)) from problem


def spelled(name: str, args: tuple, kwargs: dict) -> str:
    """An elementwise function with its arguments, as `rederive activation` reads it."""
    if name in WITHOUT_ARGUMENTS:
        return SPELLED.get(name, name)
    words = []
    for place, word in enumerate(WITH_ARGUMENTS[name], start=1):
        value = kwargs.get(word, args[place] if len(args) > place else None)
        if value is not None:
            words.append(f"{word}={value!r}" if not isinstance(value, str) else f"{word}='{value}'")
    return f"{SPELLED.get(name, name)}({', '.join(words)})" if words else SPELLED.get(name, name)


def nonlinearity(name: str, args: tuple, kwargs: dict) -> Nonlinearity:
    """The activation that a call applies. Raises Unknown."""
    if name == "pow":
        power = args[1] if len(args) > 1 else kwargs.get("exponent")
        if power not in (1, 2, 3):
            raise Unknown(f"the power {power}")
        return activation(f"x**{power}")
    if name in SPECIAL:
        ends = {"clamp_min": ("min",), "clamp_max": ("max",)}.get(name, ("min", "max"))
        text = "x"
        for place, end in enumerate(ends, start=1):
            value = kwargs.get(end, args[place] if len(args) > place else None)
            if value is not None:
                if getattr(value, "ndim", 0):
                    raise Unknown("every number has ends of its own")
                text = f"{'max' if end == 'min' else 'min'}({text}, {float(value):.17g})"
        return activation(text)
    return activation(spelled(name, args, kwargs))
