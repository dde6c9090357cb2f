"""The light paths of the command line and the derivations, in units of what they cannot avoid."""

from __future__ import annotations

import subprocess
import sys

import pytest

from verify.catalogue import chapter_of, chapters, load_claims


def python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def test_help(ratio):
    """`rederive --help` against a bare interpreter."""
    ratio(lambda: python("-m", "verify", "--help"), lambda: python("-c", "pass"))


def test_list(ratio):
    """`rederive list` against `import sympy`."""
    ratio(lambda: python("-m", "verify", "list"), lambda: python("-c", "import sympy"), count=3)


@pytest.mark.parametrize("claim_id", [next(c for c in load_claims() if chapter_of(c) == name) for name in chapters()])
def test_derivation(ratio, claim_id):
    """The first derivation of a chapter, built and decided in a fresh interpreter, against `import sympy`."""
    code = (
        "from verify.catalogue import load_claims\nfrom derivations.proof import decide\n"
        f"[decide(step) for step in load_claims()[{claim_id!r}].steps()]"
    )
    ratio(lambda: python("-c", code), lambda: python("-c", "import sympy"), count=2)
