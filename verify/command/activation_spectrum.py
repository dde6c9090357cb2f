"""The part of the answer of `rederive activation --depth L` on the singular values of the network's Jacobian."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from derivations.activations import Activation
from verify.activation.network import Propagation
from verify.command import console

COLUMNS = ("weights", "largest", "smallest", "mean", "variance", "near 1", "atoms")


def spectrum_parts(
    chosen: Activation, options: argparse.Namespace, found: Propagation, given: tuple[str | None, str | None]
) -> dict[str, Any]:
    """The key `spectrum` where --depth is given, and `plot` where its figure was drawn; raises OSError.

    given  sigma_w and sigma_b as decimal text: with --digits the edges are proven for these
    """
    if options.depth is None:
        return {}
    from verify.activation.spectrum import draw_spectra, spectra

    answer, laws = spectra(chosen, found, options.depth)
    data: dict[str, Any] = {"spectrum": asdict(answer)}
    if options.digits is not None and laws:
        data["spectrum"] |= _proven(chosen, found, options, given, answer.q)
    if options.plot is not None and laws:
        draw_spectra(laws, answer, found.activation, options.plot)
        data["plot"] = str(options.plot)
    return data


def _proven(
    chosen: Activation,
    found: Propagation,
    options: argparse.Namespace,
    given: tuple[str | None, str | None],
    q: float | None,
) -> dict[str, Any]:
    """The key `proven`: the largest squared singular values with proven digits, by kind of weights; or why not."""
    from verify.activation.certified import NotCertified
    from verify.activation.edges import proven_edges
    from verify.activation.spectrum import stationary_places

    try:
        if q == 0:
            raise NotCertified("at length zero the law is that of a linear network")
        starts = stationary_places(chosen, q, options.depth)
        return {"proven": proven_edges(chosen, found, options.depth, options.digits, given, starts)}
    except NotCertified as problem:
        return {"proven": {}, "unproven": str(problem)}


def show_spectrum(data: Mapping[str, Any]) -> None:
    """Print the laws, if there are any, and what is to be said of those that are missing."""
    found = data.get("spectrum")
    if found is None:
        return
    where = "" if found["sigma_w"] is None else f" at sigma_w = {_figure(found['sigma_w'])}"
    console.show("", console.heading(f"Squared singular values of the Jacobian, {found['layers']} layers{where}"))
    if found["laws"]:
        table = console.table(*COLUMNS, numbers=COLUMNS[1:-1])
        for law in found["laws"]:
            atoms = ", ".join(f"{mass:.6g} at {place:.6g}" for place, mass in law["atoms"]) or console.NONE
            numbers = (law[key] for key in ("highest", "lowest", "mean", "variance", "near_one"))
            table.add_row(law["weights"], *(_figure(value) for value in numbers), atoms)
        console.show(table)
        width = found["laws"][0]["width"]
        print(console.prose(f"near 1: share from {1 - width:g} to {1 + width:g}; an atom is a share of equal values."))
    for weights, value in found.get("proven", {}).items():
        print(console.prose(f"largest with {weights} weights, all digits proven: {value}"))
    if "unproven" in found:
        print(console.prose(f"No digits of the edges are proven: {found['unproven']}."))
    for note in found["notes"]:
        print(console.prose(note))


def _figure(value: float) -> str:
    return f"{value:.9g}"
