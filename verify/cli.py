"""The command line: options and exit codes. What the commands do stands in verify.commands, imported when one runs.

Exit codes: 0 all verified; 1 a claim refuted; 2 usage; 3 an internal error; 4 undecided; 5 nothing selected; 130
interrupted; 141 the reader of a pipe went away.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

USAGE, INTERNAL, INTERRUPTED, PIPE_CLOSED = 2, 3, 130, 141
LARGEST_SEED = 2**63 - 1
EXIT_CODES = (
    "exit codes: 0 all verified, 1 refuted, 2 usage, 3 internal error, 4 undecided, 5 nothing selected, 130 interrupted"
)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


class Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        import verify

        print(f"rederive {verify.__version__}")
        parser.exit()


def whole_number(least: int, most: int, example: str) -> Callable[[str], int]:
    """A converter for an option that takes a whole number."""

    def convert(text: str) -> int:
        limits = f"{least} or more" if most == sys.maxsize else f"{least} to {most}"
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number; give {limits}, as in {example}"
            ) from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is out of range; give {limits}, as in {example}")
        return value

    return convert


def folder(text: str) -> Path:
    """A converter for an option that names a folder which must be there."""
    path = Path(text)
    if not path.is_dir():
        reason = "is not a folder" if path.exists() else "does not exist"
        raise argparse.ArgumentTypeError(f"{text} {reason}; give the folder that holds the data files")
    return path


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = Parser(
        prog="rederive",
        description="Rederives the theory of deep learning, simulates the networks, and cross-examines the two.",
        epilog=f"An ID is the name of a claim, a glob or a chapter. {EXIT_CODES}.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")

    def add(name: str, text: str, ids: str | None = "*", what: str = "ID") -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + ".", epilog=EXIT_CODES + ".", allow_abbrev=False
        )
        if ids is not None:
            command.add_argument(
                "ids",
                nargs=ids,
                metavar=what,
                help="claims: ids, globs or chapters" + ("; all if none is given" if ids == "*" else ""),
            )
        command.add_argument("--json", action="store_true", help="print JSON instead of text")
        return command

    add("list", "claims with their titles and the verdicts of the last run", what="CHAPTER")
    add("show", "statement, assumptions, derivation, printed form and evidence of a claim", ids="+")
    add("where", "the files and labels of a claim", ids="+")
    report = add("report", "run claims and write a page, JSON and JUnit XML")
    report.add_argument(
        "--out", type=Path, default=Path("report"), metavar="DIR", help="folder of the report (default: report)"
    )
    _add_run_options(report)
    _add_run_options(add("check", "run claims in the terminal; no report is written", ids="+"))
    _add_run_options(add("audit", "how well the checks of claims reject wrong formulas"))
    _add_run_options(add("errata", "where the documents are wrong or loose: printed form, correct form, evidence"))
    latex = add("latex", "formulas, or whole derivations, as LaTeX")
    latex.add_argument("--derivations", action="store_true", help="write every step with its reason")
    latex.add_argument(
        "--out", type=Path, metavar="FILE", help="write into a file instead of the terminal; with --pdf, the PDF"
    )
    latex.add_argument("--pdf", action="store_true", help="compile with pdflatex (default file: rederive.pdf)")
    return top


def _add_run_options(command: argparse.ArgumentParser) -> None:
    jobs = whole_number(1, sys.maxsize, "--jobs 2")
    seed = whole_number(0, LARGEST_SEED, "--seed 1")
    command.add_argument(
        "--profile", choices=("quick", "full"), default="quick", help="sizes of the experiments (default: quick)"
    )
    command.add_argument(
        "--jobs",
        type=jobs,
        metavar="N",
        help="worker processes (default: one per processor)",
    )
    command.add_argument("--seed", type=seed, default=1, metavar="S", help="seed of all random numbers (default: 1)")
    command.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where PyTorch computes (default: auto)"
    )
    command.add_argument(
        "--data", type=folder, metavar="DIR", help="folder with MNIST in IDX files, for the claims that use real data"
    )
    command.add_argument("--fresh", action="store_true", help="work everything out anew, whatever is stored")


def main(argv: Sequence[str] | None = None, package: str | None = None) -> int:
    """Run a command and return its exit code. `package` holds the claims; None means those of the suite."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a Greek letter is no reason to fail in a terminal without them
    try:
        options = parser().parse_args(argv)
    except SystemExit as asked:
        return int(asked.code or 0)
    try:
        from verify import commands

        code = commands.execute(options, package)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("rederive: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains again when it exits
        return PIPE_CLOSED
    except Exception:
        import traceback

        traceback.print_exc()
        return INTERNAL
    return code
