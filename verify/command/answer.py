"""What every command shares: what it refuses and with which exit code, and its JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from verify import catalogue
from verify.catalogue import NothingSelected, UnknownClaim
from verify.command import console
from verify.own import places as own

if TYPE_CHECKING:
    from verify.run.store import Store

SCHEMA = 1
USAGE, INTERNAL, NOTHING, INTERRUPTED = 2, 3, 5, 130

Command = Callable[[argparse.Namespace, str], int]


class Refused(Exception):
    """A command that cannot do what it was asked, with the reason in one line; `code` is its exit code."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code


class Interrupted(Exception):
    """Ctrl-C ended a run; the message says what is kept."""


def answer(
    commands: Mapping[str, Command],
    options: argparse.Namespace,
    package: str | None,
    usage_errors: tuple[type[Exception], ...] = (),
) -> int:
    """Run the command that the options name; returns the exit code. A `usage_error` says in one line what is wrong."""
    try:
        return commands[options.command](options, collected(options, package or catalogue.PACKAGE))
    except (NothingSelected, own.NoClaims) as problem:
        reason, code = problem.args[0], NOTHING
    except (UnknownClaim, own.OwnClaimError) as problem:
        reason, code = problem.args[0], USAGE
    except Refused as problem:
        reason, code = str(problem), problem.code
    except Interrupted as problem:
        reason, code = str(problem), INTERRUPTED
    except usage_errors as problem:
        reason, code = str(problem), USAGE
    console.warn(" ".join(reason.splitlines()))
    return code


def collected(options: argparse.Namespace, package: str) -> str:
    """The package of claims, or the collection that the command line names: then all of it is selected."""
    words = getattr(options, "ids", None) or ()

    def in_suite(word: str) -> list[str]:
        try:
            return catalogue.matching([word], package)
        except UnknownClaim:
            return []

    found = own.collection(words, in_suite) if words else None
    if found is None:
        return package
    options.ids = []
    return found


def selected(options: argparse.Namespace, package: str) -> list[str]:
    """The ids that the command line names. Raises UnknownClaim, and Refused where there are no claims at all."""
    found = catalogue.matching(options.ids, package)
    if not found:
        raise Refused(f"nothing selected: {package} holds no claims", NOTHING)
    return found


def emit(options: argparse.Namespace, data: Mapping[str, Any], render: Callable[[], None] = lambda: None) -> None:
    """Print the data as JSON if asked for, or render it."""
    if options.json:
        print(json.dumps({"schema": SCHEMA} | dict(data), indent=1, ensure_ascii=False, allow_nan=False))
    else:
        render()


def stored(package: str) -> Store:
    """The store of the outcomes of a package of claims, which warns on standard error."""
    from verify.run.store import Store, default_folder

    return Store(default_folder(), console.warn, package)
