"""A check that raises."""

from __future__ import annotations

from tests.faulty_claims import entry
from tests.faulty_claims.broken import HONEST, Bad, fail

CLAIM = entry("broken", "raises", checks=(*HONEST, Bad(name="raises", deed=fail)))
