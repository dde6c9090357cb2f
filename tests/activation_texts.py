"""Texts like those that people type for an activation, and worse ones, drawn from a grammar; and their reading timed.

Texts are drawn and forgotten: none is kept, since some would stop other software. Run as a module it reads COUNT texts
drawn with SEED in processes of its own, each under the limits, and prints what happened as JSON.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import multiprocessing.connection
import random
import resource
import string
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

SECONDS, MEGABYTES = 2.0, 300  # allowed for one text, of processor time and of memory
BATCH, PATIENCE = 250, 120.0  # texts of one process, seconds of silence after which it is given up
SLOW = 5  # of the slowest texts, how many are told
PREFIXES = ("", "", "", "torch.", "F.", "nn.", "jax.nn.", "torch.nn.functional.", "keras.activations.", "np.")
COMPARISONS = (">", "<", ">=", "<=", "==", "!=", "is", "in")
PARAMETERS = ("alpha", "beta", "negative_slope", "approximate", "min", "lambd", "inplace")


def texts(count: int, seed: int) -> Iterator[str]:
    """That many texts of any length up to a few hundred characters."""
    from verify.activation.catalogue import NAMES
    from verify.activation.language import FUNCTIONS

    source = random.Random(seed)
    unary = tuple(name for name, (count, _) in FUNCTIONS.items() if count == 1)
    names = tuple(spelling for spelling, named in NAMES.items() if named.name != "threshold")
    grammar = _Grammar(source, names, unary)
    for _ in range(count):
        yield grammar.text()


class _Grammar:
    def __init__(self, source: random.Random, names: tuple[str, ...], functions: tuple[str, ...]):
        self.source, self.names, self.functions = source, names, functions

    def text(self) -> str:
        draw = self.source.random()
        if draw < 0.04:
            return "".join(self.source.choices(string.printable, k=self.source.randint(0, 60)))
        if draw < 0.08:
            return self.source.choice(PREFIXES) + self.spelled(self.source.choice(self.names))
        text = self.expression(self.source.choice((2, 3, 4, 5, 6)))
        if draw < 0.12:
            return f"lambda {self.source.choice('xzh')}: {text}"
        if draw < 0.22 and text:  # one character wrong
            place = self.source.randrange(len(text))
            return text[:place] + self.source.choice("()*+-/x0.,>e^") + text[place + self.source.choice((0, 1)) :]
        if draw < 0.26:  # the same again and again
            part = self.source.choice(("{}({})", "({1})**{2}", "max({1}, {2})", "{0}({1}) + {1}", "abs({1} - {2})"))
            for _ in range(self.source.randint(2, 12)):
                text = part.format(self.function(), text, self.number())
        return text

    def spelled(self, name: str) -> str:
        """A name in any case."""
        return self.source.choice((name, name.upper(), name.title(), name.replace("_", "-"), name.replace("_", "")))

    def function(self) -> str:
        if self.source.random() < 0.02:
            return self.source.choice(("os.", "x.", "tahn", "softmax", "__class__."))
        return self.source.choice(PREFIXES) + self.source.choice(self.functions + self.names)

    def number(self) -> str:
        draw = self.source.random()
        if draw < 0.35:
            return self.source.choice(("0", "1", "2", "0.5", "3", "10", "pi", "e", "1e-3", "-1"))
        if draw < 0.8:
            return str(round(self.source.uniform(-5, 5), self.source.randint(1, 4)))
        if draw < 0.9:
            return f"{self.source.uniform(0, 10):.{self.source.randint(5, 15)}f}"
        if draw < 0.96:
            return "0." + "".join(self.source.choices(string.digits, k=self.source.randint(10, 40)))
        return f"{self.source.randint(1, 9)}e{self.source.randint(-40, 40)}"

    def constant(self) -> str:
        """A number worked out by functions."""
        part = self.number()
        for _ in range(self.source.randint(1, 3)):
            part = (
                f"{self.function()}({part})"
                if self.source.random() < 0.7
                else f"({part} {self.sign()} {self.number()})"
            )
        return part

    def sign(self) -> str:
        return self.source.choice("++--**/")

    def expression(self, depth: int) -> str:
        draw = self.source.random()
        if depth == 0 or draw < 0.08:
            return self.source.choice(("x", "x", "x", self.number(), self.constant()))
        inner = self.expression(depth - 1)
        if draw < 0.30:
            return f"({inner} {self.sign()} {self.expression(depth - 1)})"
        if draw < 0.52:
            return f"{self.function()}({inner})"
        if draw < 0.60:
            return f"{self.function()}({inner}, {self.source.choice(PARAMETERS)}={self.number()})"
        if draw < 0.72:
            power = self.source.choice(("2", "3", "7", "16", "0.5", "1.5", "-1", "-2", "1/3", self.number(), inner))
            return f"({inner})**{power}" if self.source.random() < 0.8 else f"({inner})**({power})"
        if draw < 0.84:
            other = self.expression(depth - 1) if self.source.random() < 0.6 else self.constant()
            return f"{self.source.choice(('max', 'min', 'maximum', 'clip', 'torch.clamp'))}({inner}, {other})"
        if draw < 0.90:
            return f"({inner} {self.source.choice(COMPARISONS)} {self.constant()})"
        relation = f"{self.expression(depth - 1)} {self.source.choice(COMPARISONS[:4])} {self.constant()}"
        return f"({inner} if {relation} else {self.expression(depth - 1)})"


@dataclass
class Timed:
    """What reading did with some texts; `failed` names those with an error that is no refusal, or beyond the limits."""

    read: int = 0
    refused: int = 0
    seconds: float = 0.0  # of the slowest text
    total: float = 0.0
    megabytes: float = 0.0  # by which the largest process grew over a batch
    slowest: list[tuple[float, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def fail(self, what: str) -> None:
        """Keep a failure, and tell it at once: a long run is worth watching."""
        self.failed.append(what)
        print(what, file=sys.stderr, flush=True)


def timed(drawn: Iterator[str]) -> Timed:
    """Read texts, a batch in each process."""
    from verify.activation.reading import activation
    from verify.compile.nonlinearity import nonlinearity

    nonlinearity(activation("x * sigmoid(1.7 * x) + max(x, tanh(x))"))  # what is loaded once belongs to no text
    found, context = Timed(), multiprocessing.get_context("fork")
    while batch := list(itertools.islice(drawn, BATCH)):
        while batch:
            batch = _one_process(context, batch, found)
    found.slowest = sorted(found.slowest, reverse=True)[:SLOW]
    return found


def _one_process(context: multiprocessing.context.BaseContext, batch: Sequence[str], found: Timed) -> list[str]:
    """Read what one process can; the texts after one that it did not survive are left."""
    ours, theirs = context.Pipe(duplex=False)
    worker = context.Process(target=_work, args=(batch, theirs), daemon=True)  # type: ignore[attr-defined]
    worker.start()
    theirs.close()
    done = 0
    try:
        while done < len(batch):
            if not ours.poll(PATIENCE):
                raise EOFError
            outcome, seconds, grown = ours.recv()
            text, done = batch[done], done + 1
            found.read += outcome == "read"
            found.refused += outcome == "refused"
            found.total += seconds
            found.megabytes = max(found.megabytes, grown)
            found.seconds = max(found.seconds, seconds)
            found.slowest.append((seconds, text))
            if outcome not in ("read", "refused") or seconds > SECONDS:
                found.fail(f"{text!r}: {outcome}, {seconds:.2f} s")
    except EOFError:
        found.fail(f"{batch[done]!r}: the process was lost")
        done += 1
    finally:
        worker.kill()
        worker.join()
        ours.close()
    return list(batch[done:])


def _work(batch: Sequence[str], answers: multiprocessing.connection.Connection) -> None:
    from verify.activation.reading import ActivationError, activation
    from verify.compile.nonlinearity import nonlinearity

    _limit_memory()
    start = _peak()
    for text in batch:
        began = time.process_time()
        try:
            nonlinearity(activation(text))
            outcome = "read"
        except ActivationError as refused:
            outcome = "several lines" if "\n" in str(refused) else "refused"
        except Exception as problem:  # an outcome to report, whatever it is
            outcome = repr(problem)
        answers.send((outcome, time.process_time() - began, _peak() - start))
    answers.close()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _limit_memory() -> None:
    """Let this process grow by MEGABYTES and no more."""
    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEGABYTES * 2**20,) * 2)


if __name__ == "__main__":
    print(json.dumps(asdict(timed(texts(int(sys.argv[1]), int(sys.argv[2]))))))
