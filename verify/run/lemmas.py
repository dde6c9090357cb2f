"""What rests on what: a claim whose derivation uses another one is verified only if that one is, and so on down.

A run works out, or takes from the store, what its claims rest on, too; those lemmas are not among its results, but they
decide. An outcome is stored as its own evidence has it, and what it rests on is looked at whenever it is read: a lemma
may be refuted later.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from verify.evidence import Outcome, Standing

if TYPE_CHECKING:
    from verify.claim import Claim


def below(claims: Iterable[Claim], load: Callable[[str], Claim]) -> list[Claim]:
    """The lemmas of claims, and theirs, that are not among the claims. `load` gives the claim of an id."""
    known = {claim.id: claim for claim in claims}
    given = set(known)
    waiting = list(known.values())
    while waiting:
        for name in waiting.pop().statement.uses:
            if name not in known:
                known[name] = load(name)
                waiting.append(known[name])
    return [claim for name, claim in known.items() if name not in given]


def settled(own: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Outcomes in which what rests on a claim that is not verified is undecided, and says on what.

    `own` are outcomes by their own evidence, also those of lemmas; a lemma without one was not run.
    """
    return {name: _settled(found, own) for name, found in own.items()}


def outdated(own: Mapping[str, Outcome], changed: Collection[str]) -> set[str]:
    """Claims whose sources, or those of anything that they rest on, are among the changed ones."""
    return {name for name, found in own.items() if {name, *_under(found, own)} & {*changed}}


def _settled(found: Outcome, own: Mapping[str, Outcome]) -> Outcome:
    if found.verdict is not Standing.VERIFIED:
        return found
    guilty = _guilty(found, own)
    if not guilty:
        return found
    named = ", ".join(f"{name} ({own[name].verdict.value if name in own else 'not run'})" for name in guilty)
    return replace(found, verdict=Standing.UNDECIDED, reason=f"its own evidence holds, but it rests on {named}")


def _guilty(found: Outcome, own: Mapping[str, Outcome]) -> list[str]:
    """What a claim rests on, directly or through others, that is not verified by its own evidence."""
    return [name for name in _under(found, own) if name not in own or own[name].verdict is not Standing.VERIFIED]


def _under(found: Outcome, own: Mapping[str, Outcome]) -> list[str]:
    """What a claim rests on, directly or through others, as far as these have outcomes."""
    seen: dict[str, None] = {}
    waiting = list(found.uses)
    while waiting:
        name = waiting.pop(0)
        if name not in seen:
            seen[name] = None
            waiting += own[name].uses if name in own else ()
    return list(seen)
