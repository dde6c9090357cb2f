"""The command line: options and exit codes. What the commands do stands in `commands`, imported when one runs.

Exit codes: 0 all verified; 1 a claim refuted; 2 usage; 3 an internal error; 4 undecided; 5 nothing selected; 130
interrupted; 141 the reader of a pipe went away.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from verify.command import completion
from verify.command.activation_options import add_activation_options, with_expressions
from verify.command.network_options import add_network_options
from verify.command.options import (
    add_compare_options,
    add_eval_options,
    add_grid_options,
    add_latex_options,
    add_run_options,
    picture,
    place,
    whole_number,
)
from verify.run.interruption import handled

USAGE, INTERNAL, INTERRUPTED, PIPE_CLOSED = 2, 3, 130, 141
UNWRITABLE = (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG, errno.EDQUOT)  # of a stream
LOOKING = ("list", "where", "new", "completion")
COMPARE = "are two expressions equal, or measured numbers (a CSV file) what a claim predicts"
ACTIVATION = "critical initialization, fixed points, phase and depth scales of an activation"
NETWORK = "a PyTorch model at initialization against theory, layer by layer"
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


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = Parser(
        prog="rederive",
        description="Rederives the theory of deep learning, simulates the networks, and cross-examines the two.",
        epilog=f"An ID is a claim, a glob or a chapter, or a file or folder with claims of your own. {EXIT_CODES}.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")

    def add(name: str, text: str, ids: str | int | None = "*", what: str = "ID") -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + ".", epilog=EXIT_CODES + ".", allow_abbrev=False
        )
        if ids is not None:
            chosen = command.add_argument(
                "ids",
                nargs=ids,
                metavar=what,
                help="claims: ids, globs or chapters, or files and folders with claims of your own"
                + ("; all of the suite's if none is given" if ids == "*" else ""),
            )
            chosen.completer = completion.ids  # type: ignore[attr-defined]
        command.add_argument("--json", action="store_true", help="print JSON instead of text")
        return command

    add("list", "claims with their titles and the verdicts of the last run", what="CHAPTER")
    add("show", "statement, assumptions, derivation, printed form and evidence of a claim", ids="+")
    add("where", "the files and labels of a claim", ids="+")
    report = add("report", "run claims and write an index, a page for each claim, JSON and JUnit XML")
    report.add_argument(
        "--out", type=place, default=Path("report"), metavar="DIR", help="folder of the report (default: report)"
    )
    report.add_argument("--single-file", action="store_true", help="one page with all claims in place of one for each")
    report.add_argument(
        "--plan",
        action="store_true",
        help="run nothing; print the jobs and how long they would take",
    )
    add_run_options(report)
    check = add("check", "run claims in the terminal; no report is written", ids="+")
    add_run_options(check)
    add_grid_options(check)
    audit = add("audit", "how well the checks of claims reject wrong formulas, and how often they reject true ones")
    audit.add_argument(
        "--false-alarms",
        type=whole_number(1, 1_000_000, "--false-alarms 100"),
        metavar="N",
        help="run the stochastic checks alone with N fresh seeds; an interrupted sweep goes on where it ended",
    )
    audit.add_argument(
        "--experiments",
        action="store_true",
        help="plant mistakes in the experiments (a step doubled, a variance wrong, ...) in place of the formulas",
    )
    add_run_options(audit)
    plot = add("plot", "the curves of a claim's evidence as a figure, and the data behind it", ids=1)
    plot.add_argument("--out", type=picture, metavar="FILE", help="a .pdf, .svg or .png file (default: ID.svg)")
    plot.add_argument("--data", type=place, dest="table", metavar="FILE", help="write the curves as CSV, too")
    add_run_options(plot, data=False)
    errata = add("errata", "where the documents are wrong or loose: printed form, correct form, evidence", what="ID|E5")
    errata.add_argument("--details", action="store_true", help="both formulas and the evidence of each; of E5: always")
    errata.add_argument("--latex", action="store_true", help="print the list as LaTeX")
    add_run_options(errata)
    latex = add("latex", "formulas, or whole derivations, as LaTeX")
    add_latex_options(latex)
    add_compare_options(add("compare", COMPARE, ids=None))
    add_eval_options(add("eval", "numbers of a claim's formula", ids=1))
    new = add("new", "write the file of a claim of your own, to be filled in", ids=None)
    new.add_argument("file", type=place, metavar="FILE", help="the file, such as mine/gate.py")
    add_activation_options(add("activation", ACTIVATION, ids=None))
    add_network_options(add("network", NETWORK, ids=None))
    shell = add("completion", "what a shell runs to complete commands, options and ids of claims", ids=None)
    shell.add_argument("shell", choices=completion.SHELLS, help="the shell")
    return top


def _home(command: str) -> Any:
    """The module of a command; those that only look around, or find a report as it was, do without SymPy."""
    import importlib

    home = "looking" if command in LOOKING else "reporting" if command == "report" else "commands"
    return importlib.import_module(f"verify.command.{home}")


def main(argv: Sequence[str] | None = None, package: str | None = None) -> int:
    """Run a command and return its exit code. `package` holds the claims; None means those of the suite."""
    if not _open_streams():
        print("rederive: standard output is closed; open it, as in > /dev/null", file=sys.stderr)
        return USAGE
    with handled():
        try:
            return _main(argv, package)
        except KeyboardInterrupt:
            print("rederive: interrupted", file=sys.stderr)
            return INTERRUPTED
        except BrokenPipeError:
            _redirect_to_nowhere(sys.stdout)
            return PIPE_CLOSED
        except OSError as problem:
            if problem.filename is not None or problem.errno not in UNWRITABLE:
                return _failed()
            _redirect_to_nowhere(sys.stdout)
            print(f"rederive: cannot print: {problem.strerror}; redirect the output elsewhere", file=sys.stderr)
            return USAGE
        except Exception:
            return _failed()


def _main(argv: Sequence[str] | None, package: str | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    made = parser()
    completion.answer(made)
    try:
        options, rest = made.parse_known_args(with_expressions(words or ["--help"]))
        _add(options, rest, made)
    except SystemExit as asked:
        return int(asked.code or 0)
    try:
        os.getcwd()
    except OSError:
        print("rederive: the current folder is gone; change to one that is there", file=sys.stderr)
        return USAGE
    code = int(_home(options.command).execute(options, package))
    sys.stdout.flush()
    return code


def _add(options: argparse.Namespace, rest: list[str], made: argparse.ArgumentParser) -> None:
    """Words behind an option, which argparse leaves over: `eval ID --digits 50 s=2.3`, `check ID --jobs 1 ID`."""
    name = next((name for name in ("values", "ids") if isinstance(getattr(options, name, None), list)), None)
    if rest and (name is None or any(word.startswith("-") for word in rest)):
        made.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest and name is not None:
        setattr(options, name, [*getattr(options, name), *rest])


def _failed() -> int:
    import traceback

    traceback.print_exc()
    return INTERNAL


def _open_streams() -> bool:
    """Make it safe to print. False if there is no standard output; without standard error, nobody reads it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # or the next file that is opened, a pipe to a worker, would be a standard stream
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  until the end
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a Greek letter is no reason to fail in a terminal without them
    return sys.stdout is not None


def _redirect_to_nowhere(stream: TextIO) -> None:
    """Let what is left in a stream that cannot be written go nowhere, or Python complains again when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
