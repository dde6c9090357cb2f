"""A model and the shape of its input from what a user types. The module named is imported and its function called."""

from __future__ import annotations

import importlib
import math
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from verify.network.observe import ModelError
from verify.own.loading import finder

if TYPE_CHECKING:
    import torch

LARGEST = 100_000_000  # numbers in one input


def shape(text: str) -> tuple[int, ...]:
    """'3x32x32' or '3,32,32' as a shape without the batch. Raises ModelError."""
    if not re.fullmatch(r"\d{1,9}([x,]\d{1,9})*", text):
        raise ModelError(f"{text!r} is no shape; give one without the batch, as in 3x32x32 or 784")
    found = tuple(int(n) for n in re.split("[x,]", text))
    if not 0 < math.prod(found) <= LARGEST:
        raise ModelError(f"the shape {text} holds {math.prod(found)} numbers; give 1 to {LARGEST}")
    return found


def built(place: str, seed: int = 1) -> torch.nn.Module:
    """The model that module:function builds, drawn from a fixed seed. Raises ModelError with one line.

    The module is looked for as Python does, and in the current folder; "file.py:build" names a file.
    """
    import torch

    name, separator, function = place.partition(":")
    if not separator or not name or not function.isidentifier():
        raise ModelError(f"{place!r} names no function; give module:function, as in mymodel:build")
    module = _module(name)
    build = getattr(module, function, None)
    if build is None:
        others = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")][:5]
        raise ModelError(f"{name} has no {function}; it has {', '.join(others) or 'no functions'}")
    if not isinstance(build, torch.nn.Module):
        if not callable(build):
            raise ModelError(f"{place} is no function and no model, but {type(build).__name__}")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            try:
                build = build()
            except (Exception, SystemExit) as problem:  # whatever a user's function raises
                reason = " ".join(f"{type(problem).__name__}: {problem}".split())[:200]
                raise ModelError(f"{place}() raises {reason}; it must build the model without arguments") from problem
    if not isinstance(build, torch.nn.Module):
        raise ModelError(f"{place}() returns {type(build).__name__}; it must return a torch.nn.Module")
    return build


def first_width(model: torch.nn.Module) -> tuple[int, ...]:
    """Inputs of the first layer, where that is a linear one. Raises ModelError."""
    import torch

    checked(model)

    first = next((m for m in model.modules() if not list(m.children()) and list(m.parameters(recurse=False))), None)
    if not isinstance(first, torch.nn.Linear):
        raise ModelError("the shape of an input is not known; give it with --input, as in --input 3x32x32")
    return (first.in_features,)


def _module(name: str) -> Any:
    path = os.path.abspath(name)
    if name.endswith(".py"):
        if not os.path.isfile(path):
            raise ModelError(f"there is no file {name}; name one with a function that builds the model")
        folder, name = os.path.split(path)
        name = name.removesuffix(".py")
    else:
        folder = os.getcwd()
    sys.path.insert(0, folder)
    sys.path_importer_cache[folder] = finder(folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name is None or not f"{name}.".startswith(f"{problem.name}."):
            raise ModelError(
                f"{name} cannot be imported: it imports {problem.name}, which is not installed"
            ) from problem
        raise ModelError(
            f"no module {name} is found here or among the installed ones; give module:function"
        ) from problem
    except (Exception, SystemExit) as problem:  # whatever a user's module raises
        reason = " ".join(f"{type(problem).__name__}: {problem}".split())[:200]
        raise ModelError(f"{name} cannot be imported: {reason}") from problem
    finally:
        sys.path.remove(folder)


def checked(model: torch.nn.Module) -> None:
    """Refuse a model that has no numbers to read. Raises ModelError."""
    import torch

    if isinstance(model, torch.jit.ScriptModule):
        raise ModelError("a scripted or traced model does not show its operations; give the model that it was made of")
    for name, value in [*model.named_parameters(), *model.named_buffers()]:
        if torch.nn.parameter.is_lazy(value):
            raise ModelError(f"{name} has no shape yet; run a lazy model once before, as in model(torch.zeros(1, 64))")
        if value.device.type == "meta":
            raise ModelError(f"{name} is on the meta device and has no numbers; build the model on the CPU")
        if value.device.type != "cpu":
            raise ModelError(f"{name} is on {value.device}; move the model to the CPU")
        if value.is_complex():
            raise ModelError(f"{name} is complex; the theory here is one of real weights")
        if value.is_floating_point() and value.dtype in (torch.float16, torch.bfloat16):
            raise ModelError(
                f"{name} is {str(value.dtype).removeprefix('torch.')}; give the model in float32 or float64"
            )
        if value.is_floating_point() and not _finite(value):
            raise ModelError(f"{name} holds a number that is not finite")


def _finite(value: torch.Tensor) -> bool:
    """Whether all numbers are; a sum, in one pass, is finite where they are unless it overflows."""
    import torch

    return math.isfinite(float(value.detach().sum())) or bool(torch.isfinite(value).all())
