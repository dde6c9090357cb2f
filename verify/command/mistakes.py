"""`rederive audit --experiments`: which mistakes in the experiments themselves the checks notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from verify.audit.experiments import ENDS, Fate
from verify.command import console


def data(found: Mapping[str, Sequence[Fate]]) -> dict[str, Any]:
    """What `--json` prints."""
    claims = [
        {"id": name, "mistakes": [asdict(fate) | {"end": fate.end, "explained": fate.explained} for fate in fates]}
        for name, fates in found.items()
    ]
    everything = [fate for fates in found.values() for fate in fates]
    kinds = dict.fromkeys(fate.kind for fate in everything)
    return {
        "claims": claims,
        **_counts(everything),
        "kinds": {kind: _counts([fate for fate in everything if fate.kind == kind]) for kind in kinds},
    }


def _counts(fates: Sequence[Fate]) -> dict[str, int]:
    """How many were planted, and what became of them."""
    found = Counter(fate.end for fate in fates)
    return {"planted": len(fates)} | {key: found[end] for end, key in ENDS.items()}


def show(found: Mapping[str, Sequence[Fate]]) -> None:
    """One row for each kind of mistake, then what survived, with the size of its effect."""
    numbers = ("planted", *ENDS)
    table = console.table("mistake", *numbers, numbers=numbers)
    everything = [(name, fate) for name, fates in found.items() for fate in fates]
    for kind, counts in data(found)["kinds"].items():
        table.add_row(kind, *map(str, counts.values()))
    console.show(table, "")
    fates = Counter(fate.fate for _, fate in everything)
    said = ", ".join(f"{number} {fate}" for fate, number in fates.most_common())
    print(console.prose(f"{len(everything)} mistakes in the experiments of {len(found)} claims: {said}.", ""))
    for name, fate in everything:
        if fate.fate == "survived":
            effect = f"effect {console.figure(fate.effect)}, resolution {console.figure(fate.resolution)}"
            print(
                console.prose(f"{name}, {fate.check}: {fate.kind} ({fate.where}): {fate.change}: {fate.end}, {effect}")
            )
