"""Cross-examination of derivations and experiments.

>>> from verify import check, load_claims  # doctest: +SKIP
>>> check("deep_linear.mode_logistic").verdict  # doctest: +SKIP
<Standing.VERIFIED: 'verified'>

Nothing is imported until it is asked for: SymPy takes a second, and the command line answers `--help` without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.catalogue import UnknownClaim, load_claims
    from verify.claim import Claim
    from verify.evidence import Outcome
    from verify.run.runner import check

__all__ = ["Claim", "Outcome", "UnknownClaim", "check", "load_claims"]

_HOMES = {
    "Claim": "verify.claim",
    "Outcome": "verify.evidence",
    "UnknownClaim": "verify.catalogue",
    "check": "verify.run.runner",
    "load_claims": "verify.catalogue",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name == "__version__":
        from importlib import metadata

        try:
            return metadata.version("rederive")
        except metadata.PackageNotFoundError:  # run from a folder that was never installed
            return "unknown"
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
