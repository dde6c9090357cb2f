"""The answer of `rederive activation`, as data."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from verify.activation.network import Propagation, propagation
from verify.activation.reading import activation
from verify.activation.recipe import pytorch
from verify.command.activation_kernels import kernel_parts


class NoInitialization(ValueError):
    """There are no weights and biases that could be printed as PyTorch."""


def answer(options: argparse.Namespace) -> dict[str, Any]:
    """All that was asked for, as JSON types.

    Raises ActivationError for an expression that is refused, ArithmeticError where averages or digits are out of
    reach, NoInitialization where --pytorch has nothing to print, OSError where the figure cannot be written.
    """
    chosen = activation(options.expression)
    weight, bias = options.sigma_w, options.sigma_b
    found = propagation(
        chosen, None if weight is None else float(weight), None if bias is None else float(bias), options.depth
    )
    data = asdict(found)
    data["depth"] = data.pop("reach")
    data["notes"] = list(found.notes)
    data |= kernel_parts(chosen, options, found.q_star)
    if options.digits is not None:
        from verify.activation.certified import certified

        data["certified"] = asdict(certified(chosen, found, options.digits, weight, bias))
    if options.pytorch is not None:
        data["pytorch"] = _recipe(found, options)
    if options.plot is not None:
        from verify.activation.diagram import draw

        draw(chosen, found, options.plot)
        data["plot"] = str(options.plot)
    return data


def _recipe(found: Propagation, options: argparse.Namespace) -> str:
    bias = options.sigma_b or "0"
    if options.sigma_w is not None:
        return pytorch(f"{found.activation} ({options.pytorch})", options.sigma_w, bias, options.pytorch)
    if found.critical is None or found.critical.stable is False:
        why = "has no critical point" if found.critical is None else "has no stable critical point"
        raise NoInitialization(f"{found.activation} {why} at sigma_b = {bias}; give --sigma-w for --pytorch")
    title = f"{found.activation} at its critical point ({options.pytorch})"
    return pytorch(title, repr(found.critical.sigma_w), bias, options.pytorch)
