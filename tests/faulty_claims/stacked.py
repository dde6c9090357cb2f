"""Claims that rest on each other: on one that is refuted, and on one that holds."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from tests.faulty_claims import entry
from verify.claim import Claim


def resting_on(claim: Claim, *lemmas: str) -> Claim:
    """The claim with other results that its derivation uses."""
    return replace(claim, statement=replace(claim.statement, uses=lemmas))


CLAIMS = (
    entry("stacked", "wrong", factor=sp.Rational(21, 20)),
    resting_on(entry("stacked", "middle"), "stacked.wrong"),
    resting_on(entry("stacked", "top"), "stacked.middle"),
    resting_on(entry("stacked", "safe"), "sound.decay"),
)
