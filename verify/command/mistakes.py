"""`rederive audit --experiments`: which mistakes in the experiments themselves the checks notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from verify.audit.experiments import Fate
from verify.command import console


def data(found: Mapping[str, Sequence[Fate]]) -> dict[str, Any]:
    """What `--json` prints."""
    claims = [
        {"id": name, "mistakes": [asdict(fate) | {"explained": fate.explained} for fate in fates]}
        for name, fates in found.items()
    ]
    everything = [fate for fates in found.values() for fate in fates]
    return {
        "claims": claims,
        "planted": len(everything),
        "caught": sum(fate.fate != "survived" for fate in everything),
        "below_resolution": sum(fate.fate == "survived" and fate.explained for fate in everything),
        "missed": sum(not fate.explained for fate in everything),
    }


def show(found: Mapping[str, Sequence[Fate]]) -> None:
    """One row for each kind of mistake, then what survived, with the size of its effect."""
    numbers = ("planted", "caught", "below resolution", "missed")
    table = console.table("mistake", *numbers, numbers=numbers)
    everything = [(name, fate) for name, fates in found.items() for fate in fates]
    for kind in dict.fromkeys(fate.kind for _, fate in everything):
        own = [fate for _, fate in everything if fate.kind == kind]
        caught, missed = sum(f.fate != "survived" for f in own), sum(not f.explained for f in own)
        figures = (len(own), caught, len(own) - caught - missed, missed)
        table.add_row(kind, *map(str, figures))
    console.show(table, "")
    fates = Counter(fate.fate for _, fate in everything)
    counts = ", ".join(f"{number} {fate}" for fate, number in fates.most_common())
    print(console.prose(f"{len(everything)} mistakes in the experiments of {len(found)} claims: {counts}.", ""))
    for name, fate in everything:
        if fate.fate == "survived":
            effect = f"effect {console.figure(fate.effect)}, resolution {console.figure(fate.resolution)}"
            print(console.prose(f"{name}, {fate.check}: {fate.kind} ({fate.where}): {fate.change}: {effect}"))
