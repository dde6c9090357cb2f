"""A formula that is 5 % off."""

from __future__ import annotations

import sympy as sp

from tests.faulty_claims import entry

CLAIM = entry("broken", "wrong", factor=sp.Rational(21, 20))
