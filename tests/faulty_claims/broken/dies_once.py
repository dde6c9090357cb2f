"""A check that kills its process the first time."""

from __future__ import annotations

from tests.faulty_claims import entry
from tests.faulty_claims.broken import HONEST, Bad, die_once

CLAIM = entry("broken", "dies_once", checks=(*HONEST, Bad(name="dies once", deed=die_once)))
