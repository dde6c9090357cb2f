"""What Python users call beside claims: the answers of the command line as objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verify.activation.network import Propagation


def activation(
    expression: str, *, sigma_w: float | None = None, sigma_b: float | None = None, depth: int | None = None
) -> Propagation:
    """What a wide network with an activation does to signals and gradients, as `rederive activation` says it.

    `expression` is a name or an expression in x ("tanh", "x * sigmoid(1.7 * x)"). Raises ActivationError.

    >>> activation("relu").critical.sigma_w  # doctest: +SKIP
    1.4142135623730951
    """
    from verify.activation.network import propagation
    from verify.activation.reading import read

    weight, bias = (None if value is None else float(value) for value in (sigma_w, sigma_b))
    return propagation(read(expression).activation, weight, bias, depth)
