"""Claims that rest on each other: on one that is refuted, and on one that holds."""

from __future__ import annotations

from dataclasses import replace

from verify.claim import Claim


def resting_on(claim: Claim, *lemmas: str) -> Claim:
    """The claim with other results that its derivation uses."""
    return replace(claim, statement=replace(claim.statement, uses=lemmas))
