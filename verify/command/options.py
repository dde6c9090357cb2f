"""What stands behind an option: converters that refuse bad values in one line, and the options that commands share."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

LARGEST_SEED = 2**63 - 1
MOST_SEEDS = 1_000_000
DECIMAL = re.compile(r"[+-]?(\d{1,40}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,3})?", re.ASCII)
PICTURES = (".svg", ".png", ".pdf")


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
    if not text.strip():
        raise argparse.ArgumentTypeError("an empty name is no file or folder; give one")
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


def cluster(text: str) -> str:
    """A converter for an option that names a cluster."""
    if re.fullmatch(r"local:[1-9]\d{0,3}|((tcp|tls|ws|wss|ucx)://)?[\w.\[\]:-]+:\d{1,5}", text, re.ASCII):
        return text
    raise argparse.ArgumentTypeError(
        f"{shown(text)} is no cluster; give the address of a scheduler, as tcp://10.0.0.1:8786, or local:4"
    )


def seeds(text: str) -> tuple[int, ...]:
    """A converter for an option that takes several seeds."""
    first, _, last = text.partition(":")
    if not (first.isdecimal() and last.isdecimal() and len(first) + len(last) <= 30):
        raise argparse.ArgumentTypeError(f"{shown(text)} is no range of seeds; give the first and the last, as 1:300")
    if not int(first) <= int(last) <= int(first) + MOST_SEEDS - 1:
        raise argparse.ArgumentTypeError(f"{text} is no range of 1 to {MOST_SEEDS} seeds; give it as 1:300")
    return tuple(range(int(first), int(last) + 1))


def add_grid_options(command: argparse.ArgumentParser) -> None:
    """Verdicts over a grid."""
    command.add_argument(
        "--seeds",
        type=seeds,
        metavar="A:B",
        help="verdicts over the seeds A to B, in one table; goes on where it ended",
    )
    command.add_argument("--sweep", action="store_true", help="verdicts in both profiles, in one table")


def add_run_options(command: argparse.ArgumentParser, *, data: bool = True) -> None:
    """What all commands take that run claims; `data` is the folder of real data, None for a command without it."""
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
    command.add_argument(
        "--cluster",
        type=cluster,
        metavar="ADDRESS",
        help="workers of a Dask cluster: the address of its scheduler, or local:N for N workers on this machine",
    )
    command.add_argument("--seed", type=seed, default=1, metavar="S", help="seed of all random numbers (default: 1)")
    command.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where PyTorch computes (default: auto)"
    )
    command.set_defaults(data=None)
    if data:
        command.add_argument(
            "--data",
            type=folder,
            metavar="DIR",
            help="folder with MNIST in IDX files, for the claims that use real data",
        )
    command.add_argument("--fresh", action="store_true", help="work everything out anew, whatever is stored")


def add_compare_options(command: argparse.ArgumentParser) -> None:
    """What `rederive compare` takes."""
    command.add_argument("left", metavar="LEFT", help="an expression, such as 'E(log(abs(z)))', or a claim")
    command.add_argument(
        "right", metavar="RIGHT", help="another one, such as '-(EulerGamma + log(2)) / 2', or a CSV file of data"
    )
    command.add_argument(
        "values", nargs="*", metavar="NAME=VALUE", help="with a file: letters of the claim that are no column of it"
    )
    command.add_argument(
        "--where", default="", metavar="TEXT", help="ranges of letters: 's > 0, 0 < r < 1, n integer' (default: real)"
    )
    command.add_argument(
        "--digits",
        type=whole_number(6, 200, "--digits 50"),
        default=30,
        metavar="N",
        help="digits that are certified (default: 30)",
    )
    command.add_argument(
        "--seconds",
        type=whole_number(1, 3600, "--seconds 120"),
        default=30,
        metavar="S",
        help="time after which what is known then is printed (default: 30)",
    )


def add_eval_options(command: argparse.ArgumentParser) -> None:
    """What `rederive eval` takes beside the claim."""
    command.add_argument(
        "values",
        nargs="*",
        metavar="NAME=VALUE",
        help="letters of the formula: s=2.3, n=2,3,5, t=0:5:0.1 (start:end:step), phi=tanh",
    )
    command.add_argument("--csv", action="store_true", help="print comma-separated values")
    command.add_argument(
        "--digits",
        type=whole_number(1, 1000, "--digits 50"),
        default=15,
        metavar="N",
        help="significant digits (default: 15)",
    )


def add_latex_options(command: argparse.ArgumentParser) -> None:
    """What `rederive latex` takes."""
    command.add_argument("--derivations", action="store_true", help="write every step with its reason")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--bare", action="store_true", help="write the formulas alone, as numbered equations")
    form.add_argument("--beamer", action="store_true", help="write slides: the frames of a beamer presentation")
    command.add_argument(
        "--bib",
        action="store_true",
        help="cite sources with \\cite; their BibTeX entries go into a .bib file beside FILE, or below the formulas",
    )
    command.add_argument("--no-status", action="store_true", help="leave out what became of claims and steps")
    command.add_argument(
        "--out", type=place, metavar="FILE", help="write into a file instead of the terminal; with --pdf, the PDF"
    )
    command.add_argument("--pdf", action="store_true", help="compile with pdflatex (default file: rederive.pdf)")
