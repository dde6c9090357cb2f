"""The command line: options and exit codes. What the commands do stands in `commands`, imported when one runs.

Exit codes: 0 all verified; 1 a claim refuted; 2 usage; 3 an internal error; 4 undecided; 5 nothing selected; 130
interrupted; 141 the reader of a pipe went away.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from verify.run.interruption import handled

USAGE, INTERNAL, INTERRUPTED, PIPE_CLOSED = 2, 3, 130, 141
UNWRITABLE = (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG, errno.EDQUOT)  # of a stream
LARGEST_SEED = 2**63 - 1
DECIMAL = re.compile(r"[+-]?(\d{1,40}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,3})?", re.ASCII)
PICTURES = (".svg", ".png", ".pdf")
ACTIVATION = "critical initialization, fixed points, phase and depth scales of an activation"
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


def place(text: str) -> Path:
    """A converter for an option that names a file or folder to be written."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"{shown(text)} cannot be the name of a file here; give another") from None
    return Path(text)


def shown(text: str) -> str:
    """A name on one line of a terminal, whatever it holds."""
    return text if text.isprintable() else ascii(text)


def folder(text: str) -> Path:
    """A converter for an option that names a folder which must be there."""
    path = place(text)
    try:
        reason = "" if path.is_dir() else "is not a folder" if path.exists() else "does not exist"
    except OSError as problem:
        reason = f"cannot be opened: {problem.strerror}"
    if reason:
        raise argparse.ArgumentTypeError(f"{shown(text)} {reason}; give the folder that holds the data files")
    return path


def decimal(least: float, most: float, example: str) -> Callable[[str], str]:
    """A converter for an option that takes a number: the text as it is, since ball arithmetic needs all its digits."""

    def convert(text: str) -> str:
        if not DECIMAL.fullmatch(text):
            raise argparse.ArgumentTypeError(f"{text!r} is not a decimal number; give one as in {example}")
        if not least <= float(text) <= most:
            raise argparse.ArgumentTypeError(f"{text} is out of range; give {least:g} to {most:g}, as in {example}")
        return text

    return convert


def picture(text: str) -> Path:
    """A converter for an option that names the file of a figure."""
    path = place(text)
    if path.suffix not in PICTURES:
        raise argparse.ArgumentTypeError(f"{shown(text)} is no {', '.join(PICTURES[:-1])} or {PICTURES[-1]} file")
    if os.path.isdir(path):
        raise argparse.ArgumentTypeError(f"{shown(text)} is a folder; name a file in it")
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
    report = add("report", "run claims and write an index, a page for each claim, JSON and JUnit XML")
    report.add_argument(
        "--out", type=place, default=Path("report"), metavar="DIR", help="folder of the report (default: report)"
    )
    report.add_argument("--single-file", action="store_true", help="one page with all claims in place of one for each")
    _add_run_options(report)
    _add_run_options(add("check", "run claims in the terminal; no report is written", ids="+"))
    _add_run_options(add("audit", "how well the checks of claims reject wrong formulas"))
    _add_run_options(add("errata", "where the documents are wrong or loose: printed form, correct form, evidence"))
    latex = add("latex", "formulas, or whole derivations, as LaTeX")
    latex.add_argument("--derivations", action="store_true", help="write every step with its reason")
    latex.add_argument(
        "--out", type=place, metavar="FILE", help="write into a file instead of the terminal; with --pdf, the PDF"
    )
    latex.add_argument("--pdf", action="store_true", help="compile with pdflatex (default file: rederive.pdf)")
    _add_activation_options(add("activation", ACTIVATION, ids=None))
    return top


def _add_activation_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "expression",
        metavar="EXPR",
        help="a name (tanh, erf, relu, hard_tanh, gelu, silu, selu, elu, softplus, sigmoid, sin, linear) or an "
        "expression in x, as in 'x * sigmoid(1.7 * x)' or 'x if x > 0 else 0.1 * x'",
    )
    command.add_argument(
        "--sigma-w",
        type=decimal(1e-3, 1e3, "--sigma-w 1.5"),
        metavar="X",
        help="standard deviation of sqrt(fan-in) times a weight; without it only critical points are worked out",
    )
    command.add_argument(
        "--sigma-b",
        type=decimal(0, 1e2, "--sigma-b 0.3"),
        metavar="Y",
        help="standard deviation of a bias (default: 0)",
    )
    command.add_argument(
        "--depth",
        type=whole_number(1, 1_000_000, "--depth 50"),
        metavar="L",
        help="what is left of signals and gradients after L layers, and the sigma_w with which they get there",
    )
    command.add_argument(
        "--digits",
        type=whole_number(1, 100, "--digits 30"),
        metavar="D",
        help="prove D significant digits by ball arithmetic, 1 to 100",
    )
    command.add_argument(
        "--plot", type=picture, metavar="FILE", help="draw the phase diagram into a .svg, .png or .pdf file"
    )
    command.add_argument(
        "--pytorch",
        nargs="?",
        choices=("gaussian", "orthogonal"),
        const="gaussian",
        help="print the initialization as PyTorch; at the critical point unless --sigma-w is given",
    )


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


def _home(command: str) -> Any:
    """The module of a command; those that only look around do without SymPy."""
    import importlib

    return importlib.import_module(f"verify.command.{'looking' if command in ('list', 'where') else 'commands'}")


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
    try:
        options = parser().parse_args(argv)
    except SystemExit as asked:
        return int(asked.code or 0)
    code = int(_home(options.command).execute(options, package))
    sys.stdout.flush()
    return code


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
