"""A step with which SymPy never finishes."""

from __future__ import annotations

from tests.faulty_claims import entry
from tests.faulty_claims.broken import endless_steps

CLAIM = entry("broken", "endless_step", derivation=endless_steps)
