"""A derivation with a false step."""

from __future__ import annotations

from tests.faulty_claims import entry
from tests.faulty_claims.broken import wrong_steps

CLAIM = entry("broken", "wrong_step", derivation=wrong_steps)
