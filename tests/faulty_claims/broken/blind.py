"""Checks that cannot tell the formula from wrong ones."""

from __future__ import annotations

from tests.faulty_claims import entry
from tests.faulty_claims.broken import LOOSE, Bad

CLAIM = entry("broken", "blind", checks=(LOOSE, Bad(name="idle", deed=lambda context: None, kind="simulation")))
