"""What the documents say a user can do, works; what they quote, is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from verify.command.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
COMMANDS = sorted(
    {
        line[2:]
        for page in PAGES
        for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
        for line in block.splitlines()
        if line.startswith("$ ")
    }
)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_documented_command(command, monkeypatch, capsys):
    """Commands of the documents end with exit code 0."""
    monkeypatch.chdir(ROOT)
    words = shlex.split(command)
    assert words[0] == "rederive"
    code, caught = main(words[1:]), capsys.readouterr()
    assert code == 0, caught.err
    assert caught.out.strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_quoted_source_is_there(page):
    """A Python block that starts with the name of a file quotes lines of that file."""
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
        first, *lines = block.splitlines()
        if first.startswith("# ") and first.endswith(".py"):
            source = (ROOT / first[2:]).read_text(encoding="utf-8").splitlines()
            missing = [line for line in lines if line.strip() and line not in source]
            assert missing == [], f"{first[2:]} no longer has these lines"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.slow
def test_the_notebook_runs():
    """docs/example.ipynb runs from top to bottom, and its cells display what it shows."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(ROOT / "docs" / "example.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    kinds = [set(o.data) for c in notebook.cells if c.cell_type == "code" for o in c.outputs if "data" in o]
    assert any("text/latex" in kind for kind in kinds) and any("text/html" in kind for kind in kinds)
