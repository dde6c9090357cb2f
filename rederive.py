"""rederive in Python: all that a claim of one's own, a script or a notebook needs, under one name.

>>> import rederive
>>> rederive.Source(citation="A note", where="equation 3").name
'A note'

Nothing is imported until it is asked for. The parts live in `derivations`, `numerics` and `verify`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derivations.calculus.gaussian import GaussE
    from derivations.proof import Step
    from derivations.statement import (
        NONNEGATIVE,
        POSITIVE,
        Bound,
        Exact,
        LeadingOrder,
        Limit,
        Observation,
        Parameter,
        Printed,
        Source,
        Statement,
    )
    from numerics.measurement import Measurement, from_replicas
    from numerics.streams import Stream
    from verify.catalogue import UnknownClaim, load_claims
    from verify.checks import (
        Approach,
        Certified,
        Enumeration,
        FiniteSize,
        Ladder,
        Literature,
        Precision,
        Property,
        Rate,
        Replicas,
        Trend,
    )
    from verify.claim import Claim, Ordeal
    from verify.evidence import Outcome
    from verify.run.runner import check

HOMES = {
    "derivations.calculus.gaussian": ("GaussE",),
    "derivations.proof": ("Step",),
    "derivations.statement": (
        *("NONNEGATIVE", "POSITIVE", "Bound", "Exact", "LeadingOrder", "Limit"),
        *("Observation", "Parameter", "Printed", "Source", "Statement"),
    ),
    "numerics.measurement": ("Measurement", "from_replicas"),
    "numerics.streams": ("Stream",),
    "verify.catalogue": ("UnknownClaim", "load_claims"),
    "verify.checks": (
        *("Approach", "Certified", "Enumeration", "FiniteSize", "Ladder", "Literature"),
        *("Precision", "Property", "Rate", "Replicas", "Trend"),
    ),
    "verify.claim": ("Claim", "Ordeal"),
    "verify.evidence": ("Outcome",),
    "verify.run.runner": ("check",),
}
_HOME = {name: module for module, names in HOMES.items() for name in names}

__all__ = [
    "NONNEGATIVE",
    "POSITIVE",
    "Approach",
    "Bound",
    "Certified",
    "Claim",
    "Enumeration",
    "Exact",
    "FiniteSize",
    "GaussE",
    "Ladder",
    "LeadingOrder",
    "Limit",
    "Literature",
    "Measurement",
    "Observation",
    "Ordeal",
    "Outcome",
    "Parameter",
    "Precision",
    "Printed",
    "Property",
    "Rate",
    "Replicas",
    "Source",
    "Statement",
    "Step",
    "Stream",
    "Trend",
    "UnknownClaim",
    "check",
    "from_replicas",
    "load_claims",
]


def __getattr__(name: str) -> Any:
    import importlib

    if name == "__version__":
        import verify

        return verify.__version__
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
