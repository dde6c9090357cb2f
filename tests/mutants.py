"""Do the tests notice a wrong check? Mutants of a session of cosmic-ray, each in a forked process.

`cosmic-ray exec` starts an interpreter for each mutant, whose imports take longer than most tests. Here one process
imports the project and collects the tests; a child for each mutant puts the changed code into the functions that exist
and runs the tests that reach its line, the shortest first. The session keeps the results, and a run goes on where
the one before ended:

    python -m tests.mutants mutants.sqlite [--seconds 4] [--survivors]

A change of code that runs when a module is imported needs a fresh interpreter: `cosmic-ray exec` does what is left.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import inspect
import io
import json
import math
import os
import random
import resource
import select
import shlex
import signal
import sys
import time
import tomllib
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
QUIET = ("-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
OWN = ("derivations.", "verify.", "numerics.")
GRACE = 3.0  # how many times as long as the tests it runs a mutant may take, and
START = 10  # seconds more, of a processor; of time, where it waits for ever,
WAITING = 10  # times as many


class Watched:
    """A pytest plugin: which tests reach which line, and how long they take."""

    def __init__(self, coverage: Any) -> None:
        self.coverage, self.seconds, self.failed = coverage, {}, set()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        forget()
        self.coverage.switch_context(item.nodeid)
        begin = time.perf_counter()
        yield
        self.seconds[item.nodeid] = time.perf_counter() - begin

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "passed":
            self.failed.add(report.nodeid)  # skipped, then


def forget() -> None:
    """Clear what functions of the project keep: else only the first test that needs a line would reach it."""
    for kept in [thing for thing in gc.get_objects() if type(thing) is functools._lru_cache_wrapper]:
        if kept.__module__.startswith(OWN):
            kept.cache_clear()


def reached(files: list[str], modules: set[str]) -> dict[str, Any]:
    """Seconds of each test that passes, and by module and line the tests that reach it."""
    import coverage

    watch = coverage.Coverage(data_file=None, include=[str(ROOT / module) for module in modules])
    plugin = Watched(watch)
    watch.start()
    if code := quiet(files, plugin):
        raise SystemExit(f"tests.mutants: the tests fail without any change (exit code {code})")
    watch.stop()
    lines = {}
    for module in modules:
        contexts = watch.get_data().contexts_by_lineno(str(ROOT / module))
        lines[module] = {line: sorted(set(names) - {""} - plugin.failed) for line, names in contexts.items()}
    return {"seconds": plugin.seconds, "lines": lines}


def quiet(arguments: list[str], *plugins: object) -> int:
    """pytest's exit code; it prints nothing."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return int(pytest.main([*QUIET, *arguments], plugins=[*plugins]))


def in_child(work: Callable[[], object], limit: int) -> Any:
    """What `work` returns in a forked process, as JSON has it; None if it dies or takes `limit` seconds of a processor.

    Other work on the machine makes it slower, not shorter; one that sleeps is ended after `WAITING` times the limit.
    """
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12 on: the threads of torch wait for work
        child = os.fork()
    if not child:
        try:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (spent() + limit,) * 2)
            with os.fdopen(theirs, "w") as pipe:
                json.dump(work(), pipe)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(0)
    os.close(theirs)
    text, end = b"", time.monotonic() + WAITING * limit
    while select.select([ours], [], [], max(0.0, end - time.monotonic()))[0]:
        if not (part := os.read(ours, 1 << 16)):
            break
        text += part
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ours)
    with contextlib.suppress(ValueError):
        return json.loads(text)
    return None


def spent() -> int:
    """Seconds of a processor that this process has used, rounded up."""
    return math.ceil(time.process_time())


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Those of all functions and classes in a code."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from codes(constant)


def own(code: types.CodeType) -> tuple:
    """What a code does itself, functions and classes in it apart."""
    constants = tuple(repr(c) for c in code.co_consts if not isinstance(c, types.CodeType))
    return code.co_code, code.co_names, code.co_varnames, constants


def insert(module: str, changed: str) -> bool:
    """Put the changed code of a module into its functions; False if a change runs at import, or not at all."""
    path = ROOT / module
    top = [compile(text, str(path), "exec") for text in (path.read_text(encoding="utf-8"), changed)]
    before, after = ([*codes(code)] for code in top)
    if len(before) != len(after) or own(top[0]) != own(top[1]):
        return False
    new = {place(b): a for b, a in zip(before, after, strict=True)}
    wrong = {place(b): a for b, a in zip(before, after, strict=True) if own(b) != own(a)}
    if not wrong or any(not code.co_flags & inspect.CO_OPTIMIZED for code in wrong.values()):
        return False  # what is not optimized is the body of a class
    inserted = set()
    for function in gc.get_objects():
        is_function = type(function) is types.FunctionType  # isinstance would ask objects that only stand for others
        if is_function and function.__code__.co_filename == str(path) and (key := place(function.__code__)) in new:
            function.__code__ = new[key]
            inserted |= {key, *map(place, codes(new[key]))}
    return wrong.keys() <= inserted


def place(code: types.CodeType) -> tuple[str, int]:
    """Which function of its module a code is."""
    return code.co_qualname, code.co_firstlineno


def tested(module: str, changed: str, tests: list[str]) -> str:
    """What becomes of a mutant: "killed", "survived" or "import"."""
    if not insert(module, changed):
        return "import"
    return "killed" if tests and quiet(tests) else "survived"


def chosen(names: list[str], seconds: Mapping[str, float], budget: float) -> list[str]:
    """The shortest tests that fit the budget, at least one."""
    taken: list[str] = []
    for name in sorted(names, key=lambda name: seconds[name]):
        if taken and sum(seconds[t] for t in taken) + seconds[name] > budget:
            break
        taken.append(name)
    return taken


def outcome(mutation: Any, known: Mapping[str, Any], budget: float) -> tuple[str, str]:
    """What becomes of a mutant, and the tests: "incompetent" if it is no Python, "import" if it is not tried here."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    module = str(mutation.module_path)
    operator = get_operator(mutation.operator_name)(**mutation.operator_args)
    changed = mutate_code((ROOT / module).read_text(encoding="utf-8"), operator, mutation.occurrence)
    reach = [known["lines"][module].get(str(n), ()) for n in range(mutation.start_pos[0], mutation.end_pos[0] + 1)]
    names = sorted(set().union(*reach))
    tests = chosen(names, known["seconds"], budget)
    try:
        compile(changed, module, "exec")
    except SyntaxError:
        return "incompetent", ""
    limit = START + math.ceil(GRACE * sum(known["seconds"][name] for name in tests))
    end = in_child(lambda: tested(module, changed, tests), limit)
    return end or "killed", f"{len(tests)} of {len(names)} tests{'' if end else ', time'}"


def main() -> None:
    """Run the mutants of a session that have no result."""
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("session", type=Path)
    parser.add_argument("--seconds", type=float, default=4.0, help="of tests for a mutant")
    parser.add_argument("--survivors", action="store_true", help="run those again that survived")
    options = parser.parse_args()
    config = tomllib.loads((ROOT / "tests" / "cosmic-ray.toml").read_text(encoding="utf-8"))["cosmic-ray"]
    files = [word for word in shlex.split(config["test-command"]) if word.endswith(".py")]
    quiet(["--collect-only", *files])  # imports all that the children need
    with use_db(options.session, WorkDB.Mode.open) as session:
        mutations = {item.job_id: item.mutations[0] for item in session.work_items}
        results = dict(session.results)
        lines = options.session.with_suffix(".lines.json")
        if not lines.exists():
            found = in_child(lambda: reached(files, {str(m.module_path) for m in mutations.values()}), 3600)
            lines.write_text(json.dumps(found), encoding="utf-8")
        known = json.loads(lines.read_text(encoding="utf-8"))
        survived = [job for job, result in results.items() if result.test_outcome == TestOutcome.SURVIVED]
        jobs = sorted(survived if options.survivors else mutations.keys() - results.keys())
        random.Random(1).shuffle(jobs)  # a run that is cut short has seen a fair part
        for place, job in enumerate(jobs, start=1):
            end, tests = outcome(mutations[job], known, options.seconds)
            print(place, len(jobs), mutations[job].module_path, mutations[job].start_pos, end, tests, flush=True)
            if end != "import":
                ended = {"worker_outcome": WorkerOutcome.NORMAL, "test_outcome": TestOutcome(end)}
                session.set_result(job, WorkResult(**ended, output=tests, diff=""))


if __name__ == "__main__":
    main()
