"""Signal propagation (documents 001, 002): what wide random networks do to the signals that pass through them."""

from __future__ import annotations

SIZES, FULL_SIZES = ((60, 120), (120, 34), (240, 34)), ((200, 1000), (400, 500), (800, 200))
