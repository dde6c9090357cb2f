"""Finding claims: every module of verify.claims has a tuple CLAIMS; nothing else lists them.

A chapter is a module, or a package of modules where one file would be too long.
"""

from __future__ import annotations

import difflib
import fnmatch
import functools
import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from verify.checks.base import FALSE_ALARMS
from verify.claim import Claim

PACKAGE = "verify.claims"


class UnknownClaim(LookupError):
    """An id or chapter that is not there. The message names the nearest ids."""


class NothingSelected(UnknownClaim):
    """A pattern with wildcards that matches no claim."""


@functools.cache
def load_claims(package: str = PACKAGE) -> dict[str, Claim]:
    """All claims by id, in the order of the chapters' modules and of each CLAIMS tuple.

    Raises ValueError if two claims share an id, or a claim stands in another chapter's module.
    """
    claims: dict[str, Claim] = {}
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__):
        for module in entry_modules(package, found.name):
            for claim in module.CLAIMS:
                if claim.id in claims:
                    raise ValueError(f"two claims have the id {claim.id}")
                if claim.chapter != found.name:
                    raise ValueError(f"{claim.id} is entered in the chapter {found.name}")
                claims[claim.id] = claim
    return claims


def entry_modules(package: str, chapter: str) -> tuple[ModuleType, ...]:
    """The modules that hold the entries of a chapter: one, or those of a package in the order of their names."""
    top = importlib.import_module(f"{package}.{chapter}")
    if not hasattr(top, "__path__"):
        return (top,)
    return tuple(importlib.import_module(f"{top.__name__}.{m.name}") for m in pkgutil.iter_modules(top.__path__))


def chapters(package: str = PACKAGE) -> tuple[str, ...]:
    """Names of the chapters, in order."""
    return tuple(dict.fromkeys(claim.chapter for claim in load_claims(package).values()))


def select(patterns: Iterable[str], package: str = PACKAGE) -> list[Claim]:
    """Claims whose id or chapter matches any pattern (globs allowed), in catalogue order; all for no pattern.

    Raises UnknownClaim for a name that is not there, NothingSelected for a pattern with wildcards that matches nothing.
    """
    claims = load_claims(package)
    wanted = tuple(patterns)
    if not wanted:
        return list(claims.values())
    for pattern in wanted:
        if not any(_matches(claim, pattern) for claim in claims.values()):
            problem = NothingSelected if set(pattern) & set("*?[") else UnknownClaim
            raise problem(_nearest(pattern, claims))
    return [claim for claim in claims.values() if any(_matches(claim, pattern) for pattern in wanted)]


def false_alarm_share(package: str = PACKAGE) -> float:
    """The part of the run's budget of false alarms that each stochastic check of the catalogue may spend.

    The ordeals of printed forms are checks too.
    """
    stochastic = sum(len(_stochastic(claim)) for claim in load_claims(package).values())
    return FALSE_ALARMS / max(stochastic, 1)


def _stochastic(claim: Claim) -> set[str]:
    """Names of the stochastic checks of a claim: each prepares, and hence draws, once."""
    ordeals = [
        check for ordeal in claim.printed.values() for check in (ordeal.fails, ordeal.holds) if check is not None
    ]
    return {check.name for check in (*claim.checks, *ordeals) if check.stochastic}


def _matches(claim: Claim, pattern: str) -> bool:
    return pattern == claim.chapter or fnmatch.fnmatchcase(claim.id, pattern)


def _nearest(pattern: str, claims: dict[str, Claim]) -> str:
    names = [*claims, *dict.fromkeys(c.chapter for c in claims.values())]
    short = {name.rpartition(".")[2]: name for name in names}
    near = difflib.get_close_matches(pattern, names, n=3, cutoff=0.4)
    near += [short[n] for n in difflib.get_close_matches(pattern.rpartition(".")[2], short, n=3, cutoff=0.5)]
    hint = ", ".join(dict.fromkeys(near)) or f"one of {', '.join(dict.fromkeys(c.chapter for c in claims.values()))}"
    return f"no claim matches {pattern!r}; nearest: {hint}"
