"""Ids that claims once had. A page that a paper links to stays where it was: it leads to the claim's present one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

ALIASES: Mapping[str, str] = {}  # an id that no claim has any more -> the id that the claim has now


def of_run(aliases: Mapping[str, str], present: Iterable[str]) -> dict[str, str]:
    """The aliases that lead to claims of a run.

    Raises ValueError if a claim has an alias for its id: its page would overwrite the other.
    """
    ids = set(present)
    taken = sorted(ids & aliases.keys())
    if taken:
        raise ValueError(f"{', '.join(taken)}: an alias, but also the id of a claim")
    return {old: new for old, new in aliases.items() if new in ids}
