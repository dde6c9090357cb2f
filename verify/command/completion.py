"""Completion of commands, options and ids of claims in bash, zsh and fish, by argcomplete."""

from __future__ import annotations

import argparse
import os
from typing import Any

SHELLS = ("bash", "zsh", "fish")


def answer(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks how a line goes on, and end; nothing where none asks."""
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)


def code(shell: str) -> str:
    """What a shell runs so that it asks."""
    import argcomplete

    return str(argcomplete.shellcode(["rederive"], shell=shell)).strip()


def ids(prefix: str, **_: Any) -> list[str]:
    """The ids and chapters of the suite, and files and folders of own claims, that begin with some letters."""
    from argcomplete.completers import FilesCompleter

    from verify import catalogue

    known = catalogue.ids(catalogue.PACKAGE)
    chapters = dict.fromkeys(catalogue.chapter_of(claim) for claim in known)
    return [*chapters, *known, *FilesCompleter(["py"])(prefix)]
