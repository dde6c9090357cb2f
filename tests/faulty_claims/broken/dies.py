"""A check that kills its process."""

from __future__ import annotations

from tests.faulty_claims import entry
from tests.faulty_claims.broken import HONEST, Bad, die

CLAIM = entry("broken", "dies", checks=(*HONEST, Bad(name="dies", deed=die)))
