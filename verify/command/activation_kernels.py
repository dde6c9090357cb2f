"""Three parts of the answer of `rederive activation`: at unit variance, --kernel and --transform."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from derivations.activations import Activation
from verify.activation.network import Propagation
from verify.command import console

MOST = 20  # correlations
UNIT = {
    "mean": "E phi",
    "square": "E phi^2",
    "variance": "Var phi",
    "one_over_std": "1 / std: the factor that standardizes phi",
    "gain_forward": "gain at unit input: sigma_w that keeps E h^2 = 1 without biases",
    "gain_backward": "sigma_w that keeps squared gradients there",
}
CONSTANTS = {"alpha": "scale of the input", "beta": "shift of the input", "gamma": "scale of the output"}
CONSTANTS |= {"delta": "shift of the output", "negative_slope": "slope of the leaky relu under zero"}
SINGLE = "of one layer at length 1"


def kernel_parts(chosen: Activation, options: argparse.Namespace, found: Propagation) -> dict[str, Any]:
    """The keys `unit`, and `kernel` of the network found and `transform` where they are asked for.

    Raises NoKernel and NoTransform, which are kinds of ArithmeticError, where there is none.
    """
    from verify.activation.kernel import NoKernel, kernel_answer
    from verify.activation.unit import unit

    data: dict[str, Any] = {"unit": asdict(unit(chosen))}
    if options.kernel is not None:
        if len(options.kernel) > MOST:
            raise NoKernel(f"--kernel takes {MOST} correlations at most, not {len(options.kernel)}")
        length = None if options.length is None else float(options.length)
        correlations = tuple(float(text) for text in options.kernel)
        weights = (found.sigma_w, found.sigma_b or 0.0, found.q_star)
        data["kernel"] = asdict(kernel_answer(chosen, correlations, *weights, length, options.depth))
    elif options.length is not None:
        raise NoKernel("--length is that of --kernel; give a correlation, as in --kernel 0.3")
    if options.transform is not None:
        from verify.activation.transform import transform_answer

        target = None if options.target is None else float(options.target)
        data["transform"] = asdict(transform_answer(chosen, options.transform, options.depth, target))
    elif options.target is not None:
        raise NoKernel("--target is that of --transform; give it too, as in --transform dks")
    return data


# ------------------------------------------------------------------------------------------------ text


def show_kernel_parts(data: Mapping[str, Any]) -> None:
    """Print those of the keys that are there."""
    if "unit" in data:
        _rows("At unit variance", UNIT, data["unit"])
    if "kernel" in data:
        _kernel(data["kernel"])
    if "transform" in data:
        _transform(data["transform"])


def _rows(title: str, meanings: Mapping[str, str], values: Mapping[str, float | None]) -> None:
    rows = console.grid(3)
    for key, meaning in meanings.items():
        rows.add_row(console.INDENT + key, _figure(values[key]), meaning)
    console.show("", console.heading(title), rows)


def _kernel(kernel: Mapping[str, Any]) -> None:
    q = _figure(kernel["length"])
    console.show("", console.heading(f"Two inputs of correlation c, length q = {q} ({kernel['length_is']})"))
    formula = kernel["formula"]
    if formula is not None:
        for name, key in (("E phi(h) phi(h')", "product"), ("E phi'(h) phi'(h')", "slope")):
            if formula[key] is not None:
                print(console.prose(f"{name} = {formula[key]}"))
    table = console.table(
        "c", "E phi phi", "E phi' phi'", "c of phi", numbers=("c", "E phi phi", "E phi' phi'", "c of phi")
    )
    for pair in kernel["pairs"]:
        table.add_row(*(_figure(pair[key]) for key in ("c", "product", "slope", "mapped")))
    console.show(table)
    for k, pair in enumerate(kernel["pairs"] if kernel["layers"] else ()):
        console.show("", console.heading(f"Layer by layer from c = {_figure(pair['c'])}"))
        columns = ("layers", "q", "c", "NNGP", "NTK", "NTK of one input")
        table = console.table(*columns, numbers=columns)
        for row in kernel["layers"]:
            theta = None if row["ntk"] is None else row["ntk"][k]
            numbers = (row["q"], row["c"][k], row["nngp"][k], theta, row["ntk_alike"])
            table.add_row(str(row["layer"]), *(_figure(v) for v in numbers))
        console.show(table)
    for note in (kernel["parametrization"], *kernel["notes"]):
        if note:
            print(console.prose(note))


def _transform(found: Mapping[str, Any]) -> None:
    goal = f"{found['target_name']} = {_figure(found['target'])}"
    console.show(
        "", console.heading(f"{found['method'].upper()} for {found['layers']} layers, {goal}: {found['formula']}")
    )
    rows = console.grid(3)
    for key, meaning in CONSTANTS.items():
        if found[key] is not None:
            rows.add_row(console.INDENT + key, f"{found[key]:.15g}", meaning)
    for key, value in found["maps"].items():
        rows.add_row(console.INDENT + key, "infinite" if value is None else _figure(value), SINGLE)
    for key, value in found["network"].items():
        rows.add_row(console.INDENT + key, _figure(value), "of the network")
    console.show(rows)
    print(console.prose(f"For {found['weights']}."))
    for note in found["notes"]:
        print(console.prose(note))
    if found["pytorch"]:
        print("\n" + found["pytorch"])


def _figure(value: float | None) -> str:
    return console.NONE if value is None else f"{value:.9g}"
