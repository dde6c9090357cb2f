"""A check that never ends."""

from __future__ import annotations

from tests.faulty_claims import entry
from tests.faulty_claims.broken import HONEST, Bad, hang

CLAIM = entry("broken", "hangs", checks=(*HONEST, Bad(name="hangs", deed=hang)))
