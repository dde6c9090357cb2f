"""An initialization as lines of PyTorch, JAX or Keras that apply it, with what they do not do in comments."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from numerics.solvers.moments import moments
from numerics.solvers.nonlinearity import Nonlinearity
from verify.activation import frameworks

KINDS = ("gaussian", "orthogonal")
WIDTH = 116  # of a comment
SHORT = (2.0**-14, 2.0**-16, 2.0**-18)  # lengths at which the law of a slow decay is read off
HALF = 0.02  # distance from a half that the exponent may have


def pytorch(title: str, weight: str, bias: str, kind: str = "gaussian", remarks: Sequence[str] = ()) -> str:
    """Source that defines `initialize`, to be applied to a model; sigma_w and sigma_b as decimal text.

    `kind` is one of KINDS; both give weights of variance sigma_w^2 / fan-in, whatever the shape. `remarks` become
    comments.
    """
    weights = frameworks.PYTORCH_WEIGHTS[kind]
    return _head(title) + frameworks.PYTORCH.format(
        weight=weight, bias=bias, weights=weights, remarks=_comments(remarks)
    )


def jax(title: str, weight: str, bias: str, kind: str = "gaussian", remarks: Sequence[str] = ()) -> str:
    """Source that defines `kernel_init` and `bias_init`, functions of a key and a shape (..., in, out), as flax's."""
    weights = frameworks.JAX_WEIGHTS[kind].format(weight=weight, bias=bias)
    return _head(title) + frameworks.JAX.format(weights=weights, remarks=_comments(remarks))


def keras(title: str, weight: str, bias: str, kind: str = "gaussian", remarks: Sequence[str] = ()) -> str:
    """Source that defines `initial`, the arguments of a Keras layer."""
    weights = frameworks.KERAS_WEIGHTS[kind].format(weight=weight, bias=bias)
    kernel = frameworks.KERAS_KERNELS[kind]
    return _head(title) + frameworks.KERAS.format(weights=weights, kernel=kernel, remarks=_comments(remarks))


WRITERS = {"pytorch": pytorch, "jax": jax, "keras": keras}


def _head(title: str) -> str:
    return frameworks.HEAD.format(title=title)


def _comments(remarks: Sequence[str]) -> str:
    lines = [line for remark in remarks for line in textwrap.wrap(remark, WIDTH)]
    return "".join(f"# {line}\n" for line in lines)


def slow_decay(phi: Nonlinearity, weight: float) -> str:
    """A sentence on how lengths shrink at a critical point at length zero, where no rate is exponential.

    There V(q) = q - c q^p, so that q after L layers approaches ((p - 1) c L)^(-1 / (p - 1)) from any short length.
    """
    q = np.array(SHORT)
    lost = q - weight**2 * moments(phi, q).square
    if np.all(lost > 0):
        powers = np.diff(np.log(lost)) / np.diff(np.log(q))
        power = round(2 * float(powers[-1])) / 2
        if power > 1 and abs(power - powers[-1]) < HALF:
            scale = (power - 1) * float(lost[-1] / q[-1] ** power)
            exponent = 1 / (power - 1)
            law = f"({scale:.3g} L)^(-{exponent:.3g})"
            return f"This point lies at length zero: lengths shrink like a power, q after L layers nears {law}."
    return "This point lies at length zero: lengths shrink, more slowly than exponentially."
