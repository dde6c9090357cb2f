"""The light paths of the command line and the derivations, in units of what they cannot avoid."""

from __future__ import annotations

import subprocess
import sys

import pytest

from verify.catalogue import load_claims


def python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def test_help(ratio):
    """`rederive --help` against a bare interpreter."""
    ratio(lambda: python("-m", "verify", "--help"), lambda: python("-c", "pass"))


def test_list(ratio):
    """`rederive list` against `import sympy`."""
    ratio(lambda: python("-m", "verify", "list"), lambda: python("-c", "import sympy"))


@pytest.mark.parametrize("claim_id", load_claims())
def test_derivation(ratio, claim_id):
    """A derivation built and decided in a fresh interpreter, imports included, against `import sympy`."""
    code = (
        "from verify.catalogue import load_claims\nfrom derivations.proof import decide\n"
        f"[decide(step) for step in load_claims()[{claim_id!r}].steps()]"
    )
    ratio(lambda: python("-c", code), lambda: python("-c", "import sympy"))
