"""An activation as PyTorch code whose values and gradients stay finite."""

from __future__ import annotations

import itertools

import sympy as sp
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pycode import PythonCodePrinter

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
FUNCTIONS = {
    name: f"torch.{name}({{}})"
    for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan", "erf", "erfc", "sign")
} | {"Abs": "torch.abs({})", "sech": "(1/torch.cosh({}))"}


class _Printer(PythonCodePrinter):
    """Functions are torch's. SymPy's own printer for PyTorch imports it, and prints torch.sqrt(2), which is refused."""

    def _print_Function(self, node: sp.Expr) -> str:
        name = type(node).__name__
        if name not in FUNCTIONS:
            raise NotImplementedError(f"PyTorch has no {name}")
        return FUNCTIONS[name].format(self._print(node.args[0]))

    def _print_Pow(self, node: sp.Pow, rational: bool = False) -> str:
        if node.exp == -1:
            return f"1/{self.parenthesize(node.base, PRECEDENCE['Pow'])}"
        return f"{self.parenthesize(node.base, PRECEDENCE['Pow'])}**{self.parenthesize(node.exp, PRECEDENCE['Pow'])}"

    def _print_AppliedUndef(self, node: sp.Expr) -> str:
        argument = self._print(node.args[0])
        if isinstance(node, STABLE[0]):
            return f"torch.sigmoid({argument})"
        return f"torch.logaddexp({argument}, torch.zeros_like(x))"  # torch's softplus is a straight line from 20 on

    def _print_Float(self, node: sp.Float) -> str:
        return repr(float(node))


for _name in FUNCTIONS:  # SymPy looks for a method of each function before the general one
    setattr(_Printer, f"_print_{_name}", _Printer._print_Function)


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
    code = _Printer().doprint(stable.xreplace({x: inside}))
    return code if x in expression.free_symbols else f"torch.full_like(x, {code})"


def _constants(expression: sp.Expr) -> set[sp.Expr]:
    """The largest parts without x that are no whole numbers."""
    if x not in expression.free_symbols:
        return set() if isinstance(expression, sp.Integer) else {expression}
    return set().union(*(_constants(part) for part in expression.args))
