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


def spectrum_parts(chosen: Activation, options: argparse.Namespace, found: Propagation) -> dict[str, Any]:
    """The key `spectrum` where --depth is given, and `plot` where its figure was drawn; raises OSError."""
    if options.depth is None:
        return {}
    from verify.activation.spectrum import draw_spectra, spectra

    answer, laws = spectra(chosen, found, options.depth)
    data: dict[str, Any] = {"spectrum": asdict(answer)}
    if options.plot is not None and laws:
        draw_spectra(laws, answer, found.activation, options.plot)
        data["plot"] = str(options.plot)
    return data


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
    for note in found["notes"]:
        print(console.prose(note))


def _figure(value: float) -> str:
    return f"{value:.9g}"
