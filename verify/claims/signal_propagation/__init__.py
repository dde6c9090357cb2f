"""Signal propagation (documents 001, 002): what wide random networks do to the signals that pass through them."""

from __future__ import annotations

SIZES, FULL_SIZES = ((60, 75), (120, 40), (240, 44)), ((200, 220), (400, 70), (800, 80))
