"""Printing: results to stdout, aligned, in colour only on a terminal; progress and warnings to stderr."""

from __future__ import annotations

import contextlib
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from verify.characters import visible

if TYPE_CHECKING:
    from verify.run.settings import Event


WIDTH = 140  # of output that goes to a file or a pipe
NOT_RUN = "not run"
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
    NOT_RUN: "dim",
}
NONE, INDENT = "-", "  "
PULSE = 10.0  # seconds between lines of progress


# ------------------------------------------------------------------------------------------------ progress


def warn(line: str) -> None:
    """One line on stderr."""
    print(f"rederive: {visible(line)}", file=sys.stderr)


@contextlib.contextmanager
def progress(total: int) -> Iterator[Callable[[Event], None]]:
    """What listens to a run: a bar on stderr where that is a terminal; retries are told in any case."""
    if not sys.stderr.isatty():
        with _lines(total) as listener:
            yield listener
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
                bar.update(task, completed=event.done, total=event.total or total)
            others = f" and {len(running) - 1} more" if len(running) > 1 else ""
            bar.update(task, description="".join(running[:1]) + others)

        yield listen


@contextlib.contextmanager
def _lines(total: int) -> Iterator[Callable[[Event], None]]:
    """What listens to a run where nobody looks at a bar: every 10 seconds a line that says how far it is."""
    import threading
    import time

    running: list[str] = []
    started, over, done = time.monotonic(), threading.Event(), 0

    def tell() -> None:
        while not over.wait(PULSE):
            names = ", ".join(running[:3]) + (f" and {len(running) - 3} more" if len(running) > 3 else "")
            warn(
                f"{done} of {total} after {time.monotonic() - started:.0f} s" + (f"; running {names}" if names else "")
            )

    def listen(event: Event) -> None:
        nonlocal done, total
        _tell_retries(event)
        total = event.total or total  # with the claims that those rest on
        if event.what == "started" and event.claim not in running:
            running.append(event.claim)
        elif event.what in ("finished", "stored"):
            running[:] = [claim for claim in running if claim != event.claim]
            done = event.done

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield listen
    finally:
        over.set()
        teller.join()


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
    """Stdout: as wide as the terminal or $COLUMNS, or WIDTH where there is neither; or as wide as given."""
    natural = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else WIDTH
    return Output(file=sys.stdout, width=width or natural, highlight=False, markup=False, emoji=False)


def show(*parts: RenderableType) -> None:
    """Print parts below each other, without trailing blanks."""
    lines, available = [], console().width
    for part in parts:
        if isinstance(part, Table) and part.box is not None and needed(part) > available:
            part = _records(part, available)
        target = console(max(available, needed(part))) if isinstance(part, Table) else console()
        with target.capture() as caught:
            target.print(part, crop=False, overflow="fold")
        lines += caught.get().splitlines()
    print("\n".join(line.rstrip() for line in lines))


def needed(made: Table) -> int:
    """The columns that a table takes if no cell is cut or wrapped in the middle of a word: then none can be copied."""
    wide = console(10_000)

    def least(column: Column) -> int:
        sizes = [Measurement.get(wide, wide.options, cell) for cell in (column.header, *column.cells)]
        return max(size.maximum if column.no_wrap else size.minimum for size in sizes)

    return sum(least(column) + GAP for column in made.columns) - GAP


def _records(made: Table, width: int) -> Group:
    """A table that is too wide for the terminal as one paragraph for each row: its texts, then its numbers by name."""
    paragraphs: list[RenderableType] = []
    for cells in zip(*(column.cells for column in made.columns), strict=True):
        texts, named = Text(), []
        for column, cell in zip(made.columns, cells, strict=True):
            cell = cell if isinstance(cell, Text) else Text(str(cell))
            if column.justify == "right":
                named += [f"{column.header} {cell.plain}"] if cell.plain not in (NONE, "") else []
            elif cell.plain:
                texts = Text.assemble(texts, "  " if texts else "", cell) if texts else cell.copy()
        paragraphs += texts.wrap(console(width), width, overflow="fold")
        if named:
            paragraphs.append(Text(prose(", ".join(named), INDENT * 2)))
    return Group(*paragraphs)


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


def verdict(text: str | None, *, outdated: bool = False) -> Text:
    """A verdict in its colour; None is a claim that was not run. One of other sources than those of now says so."""
    text = text or NOT_RUN
    if outdated and text != NOT_RUN:
        return Text(f"{text} (changed since)", style="dim")
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
