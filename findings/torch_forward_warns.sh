#!/usr/bin/env bash
# Forward-mode derivatives cannot be used where warnings are errors: torch warns of its own code.
#
# Guess:    torch.func.jvp, which the documentation recommends, raises no DeprecationWarning, since the caller uses
#           nothing that is deprecated.
# Happens:  the first forward-mode derivative of a process imports torch's decompositions for it, which call
#           torch.jit.script, which is deprecated: under `-W error` jvp and forward_ad raise DeprecationWarning. The
#           backward mode does not.
# Matters:  test suites run with warnings as errors; the filter that lets this one pass has to name torch's module and
#           not one's own.
# Version:  torch 2.13.0 (the CPU build is enough). Source: torch/_decomp/decompositions_for_jvp.py.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import torch

seen = [f"torch {torch.__version__.split('+')[0]}"]
warnings.simplefilter("error")


def square(x):
    return (x**2).sum()


def tried(name, call):
    try:
        call()
        seen.append(f"{name}: fine")
    except DeprecationWarning as problem:
        seen.append(f"{name}: DeprecationWarning, {str(problem).split('.')[0]}.{str(problem).split('.')[1]}")


x = torch.ones(2, requires_grad=True)
tried("torch.autograd.grad", lambda: torch.autograd.grad(square(x), x))
tried("torch.func.jvp", lambda: torch.func.jvp(square, (torch.ones(2),), (torch.ones(2),)))

print("\n".join(seen))
expected = """\
torch 2.13.0
torch.autograd.grad: fine
torch.func.jvp: DeprecationWarning, `torch.jit"""
sys.exit(0 if "\n".join(seen)[: len(expected)] == expected else "changed: expected\n" + expected)
PYTHON
