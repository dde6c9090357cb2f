"""Do the checks of a claim notice a wrong experiment? Mutants of the simulations, judged with the true formula.

A mutant is a change of one place in the source of the experiment, or of a function of its module that it calls: a step
doubled, a division by a size forgotten, random numbers of another variance, a matrix transposed, a bias dropped, one
random stream for all replicas. It is caught if its check refutes the true formula, becomes undecided, or the experiment
refuses to run: it raises an error, does not end, or wants more memory than there is. What survives is listed with the
size of its effect beside the check's resolution: a change that moves nothing by more than the resolution cannot be told
from the true experiment at this size.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import functools
import inspect
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.checks import Approach, Check, Context, Trend
from verify.checks.approach import HALF
from verify.checks.simulation import Simulation
from verify.claim import Claim
from verify.evidence import Evidence, Holds
from verify.limits import TooLong, more_memory, processor_time

STEPS = ("step", "dt", "learning_rate", "rate", "epsilon", "lr", "eta")
SIZES = ("width", "n", "size", "sizes", "inputs", "outputs", "hidden", "count", "batch", "examples", "N", "depth")
NORMALS = ("standard_normal", "normal", "randn", "randn_like", "normal_", "standard_exponential")
WIDER = 1.5  # what "wrong variance" does to standard deviations
PATIENCE = 10  # times what the true experiment takes, and seconds at least, that a wrong one may take
MEMORY = 2 * 2**30  # bytes that a wrong experiment may take
ENDS = {  # what can become of a mistake, and its key in JSON
    "caught": "caught",
    "below the resolution": "below_resolution",
    "trend as stated": "trend_as_stated",
    "missed": "missed",
}


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One wrong experiment: what was changed in which line, and the experiment as the check would call it."""

    kind: str
    where: str
    change: str
    experiment: Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What became of a mistake: refuted, undecided, refused (the experiment raises, or does not end) or survived.

    effect      largest change of the distance between a measured value and what the formula says of it, as a fraction
                of the largest value of either run; of a rate, the change of its exponent; None if nothing was measured.
                A mistake in what both are given (data, a network) is another setting, and has none.
    resolution  of the check, at the worst of its points
    trend       whether the check is a Trend, which has neither formula nor resolution
    """

    check: str
    kind: str
    where: str
    change: str
    fate: str
    effect: float | None = None
    resolution: float | None = None
    trend: bool = False

    @property
    def end(self) -> str:
        """Which of ENDS became of it."""
        if self.fate != "survived":
            return "caught"
        if self.trend:
            return "trend as stated"
        visible = self.resolution if self.resolution is not None else 0.0
        return "below the resolution" if self.effect is not None and self.effect <= visible else "missed"

    @property
    def explained(self) -> bool:
        """Whether it was caught, or changes nothing that the check could see."""
        return self.end != "missed"


def mistakes(experiment: Callable[..., Any]) -> Iterator[Mistake]:
    """All mutants of an experiment; of a partial function, with its arguments kept."""
    function = experiment.func if isinstance(experiment, functools.partial) else experiment
    module = sys.modules[function.__module__]
    tree = ast.parse(inspect.getsource(module))
    for name in _reached(tree, function.__name__):
        for kind, place, node in _sites(tree, name):
            wrong = copy.deepcopy(tree)
            found = _at(wrong, name, place)
            before = ast.unparse(found)
            changed = _change(kind, found)
            if changed is None:
                continue
            _put(wrong, found, changed)
            text = f"{_short(before)} -> {_short(ast.unparse(changed))}"
            yield Mistake(
                kind=kind,
                where=f"{module.__name__}, line {getattr(node, 'lineno', 0)}",
                change=text,
                experiment=_bound(experiment, _function(wrong, module, function.__name__)),
            )


def audit_experiments(claim: Claim, context: Context) -> list[Fate]:
    """Put every mutant of every experiment of a claim to the check that runs it, with the true formula."""
    true = None if claim.is_observation else claim.candidate()
    context = dataclasses.replace(context, regime=getattr(claim.statement, "regime", None))
    fates = []
    for check in claim.checks_in(context.profile):
        run = getattr(check, "quick", None)
        if run is None or not (hasattr(check, "replicas") or isinstance(check, Simulation)):
            continue
        started = time.process_time()
        prepared = check.prepare(context)
        found = check.judge(true, prepared, context)
        if found.verdict is not Holds.HOLDS:
            continue
        seconds = PATIENCE * max(1.0, time.process_time() - started)
        values = _distances(check, true, prepared)
        for mistake in mistakes(run):
            fates.append(_judged(check, mistake, true, context, values, found, seconds))
    return fates


def _judged(
    check: Check,
    mistake: Mistake,
    true: Any,
    context: Context,
    values: tuple[np.ndarray, np.ndarray] | None,
    found: Evidence,
    seconds: float,
) -> Fate:
    wrong: Any = dataclasses.replace(check, quick=mistake.experiment)  # type: ignore[type-var]
    said: dict[str, Any] = {"check": check.name, "kind": mistake.kind, "where": mistake.where, "change": mistake.change}
    said["trend"] = isinstance(check, Trend)
    try:
        with np.errstate(all="ignore"), processor_time(seconds), more_memory(MEMORY):
            prepared = wrong.prepare(context)
            judged = wrong.judge(true, prepared, context)
    except TooLong:
        return Fate(**said, fate=f"refused (no end after {seconds:.0f} s)")
    except MemoryError:
        return Fate(**said, fate=f"refused (more than {MEMORY // 2**30} GiB)")
    except Exception as problem:  # any: a mutant may break anything, and breaking is being noticed
        return Fate(**said, fate=f"refused ({type(problem).__name__})")
    if judged.verdict is not Holds.HOLDS:
        return Fate(**said, fate=judged.verdict.value)
    if isinstance(check, Approach):  # it measures an exponent, and tells a rate from its root
        moved = abs((judged.discrepancy or 0.0) - (found.discrepancy or 0.0))
        return Fate(**said, fate="survived", effect=moved, resolution=HALF)
    now = _distances(wrong, true, prepared)
    effect = None
    if values is not None and now is not None and now[0].shape == values[0].shape:
        largest = max(np.max(np.abs(values[1])), np.max(np.abs(now[1])))  # another setting may have other sizes
        effect = float(np.max(np.abs(now[0] - values[0])) / (largest or 1.0))
    return Fate(**said, fate="survived", effect=effect, resolution=found.resolution)


def _distances(check: Any, true: Any, prepared: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Measured values of a check's first sample less what the formula says of them, and the values themselves."""
    first = prepared.get(1) if isinstance(prepared, dict) else prepared
    while isinstance(first, tuple) and first:
        first = first[0]
    measured = getattr(first, "measured", None) or getattr(first, "finest", None)
    values = getattr(first, "values", getattr(measured, "values", None))
    if not isinstance(values, np.ndarray):
        return None
    if true is None or measured is None or not isinstance(check, Simulation):
        return values, values
    return values - check.expected(true, measured), values


# ------------------------------------------------------------------------------------------------ places and changes


def _definitions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _reached(tree: ast.Module, start: str) -> list[str]:
    """The function and those of its module that it names, directly or through others."""
    known, found, waiting = _definitions(tree), [], [start]
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found.append(name)
            waiting += [node.id for node in ast.walk(known[name]) if isinstance(node, ast.Name)]
    return found


def _sites(tree: ast.Module, name: str) -> Iterator[tuple[str, int, ast.AST]]:
    """(kind, place in the walk of the function, node) of everything that can be changed."""
    for place, node in enumerate(ast.walk(_definitions(tree)[name])):
        for kind, fits in KINDS.items():
            if fits(node):
                yield kind, place, node


def _at(tree: ast.Module, name: str, place: int) -> ast.AST:
    return list(ast.walk(_definitions(tree)[name]))[place]


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)
    }


def _is(node: ast.AST, operator: type) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, operator)


def _step(node: ast.AST) -> bool:
    """A product or quotient with a step in it."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Mult, ast.Div)):
        return False
    return any(isinstance(side, ast.Name) and side.id in STEPS for side in (node.left, node.right))


def _called(node: ast.AST, names: tuple[str, ...]) -> bool:
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names
    return called and not any(keyword.arg == "out" for keyword in node.keywords)  # type: ignore[attr-defined]


def _divides(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and bool(_names(node.right) & {*SIZES})


def _biased(node: ast.AST) -> bool:
    return _is(node, ast.Add) and any("bias" in name for name in _names(node.right))  # type: ignore[attr-defined]


KINDS: dict[str, Callable[[ast.AST], bool]] = {
    "step doubled": _step,
    "1/N forgotten": _divides,
    "wrong variance": lambda node: _called(node, NORMALS),
    "transposed matrix": lambda node: _is(node, ast.MatMult),
    "dropped bias": _biased,
    "equal streams": lambda node: _called(node, ("child",)),
}


def _change(kind: str, node: Any) -> ast.expr | None:
    """What stands in the place of a node; None where the change makes no sense."""
    if kind == "step doubled":
        sides = {"left": node.left, "right": node.right}
        side = next(name for name, s in sides.items() if isinstance(s, ast.Name) and s.id in STEPS)
        doubled = ast.BinOp(left=ast.Constant(2), op=ast.Mult(), right=sides[side])
        return ast.BinOp(**{**sides, side: doubled}, op=node.op)
    if kind in ("1/N forgotten", "dropped bias"):
        return node.left
    if kind == "wrong variance":
        return ast.BinOp(left=ast.Constant(WIDER), op=ast.Mult(), right=copy.deepcopy(node))
    if kind == "transposed matrix":
        turned = ast.Attribute(value=node.right, attr="mT", ctx=ast.Load())
        return ast.BinOp(left=node.left, op=node.op, right=turned)
    if kind == "equal streams":
        return ast.Call(func=node.func, args=[ast.Constant("the same")], keywords=[]) if node.args else None
    raise ValueError(f"no change for {kind!r}")


def _put(tree: ast.AST, old: ast.AST, new: ast.expr) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list):
                value[:] = [new if item is old else item for item in value]


def _function(tree: ast.Module, module: types.ModuleType, name: str) -> Callable[..., Any]:
    """The function of a changed module; what it imports from other modules is as it was."""
    made = types.ModuleType(module.__name__)
    made.__dict__["__file__"] = module.__file__
    exec(compile(ast.fix_missing_locations(tree), f"<mutant of {module.__name__}>", "exec"), made.__dict__)
    found: Callable[..., Any] = getattr(made, name)
    return found


def _bound(experiment: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    if isinstance(experiment, functools.partial):
        return functools.partial(function, *experiment.args, **experiment.keywords)
    return function


def _short(text: str, most: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."
