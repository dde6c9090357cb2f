"""A claim that is refuted, and on which others rest."""

from __future__ import annotations

import sympy as sp

from tests.faulty_claims import entry

CLAIM = entry("stacked", "wrong", factor=sp.Rational(21, 20))
