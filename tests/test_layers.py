"""The layers point one way, light paths stay light, and the examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import derivations
import numerics
import verify

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "numpy", "scipy", "matplotlib", "mpmath", "sympy", "hypothesis", "rich", "sklearn")


def modules() -> list[str]:
    found = []
    for package in (derivations, numerics, verify):
        found += [
            m.name for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}.") if "__main__" not in m.name
        ]
    return found


def loaded_by(code: str) -> set[str]:
    """Heavy libraries in sys.modules after running code in a fresh interpreter."""
    script = f"import sys\n{code}\nprint(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_import_rules():
    """The contracts of pyproject.toml, by import-linter."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_experiment_that_used_the_theory_would_be_caught(tmp_path):
    """The import rules can fail: a planted import is reported."""
    for package in ("derivations", "numerics", "verify"):
        for path in (ROOT / package).rglob("*.py"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "numerics" / "measurement.py").write_text("import derivations.symbols\n", encoding="utf-8")
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "Experiments know no theory BROKEN" in done.stdout, done.stdout


def test_derivations_load_neither_numpy_nor_torch():
    names = [m for m in modules() if m.startswith("derivations.")]
    assert loaded_by("".join(f"import {name}\n" for name in names)) == {"sympy", "mpmath"}


def test_experiments_load_torch_only_when_they_run():
    names = [m for m in modules() if m.startswith("numerics.")]
    assert "torch" not in loaded_by("".join(f"import {name}\n" for name in names))


def test_entries_load_no_torch():
    assert "torch" not in loaded_by("from verify.catalogue import load_claims; load_claims()")


def test_listing_loads_nothing_that_simulates_or_draws():
    code = "from verify.command.cli import main\nmain(['list'])"
    assert not {"torch", "matplotlib", "sklearn", "hypothesis"} & loaded_by(code)


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings(name):
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for text in doctest.DocTestFinder().find(importlib.import_module(name)):
        if text.examples:  # to run one without looks at all sources that are known
            runner.run(text)
    assert runner.summarize(verbose=False).failed == 0


def test_public_functions_have_docstrings():
    """Every public module, class and function of the packages says what it is."""
    import inspect

    bare = []
    for name in modules():
        module = importlib.import_module(name)
        if not (module.__doc__ or "").strip() and Path(module.__file__).read_text(encoding="utf-8").strip():
            bare.append(name)
        for attribute, value in vars(module).items():
            own = getattr(value, "__module__", None) == name and not attribute.startswith("_")
            if own and (inspect.isfunction(value) or inspect.isclass(value)) and not (value.__doc__ or "").strip():
                bare.append(f"{name}.{attribute}")
    assert bare == []
