"""The answer of `rederive activation`, as data."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import Any

from derivations.activations import Activation
from verify.activation.network import Propagation, propagation
from verify.activation.reading import read
from verify.command.activation_kernels import kernel_parts
from verify.command.activation_options import FRAMEWORKS
from verify.command.activation_spectrum import spectrum_parts


class NoInitialization(ValueError):
    """There are no weights and biases that could be printed, or those that were typed are not understood."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """sigma_w and sigma_b as decimal text, None where not given, and what was said of them in a framework's words."""

    sigma_w: str | None
    sigma_b: str | None
    sentences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def answer(options: argparse.Namespace) -> dict[str, Any]:
    """All that was asked for, as JSON types.

    Raises ActivationError for an expression that is refused, ArithmeticError where averages or digits are out of
    reach, NoInitialization where there are no weights to print or none are understood, OSError where the figure cannot
    be written.
    """
    reading = read(options.expression)
    chosen, weights = reading.activation, _weights(options)
    weight, bias = weights.sigma_w, weights.sigma_b
    found = propagation(
        chosen, None if weight is None else float(weight), None if bias is None else float(bias), options.depth
    )
    data = asdict(found)
    data["depth"] = data.pop("reach")
    data["notes"] = [*reading.notes, *weights.notes, *found.notes]
    if options.init is not None:
        data["initialization"] = _initialization(chosen, weights, found)
    data |= kernel_parts(chosen, options, found) | spectrum_parts(chosen, options, found, (weight, bias))
    if options.digits is not None:
        data["certified"] = _digits(chosen, found, options.digits, weights)
        data["notes"] += data["certified"].pop("notes")
    for framework in FRAMEWORKS:
        kind = getattr(options, framework)
        if kind is not None:
            data[framework] = _recipe(chosen, found, framework, kind, weights)
    if options.plot is not None and "plot" not in data:
        from verify.activation.diagram import draw

        draw(chosen, found, options.plot)
        data["plot"] = str(options.plot)
    return data


def _weights(options: argparse.Namespace) -> Weights:
    """The weights that were asked for, by --sigma-w and --sigma-b or by --init."""
    if options.init is None:
        if options.fan_in is not None or options.fan_out is not None:
            raise NoInitialization("--fan-in and --fan-out belong to --init; sigma_w does not depend on them")
        return Weights(sigma_w=options.sigma_w, sigma_b=options.sigma_b)
    from verify.activation.initialization import InitializationError, initialization

    if options.sigma_w is not None:
        raise NoInitialization("--init and --sigma-w both say what the weights are; give one of them")
    try:
        said = initialization(options.init, options.fan_in, options.fan_out)
    except InitializationError as problem:
        raise NoInitialization(f"--init: {problem}") from problem
    if options.sigma_b is None:
        return Weights(
            sigma_w=said.sigma_w, sigma_b=said.sigma_b, sentences=(said.weights, said.biases), notes=said.notes
        )
    biases = f"biases with the standard deviation that was given: sigma_b = {options.sigma_b}"
    return Weights(sigma_w=said.sigma_w, sigma_b=options.sigma_b, sentences=(said.weights, biases))


def _initialization(chosen: Activation, weights: Weights, found: Propagation) -> dict[str, str]:
    from verify.activation.consequences import consequences

    return dict(zip(("weights", "biases"), weights.sentences, strict=True)) | consequences(chosen, found)


def _digits(chosen: Activation, found: Propagation, digits: int, weights: Weights) -> dict[str, Any]:
    from verify.activation.certified import NotCertified, certified
    from verify.activation.pieces import approximate

    if approximate(chosen):
        raise NotCertified(f"no digits of {chosen.name} can be proven: no formula gives the places of its kinks")
    return asdict(certified(chosen, found, digits, weights.sigma_w, weights.sigma_b))


def _recipe(chosen: Activation, found: Propagation, framework: str, kind: str, weights: Weights) -> str:
    from verify.activation.recipe import WRITERS, slow_decay
    from verify.compile.nonlinearity import nonlinearity

    write, bias, critical = WRITERS[framework], weights.sigma_b or "0", found.critical
    if found.sigma_w is not None:
        slow = found.q_star == 0 and found.phase == "critical"
        remarks = [slow_decay(nonlinearity(chosen), found.sigma_w)] if slow else []
        typed = (str(weights.sigma_w), bias)
        worked_out = (repr(float(typed[0])), repr(float(bias)))
        return write(f"{found.activation} ({kind})", *(worked_out if weights.sentences else typed), kind, remarks)
    if critical is None or critical.stable is False:
        why = "has no critical point" if critical is None else "has no stable critical point"
        low, high = found.stable_from, found.stable_to
        other = "" if low is None else f", or --sigma-b from {low:.9g}" + (" on" if high is None else f" to {high:.9g}")
        raise NoInitialization(f"{found.activation} {why} at sigma_b = {bias}; give --sigma-w for --{framework}{other}")
    remarks = [slow_decay(nonlinearity(chosen), critical.sigma_w)] if critical.q_star == 0 else []
    return write(f"{found.activation} at its critical point ({kind})", repr(critical.sigma_w), bias, kind, remarks)
