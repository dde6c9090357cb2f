"""The answer of `rederive network`, as text."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rich.text import Text

from verify.command import console

if TYPE_CHECKING:
    from verify.network.table import NetworkTable, Value

COLUMNS = ("layer", "operation", "fan-in", "sigma_w^2", "length", "correlation", "gradient", "stretch")
SCALE_COLUMNS = ("layers before", "number", "sigma_w", "sigma_b", "chi1", "phase", "q_star", "xi_q", "xi_c", "xi_grad")


def answer(options: argparse.Namespace) -> NetworkTable:
    """The table for the options of the command line. Raises ModelError, and OSError for a figure."""
    from verify.network import loading, report

    given = None if options.input is None else loading.shape(options.input)
    model = loading.built(options.place, options.seed)
    found = report.network(
        model,
        given if given is not None else loading.first_width(model),
        correlation=float(options.correlation),
        square=float(options.length),
        pairs=options.pairs,
        seed=options.seed,
        spectrum=options.spectrum,
    )
    if options.plot is not None:
        from verify.network.picture import draw

        draw(found, options.plot)
    return found


def show(found: NetworkTable) -> None:
    """Print a table for people."""
    shape = "x".join(map(str, found.input_shape))
    console.show(
        Text.assemble((found.model, "bold"), f"  {found.parameters:,} parameters, input {shape}, {found.dtype}")
    )
    table = console.table(*COLUMNS, numbers=COLUMNS[2:])
    for row in found.rows:
        values = (row.length, row.correlation, row.gradient, row.stretch)
        table.add_row(row.name, row.operation, _figure(row.fan_in, 6), _figure(row.sigma_w2), *map(_both, values))
    console.show("", table)
    print(f"{console.INDENT}numbers are predicted/measured")
    if found.scales:
        scales = console.table(
            *SCALE_COLUMNS, numbers=[c for c in SCALE_COLUMNS if c not in ("layers before", "phase")]
        )
        for scale in found.scales:
            numbers = (scale.q_star, scale.xi_q, scale.xi_c, scale.xi_grad)
            head = (scale.activation, str(scale.layers), *map(_figure, (scale.sigma_w, scale.sigma_b, scale.chi1)))
            scales.add_row(*head, scale.phase or console.NONE, *map(_figure, numbers))
        console.show("", console.heading("Phase and depth scales"), scales)
    console.show("", console.heading("Findings"))
    for finding in found.findings:
        print(console.prose(f"{finding.kind}: {finding.sentence}"))
    causes: dict[str, list[str]] = {}
    for row in found.rows:
        for cause in row.causes:
            what, _, why = cause.partition(": ")
            if what == "finite width":
                what, why = why, "within what finite width explains"
            causes.setdefault(why or what, []).append(f"{row.title}: {what}")
    if causes:
        console.show("", console.heading("Deviations"))
        for why, where in causes.items():
            print(console.prose(f"{why} ({len(where)} x, as in {where[0]})"))
    if found.spectrum is not None:
        squared = found.spectrum.squared
        mean = sum(squared) / len(squared)
        text = f"squared singular values from {_figure(squared[0])} to {_figure(squared[-1])}, mean {_figure(mean)}"
        console.show("", console.heading("Jacobian of the whole model"))
        print(f"{console.INDENT}{text} ({_figure(found.spectrum.predicted_mean)} predicted)")


def _figure(value: float | None, digits: int = 3) -> str:
    return console.NONE if value is None else f"{value:.{digits}g}"


def _both(value: Value) -> str:
    return f"{_figure(value.predicted)}/{_figure(value.measured)}"
