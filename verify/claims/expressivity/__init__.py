"""Chapter expressivity (document 001): functions that take few neurons in deep networks and many in shallow ones."""

from __future__ import annotations
