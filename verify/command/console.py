"""Printing: results to stdout, aligned, in colour only on a terminal; progress and warnings to stderr."""

from __future__ import annotations

import contextlib
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from verify.characters import visible

if TYPE_CHECKING:
    from verify.run.settings import Event


WIDTH = 140  # of output that goes to a file or a pipe
GAP = 3  # between the columns of a table
COLOURS = {
    "verified": "green",
    "holds": "green",
    "proved": "green",
    "proved for instances": "cyan",
    "assumed": "cyan",
    "undecided": "yellow",
    "conditional": "yellow",
    "refuted": "red",
    "error": "bold red",
    "not run": "dim",
}
NONE, INDENT = "-", "  "


# ------------------------------------------------------------------------------------------------ progress


def warn(line: str) -> None:
    """One line on stderr."""
    print(f"rederive: {visible(line)}", file=sys.stderr)


@contextlib.contextmanager
def progress(total: int) -> Iterator[Callable[[Event], None]]:
    """What listens to a run: a bar on stderr where that is a terminal; retries are told in any case."""
    if not sys.stderr.isatty():
        yield _tell_retries
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    text = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn(), text)
    running: list[str] = []
    with Progress(*columns, console=Console(file=sys.stderr, highlight=False), transient=True) as bar:
        task = bar.add_task("", total=total)

        def listen(event: Event) -> None:
            _tell_retries(event)
            if event.what == "started" and event.claim not in running:
                running.append(event.claim)
            elif event.what in ("finished", "stored"):
                running[:] = [claim for claim in running if claim != event.claim]
                bar.update(task, completed=event.done)
            others = f" and {len(running) - 1} more" if len(running) > 1 else ""
            bar.update(task, description="".join(running[:1]) + others)

        yield listen


def _tell_retries(event: Event) -> None:
    if event.what == "retried":
        warn(f"{event.claim}: {event.note}")


# ------------------------------------------------------------------------------------------------ printing


class Output(Console):
    """A console whose reader may leave: rich would end the process with code 1, which says that a claim is refuted."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Segments without the control characters that a text may hold: a terminal would obey them."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))

    def on_broken_pipe(self) -> None:
        """Let the BrokenPipeError through that is being handled."""
        raise


def console(width: int | None = None) -> Console:
    """Stdout: as wide as the terminal, or WIDTH where it is none; or as wide as given."""
    natural = None if sys.stdout.isatty() else WIDTH
    return Output(file=sys.stdout, width=width or natural, highlight=False, markup=False, emoji=False)


def show(*parts: RenderableType) -> None:
    """Print parts below each other, without trailing blanks."""
    lines = []
    for part in parts:
        target = console(_width(part)) if isinstance(part, Table) else console()
        with target.capture() as caught:
            target.print(part, crop=False, overflow="fold")
        lines += caught.get().splitlines()
    print("\n".join(line.rstrip() for line in lines))


def _width(made: Table) -> int:
    """The width of the terminal; where the table does not fit, that of the whole table, which the terminal will wrap.

    Cells that are cut, or wrapped in the middle of a word, could be neither read nor copied.
    """
    wide, available = console(10_000), console().width

    def least(column: Column) -> int:
        sizes = [Measurement.get(wide, wide.options, cell) for cell in (column.header, *column.cells)]
        return max(size.maximum if column.no_wrap else size.minimum for size in sizes)

    needed = sum(least(column) + GAP for column in made.columns) - GAP
    return available if needed <= available else Measurement.get(wide, wide.options, made).maximum


def table(*columns: str, numbers: Sequence[str] = (), wrapped: Sequence[str] = ()) -> Table:
    """A table with a line below its head; columns of numbers are aligned right, wrapped ones may take several lines."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column in numbers else "left", no_wrap=column not in wrapped)
    return made


def grid(columns: int) -> Table:
    """Columns without lines; the last may take several lines."""
    made = Table.grid(padding=(0, 2))
    for column in range(columns):
        made.add_column(no_wrap=column < columns - 1)
    return made


def verdict(text: str | None) -> Text:
    """A verdict in its colour; None is a claim that was not run."""
    text = text or "not run"
    return Text(text, style=COLOURS.get(text, ""))


def figure(value: float | None) -> str:
    """Two significant digits; a dash for None."""
    return NONE if value is None else f"{value:.2g}"


def seconds(value: float) -> str:
    """A time in seconds."""
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def heading(text: str) -> Text:
    """A heading."""
    return Text(text, style="bold")


def prose(text: str, indent: str = INDENT) -> str:
    """Sentences, wrapped and indented."""
    width = min(console().width, 100)
    return textwrap.fill(visible(text), width, initial_indent=indent, subsequent_indent=indent)


def has_unicode() -> bool:
    """Whether Greek letters can be printed."""
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
