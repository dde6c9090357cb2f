"""A derivation that cannot be built."""

from __future__ import annotations

from tests.faulty_claims import entry
from tests.faulty_claims.broken import raising_steps

CLAIM = entry("broken", "unbuildable", derivation=raising_steps)
