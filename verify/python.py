"""What Python users call beside claims: the answers of the command line as objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from verify.activation.network import Propagation
    from verify.network.table import NetworkTable


LIMITS = {"sigma_w": (1e-3, 1e3), "sigma_b": (0.0, 1e2), "depth": (1, 1_000_000)}  # as of the command line


def activation(
    expression: str | torch.nn.Module,
    *,
    sigma_w: float | None = None,
    sigma_b: float | None = None,
    depth: int | None = None,
) -> Propagation:
    """What a wide network with an activation does to signals and gradients, as `rederive activation` says it.

    `expression` is a name or an expression in x ("tanh", "x * sigmoid(1.7 * x)"), or a module of PyTorch without
    parameters (nn.GELU()). Raises ActivationError, also for numbers that are out of range.

    >>> activation("relu").critical.sigma_w  # doctest: +SKIP
    1.4142135623730951
    """
    from verify.activation.network import propagation
    from verify.activation.reading import ActivationError, read

    if not isinstance(expression, str):
        module = (
            type(expression).__module__.startswith("torch.nn.modules") and next(expression.parameters(), None) is None
        )
        if not module:
            kind = getattr(expression, "__name__", type(expression).__name__)
            raise ActivationError(f"{kind} is no text; give an activation as in 'tanh' or 'x * sigmoid(1.7 * x)'")
        expression = repr(expression)
    weight, bias = (None if value is None else float(value) for value in (sigma_w, sigma_b))
    for (name, (least, most)), value in zip(LIMITS.items(), (weight, bias, depth), strict=True):
        if value is not None and not least <= value <= most:
            raise ActivationError(f"{name} = {value} is out of range; give {least:g} to {most:g}")
    return propagation(read(expression).activation, weight, bias, depth)


def network(
    model: torch.nn.Module,
    input_shape: Sequence[int] | int,
    *,
    correlation: float = 0.6,
    square: float = 1.0,
    pairs: int = 8,
    seed: int = 1,
    spectrum: bool = False,
    curvature: str | None = None,
) -> NetworkTable:
    """A PyTorch model as it is initialized, measured and predicted, as `rederive network` says it.

    input_shape    without the batch: (784,), (3, 32, 32), or (64,) for 64 tokens of a model that begins with a table
    correlation    of the two inputs of a pair;  square  mean square of the components of an input
    pairs          pairs of inputs (at least 32 where the model normalizes over its batch)
    spectrum       whether to work out the singular values of the whole Jacobian for one input
    curvature      "ggn" or "hessian": its largest eigenvalues for the mean squared error, by curvlinops

    The model runs in its mode, training or evaluation; its buffers and the random state are restored. Raises
    ModelError, a ValueError, with one line.

    >>> network(torch.nn.Linear(300, 300), (300,)).rows[1].sigma_w2  # doctest: +SKIP
    0.3333
    """
    from verify.network.report import network as table

    return table(
        model,
        input_shape,
        correlation=correlation,
        square=square,
        pairs=pairs,
        seed=seed,
        spectrum=spectrum,
        curvature=curvature,
    )
