"""Claims that rest on each other: on one that is refuted, and on one that holds."""

from __future__ import annotations

import importlib
from dataclasses import replace

from verify.claim import Claim


def resting_on(claim: Claim, *lemmas: str) -> Claim:
    """The claim with other results that its derivation uses, whose modules are made."""
    for lemma in lemmas:
        importlib.import_module(f"tests.faulty_claims.{lemma}")
    return replace(claim, statement=replace(claim.statement, uses=lemmas))
