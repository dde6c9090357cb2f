#!/usr/bin/env bash
# The first torch.func.grad of a process imports the whole compiler, although nothing is compiled.
#
# Guess:    torch.func.grad of a sum of squares costs what torch.autograd.grad of it costs, and imports nothing.
# Happens:  the first call imports torch._dynamo and torch._inductor, more than 800 modules and about a second of
#           processor time; the second one is immediate. vjp, jacrev and hessian go the same way; torch.func.jvp and
#           torch.autograd.grad do not.
# Matters:  a worker that starts for a short job pays more for the import than for the job; a limit on its time may end it.
# Version:  torch 2.13.0 (the CPU build is enough). Source: torch/_functorch/eager_transforms.py, `_autograd_grad`, which
#           looks up torch._dynamo.compiled_autograd.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
"$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import torch

seen = [f"torch {torch.__version__.split('+')[0]}"]


def square(x):
    return (x**2).sum()


def imported(name, call):
    before = set(sys.modules)
    call()
    new = set(sys.modules) - before
    compiler = {m.split(".")[1] for m in new if m.startswith(("torch._dynamo", "torch._inductor"))}
    many = "hundreds of modules" if len(new) > 500 else "less than 20 modules" if len(new) < 20 else f"{len(new)} modules"
    seen.append(f"{name}: {many}{', with ' + ' and '.join(sorted(compiler)) if compiler else ''}")


x = torch.ones(2, requires_grad=True)
imported("torch.autograd.grad", lambda: torch.autograd.grad(square(x), x))
imported("torch.func.jvp", lambda: torch.func.jvp(square, (torch.ones(2),), (torch.ones(2),)))
imported("torch.func.grad", lambda: torch.func.grad(square)(torch.ones(2)))
imported("torch.func.grad again", lambda: torch.func.grad(square)(torch.ones(2)))

print("\n".join(seen))
expected = """\
torch 2.13.0
torch.autograd.grad: less than 20 modules
torch.func.jvp: less than 20 modules
torch.func.grad: hundreds of modules, with _dynamo and _inductor
torch.func.grad again: less than 20 modules"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
