"""Chapter cheap_learning (document 003): what shallow and deep networks compute cheaply."""

from __future__ import annotations
