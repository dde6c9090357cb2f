"""The plugin of pytest: one test for each file claim_*.py, with a failure that can be read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.test_cli import ROOT
from tests.test_own_claims import HERE

SMALL = HERE / "wrong" / "noise_scale.py"


@pytest.fixture
def claims(tmp_path) -> Path:
    """A project of a user's with two claims and a test."""
    folder = tmp_path / "claims"
    folder.mkdir()
    shutil.copy(SMALL, folder / "claim_scale.py")
    shutil.copy(HERE / "right" / "linear_map.py", folder / "claim_map.py")
    (folder / "test_plain.py").write_text("def test_it():\n    pass\n")
    (folder / "claims.py").write_text("raise RuntimeError\n")
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """pytest with no plugin but this one, as an installed rederive has it."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "REDERIVE_STORE": str(folder.parent / "store"),
        "CUDA_VISIBLE_DEVICES": "",
    }
    start = [sys.executable, "-m", "pytest", "-p", "verify.plugin", "-p", "no:cacheprovider", *words]
    return subprocess.run(start, capture_output=True, text=True, cwd=folder.parent, env=environment)


@pytest.mark.slow
def test_a_claim_is_a_test_and_its_failure_can_be_read(claims):
    done = run(claims, "-q", "claims")
    assert done.returncode == 1 and "1 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    assert "claims.claim_scale is refuted: refuted: balanced" in done.stdout
    assert re.search(r"worst at g = [\d.]+, V = [\d.]+: formula [\d.]+, reference [\d.]+", done.stdout)
    assert "Traceback" not in done.stdout and "verify/plugin.py" not in done.stdout


@pytest.mark.slow
def test_k_runs_one_claim_alone(claims):
    done = run(claims, "claims", "-k", "claims.claim_scale", "-v", "--rederive-fresh")
    assert done.returncode == 1 and "2 deselected" in done.stdout and "claim_scale FAILED" in done.stdout
    stored = list((claims.parent / "store" / "outcomes").iterdir())
    assert [path.name.partition("@")[0] for path in stored] == ["claims.claim_scale"]


@pytest.mark.slow
def test_a_file_that_is_no_claim_is_told(claims):
    (claims / "claim_scale.py").write_text("x = 1\n")
    (claims / "claim_map.py").write_text("import nothing_like_it\nCLAIM = 1\n")
    done = run(claims, "-q", "claims", "--continue-on-collection-errors")
    assert "claim_scale.py defines no CLAIM" in done.stdout
    assert "line 1: ModuleNotFoundError: No module named 'nothing_like_it'; mend the file" in done.stdout


def test_a_file_of_any_name_is_a_test_where_it_is_named(claims):
    """As `rederive where` names it."""
    shutil.copy(SMALL, claims / "scale.py")
    found = run(claims, "-q", "--collect-only", "claims/scale.py").stdout
    assert "claims/scale.py::claims.scale" in found and "1 test collected" in found
    assert "claims/scale.py" not in run(claims, "-q", "--collect-only", "claims").stdout


def test_a_module_of_tests_that_has_a_claim_is_no_claim(claims):
    (claims / "test_scale.py").write_text(SMALL.read_text(encoding="utf-8") + "\n\ndef test_nothing():\n    pass\n")
    found = run(claims, "-q", "--collect-only", "claims/test_scale.py").stdout
    assert "test_nothing" in found and "1 test collected" in found


def test_collecting_imports_nothing_heavy(claims):
    script = (
        "import sys, pytest; pytest.main(['-q', '--collect-only', '-p', 'verify.plugin', 'claims'])\n"
        "print(sorted({'sympy', 'numpy', 'torch', 'mpmath'} & set(sys.modules)))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=claims.parent, env=environment
    )
    assert "claims/claim_scale.py::claims.claim_scale" in done.stdout and done.stdout.endswith("[]\n"), done.stdout


def test_the_plugin_is_an_entry_point_and_the_workflow_uses_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"rederive": "verify.plugin"}
    workflow = (ROOT / "docs" / "claims-workflow.yml").read_text(encoding="utf-8")
    assert "pytest claims" in workflow and "rederive report claims" in workflow
