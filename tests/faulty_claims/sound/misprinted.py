"""A claim with a misprint."""

from __future__ import annotations

import sympy as sp

from derivations.statement import Printed
from derivations.symbols import a_0, t, tau
from tests.faulty_claims import ACTIVITY, SOURCE, entry

CLAIM = entry(
    "sound",
    "misprinted",
    printed=(
        Printed(
            erratum="E1",
            kind="misprint",
            formula=sp.Eq(ACTIVITY, a_0 * sp.exp(t / tau)),
            note="The sign of the rate is missing.",
            source=SOURCE,
        ),
    ),
)
