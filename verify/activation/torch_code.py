"""An activation as PyTorch code whose values and gradients stay finite."""

from __future__ import annotations

import itertools

import sympy as sp
from sympy.printing.pytorch import TorchPrinter

from derivations.activations import ACTIVATIONS, Activation
from derivations.symbols import x

NAMED = {
    "tanh": "torch.tanh(x)",
    "erf": "torch.erf(x)",
    "sin": "torch.sin(x)",
    "linear": "x",
    "sigmoid": "torch.sigmoid(x)",
    "gelu": "torch.nn.functional.gelu(x)",
    "silu": "torch.nn.functional.silu(x)",
    "relu": "torch.relu(x)",
    "hard_tanh": "torch.nn.functional.hardtanh(x)",
    "elu": "torch.nn.functional.elu(x)",
    "selu": "torch.nn.functional.selu(x)",
}
STABLE = tuple(sp.Function(name) for name in ("logistic", "log1pexp"))
DIGITS = 17


class _Printer(TorchPrinter):
    """SymPy's, with constants as decimals, since torch.sqrt(2) is refused, and functions that do not overflow."""

    def _print_sech(self, node: sp.Expr) -> str:
        return f"(1 / torch.cosh({self._print(node.args[0])}))"

    def _print_erfc(self, node: sp.Expr) -> str:
        return f"torch.erfc({self._print(node.args[0])})"

    def _print_AppliedUndef(self, node: sp.Expr) -> str:
        argument = self._print(node.args[0])
        if isinstance(node, STABLE[0]):
            return f"torch.sigmoid({argument})"
        return f"torch.logaddexp({argument}, torch.zeros_like(x))"  # torch's softplus is a straight line from 20 on

    def _print_Float(self, node: sp.Float) -> str:
        return repr(float(node))

    def _print_Rational(self, node: sp.Rational) -> str:
        return repr(float(node))


def torch_code(activation: Activation) -> str:
    """An expression in the tensor x; raises NotImplementedError for a function that PyTorch does not have."""
    if ACTIVATIONS.get(activation.name) == activation and activation.name in NAMED:
        return NAMED[activation.name]
    expression = activation.expression
    if not isinstance(expression, sp.Piecewise):
        return _printed(expression)
    edges = (None, *(repr(float(place)) for place in activation.breakpoints), None)
    code = ""
    # Outside its own range a piece may overflow, and torch.where would make its gradient nan: x stops at the edges.
    for (piece, _), (low, high) in reversed(list(zip(expression.args, itertools.pairwise(edges), strict=True))):
        bounds = ", ".join(f"{name}={edge}" for name, edge in (("min", low), ("max", high)) if edge is not None)
        inside = _printed(piece, piece.is_polynomial(x), bounds)
        code = inside if high is None else f"torch.where(x < {high}, {inside}, {code})"
    return code


def _printed(expression: sp.Expr, tame: bool = True, bounds: str = "") -> str:
    argument = sp.Wild("argument")
    decimal = expression.xreplace({node: sp.N(node, DIGITS) for node in _constants(expression)})
    stable = decimal.replace(1 / (1 + sp.exp(argument)), STABLE[0](-argument))
    stable = stable.replace(sp.log(1 + sp.exp(argument)), STABLE[1](argument))
    inside = x if tame else sp.Symbol(f"x.clamp({bounds})", real=True)
    code = _Printer({"fully_qualified_modules": True}).doprint(stable.xreplace({x: inside}))
    return code if x in expression.free_symbols else f"torch.full_like(x, {code})"


def _constants(expression: sp.Expr) -> set[sp.Expr]:
    """The largest parts without x that are no whole numbers."""
    if x not in expression.free_symbols:
        return set() if isinstance(expression, sp.Integer) else {expression}
    return set().union(*(_constants(part) for part in expression.args))
