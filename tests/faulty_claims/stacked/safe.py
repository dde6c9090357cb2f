"""A claim that rests on one that holds."""

from __future__ import annotations

from tests.faulty_claims import entry
from tests.faulty_claims.stacked import resting_on

CLAIM = resting_on(entry("stacked", "safe"), "sound.decay")
