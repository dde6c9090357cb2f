"""A claim that holds."""

from __future__ import annotations

from tests.faulty_claims import entry

CLAIM = entry("sound", "decay")
