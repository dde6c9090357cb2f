"""rederive in Python: all that a script, a notebook or a claim of one's own needs, under one name.

>>> import rederive
>>> claim = rederive.claims["deep_linear.mode_logistic"]
>>> claim
<Claim deep_linear.mode_logistic: Logistic learning curve of a mode>
>>> round(float(claim.function("numpy")(s=2.3, t=1.0, tau=1.0, a_0=0.01)), 6)
0.696575

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
    from verify.activation.reading import ActivationError
    from verify.catalogue import Claims, UnknownClaim, load_claims
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
    from verify.compare.limited import ExpressionError, compare
    from verify.evidence import Outcome
    from verify.network.loading import ModelError
    from verify.python import activation, network
    from verify.run.runner import check

    claims: Claims

HOMES = {
    "derivations.calculus.gaussian": ("GaussE",),
    "derivations.proof": ("Step",),
    "derivations.statement": (
        *("NONNEGATIVE", "POSITIVE", "Bound", "Exact", "LeadingOrder", "Limit"),
        *("Observation", "Parameter", "Printed", "Source", "Statement"),
    ),
    "numerics.measurement": ("Measurement", "from_replicas"),
    "numerics.streams": ("Stream",),
    "verify.activation.reading": ("ActivationError",),
    "verify.catalogue": ("Claims", "UnknownClaim", "load_claims"),
    "verify.checks": (
        *("Approach", "Certified", "Enumeration", "FiniteSize", "Ladder", "Literature"),
        *("Precision", "Property", "Rate", "Replicas", "Trend"),
    ),
    "verify.claim": ("Claim", "Ordeal"),
    "verify.compare.limited": ("ExpressionError", "compare"),
    "verify.evidence": ("Outcome",),
    "verify.network.loading": ("ModelError",),
    "verify.python": ("activation", "network"),
    "verify.run.runner": ("check",),
}
_HOME = {name: module for module, names in HOMES.items() for name in names}

__all__ = [
    "NONNEGATIVE",
    "POSITIVE",
    "ActivationError",
    "Approach",
    "Bound",
    "Certified",
    "Claim",
    "Claims",
    "Enumeration",
    "Exact",
    "ExpressionError",
    "FiniteSize",
    "GaussE",
    "Ladder",
    "LeadingOrder",
    "Limit",
    "Literature",
    "Measurement",
    "ModelError",
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
    "activation",
    "check",
    "claims",
    "compare",
    "from_replicas",
    "load_claims",
    "network",
]


def __getattr__(name: str) -> Any:
    import importlib

    if name == "__version__":
        import verify

        return verify.__version__
    if name == "claims":  # a new one each time: it is no more than a name of the suite
        return importlib.import_module("verify.catalogue").load_claims()
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME, "claims"])


if __name__ == "__main__":  # `python -m rederive` is the command of the same name
    import sys

    from verify.command.cli import main

    sys.exit(main())
