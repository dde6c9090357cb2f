"""What rests on what: a claim whose derivation uses another one is verified only if that one is, and so on down.

A run works out, or takes from the store, what its claims rest on, too; those lemmas are not among its results, but they
decide. An outcome is stored as its own evidence has it, and what it rests on is looked at whenever it is read: a lemma
may be refuted later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from verify import catalogue
from verify.claim import Claim
from verify.evidence import Outcome, Standing


def below(claims: Iterable[Claim], package: str) -> list[Claim]:
    """The lemmas of claims, and theirs, that are not among the claims."""
    known = {claim.id: claim for claim in claims}
    given = set(known)
    waiting = list(known.values())
    while waiting:
        for name in waiting.pop().statement.uses:
            if name not in known:
                known[name] = catalogue.load(name, package)
                waiting.append(known[name])
    return [claim for name, claim in known.items() if name not in given]


def settled(claims: Iterable[Claim], own: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Outcomes in which what rests on a claim that is not verified is undecided, and says on what.

    `claims` holds all lemmas too; `own` are the outcomes by their own evidence, of those that have one.
    """
    uses = {claim.id: claim.statement.uses for claim in claims}
    return {name: _settled(found, uses, own) for name, found in own.items()}


def _settled(found: Outcome, uses: Mapping[str, tuple[str, ...]], own: Mapping[str, Outcome]) -> Outcome:
    if found.verdict is not Standing.VERIFIED:
        return found
    guilty = _guilty(found.id, uses, own)
    if not guilty:
        return found
    named = ", ".join(f"{name} ({own[name].verdict.value if name in own else 'not run'})" for name in guilty)
    return replace(found, verdict=Standing.UNDECIDED, reason=f"its own evidence holds, but it rests on {named}")


def _guilty(start: str, uses: Mapping[str, tuple[str, ...]], own: Mapping[str, Outcome]) -> list[str]:
    """What a claim rests on, directly or through others, that is not verified by its own evidence."""
    seen: dict[str, bool] = {}
    waiting = list(uses.get(start, ()))
    while waiting:
        name = waiting.pop(0)
        if name not in seen:
            seen[name] = name in own and own[name].verdict is Standing.VERIFIED
            waiting += uses.get(name, ())
    return [name for name, verified in seen.items() if not verified]
