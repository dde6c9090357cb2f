"""The answer of `rederive activation`, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from verify.command import console
from verify.command.activation_kernels import show_kernel_parts
from verify.command.activation_options import FRAMEWORKS
from verify.command.activation_spectrum import show_spectrum

SIGNIFICANT, LONGEST = 9, 60  # digits of a number, characters of a formula
NETWORK = {
    "q_star": "squared length per neuron that is kept",
    "chi1": "growth of squared gradients per layer, sigma_w^2 E phi'^2",
    "chi2": "sigma_w^2 E phi''^2, the source of curvature",
    "variance_slope": "slope of the variance map at q_star",
    "c_star": "correlation that two inputs approach",
    "xi_q": "layers over which a wrong length decays by 1/e",
    "xi_c": "layers over which a wrong correlation decays by 1/e",
    "xi_grad": "layers over which squared gradients decay by 1/e; they grow where it is negative",
    "gain_forward": "sigma_w that keeps E phi^2 = q at q_star without biases",
    "gain_backward": "sigma_w that keeps squared gradients at q_star",
    "input_square": "mean squared component that inputs are scaled to, for q_star from the first layer on",
}
DEPTH = {
    "length_deviation": "of a wrong length is left",
    "correlation_deviation": "of a wrong correlation is left",
    "squared_gradient": "growth of squared gradients, and mean squared singular value of the Jacobian",
}
CRITICAL = ("sigma_w", "sigma_b", "q_star", "variance_slope", "stable")


def show(data: Mapping[str, Any]) -> None:
    """Print an answer for people."""
    name, expression = data["activation"], data["expression"]
    plain = len(expression) <= LONGEST and "Piecewise" not in expression and expression != name
    console.show(Text.assemble((name, "bold"), f"  {expression}" if plain else ""))
    proven = data.get("certified") or {}
    if "initialization" in data:
        rows = console.grid(2)
        for key, sentence in data["initialization"].items():
            rows.add_row(console.INDENT + key, sentence)
        console.show("", console.heading("Initialization"), rows)
    if data["sigma_w"] is not None:
        _network(data, proven)
    if data["depth"]:
        _depth(data["depth"])
    _critical(data, proven)
    show_spectrum(data)
    show_kernel_parts(data)
    if data["notes"]:
        console.show("", console.heading("Notes"))
        for note in data["notes"]:
            print(console.prose(note))
    for framework in FRAMEWORKS:
        if framework in data:
            print("\n" + data[framework].rstrip())
    if "plot" in data:
        drawn = "densities of singular values" if (data.get("spectrum") or {}).get("laws") else "phase diagram"
        print(f"\nThe {drawn}: {data['plot']}")


def _network(data: Mapping[str, Any], proven: Mapping[str, Any]) -> None:
    phase = data["phase"] or "no phase"
    head = f"Network at sigma_w = {_figure(data['sigma_w'])}, sigma_b = {_figure(data['sigma_b'])}: {phase}"
    rows = console.grid(3)
    for key, meaning in NETWORK.items():
        rows.add_row(console.INDENT + key, proven.get(key) or _figure(data[key]), meaning)
    console.show("", console.heading(head), rows)
    if len(data["fixed_points"]) > 1:
        table = console.table("fixed length", "slope", "stable", numbers=("fixed length", "slope"))
        for point in data["fixed_points"]:
            half = point["half_stable"] and f"from {point['half_stable']}"
            table.add_row(_figure(point["q"]), _figure(point["slope"]), half or _figure(point["stable"]))
        console.show("", table)
    _proof(data["fixed_points_proof"], "fixed length")


def _depth(reach: Mapping[str, Any]) -> None:
    rows = console.grid(3)
    for key, meaning in DEPTH.items():
        if reach[key] is not None:
            rows.add_row(console.INDENT + key, f"{reach[key]:.4g}", meaning)
    low, high = reach["sigma_w_low"], reach["sigma_w_high"]
    if low is not None:
        span = f"{_figure(low)} to {_figure(high)}" if high is not None else f"from {_figure(low)}"
        rows.add_row(console.INDENT + "sigma_w", span, f"where xi_c is at least {reach['layers']}")
    if rows.row_count:  # the notes say why there is nothing
        console.show("", console.heading(f"After {reach['layers']} layers"), rows)


def _critical(data: Mapping[str, Any], proven: Mapping[str, Any]) -> None:
    console.show("", console.heading("Critical points (chi1 = 1)"))
    if not data["critical_points"]:
        print(f"{console.INDENT}none")
        _proof(data["critical_points_proof"], "")
        return
    table = console.table(*CRITICAL, numbers=CRITICAL[:-1])
    for point in data["critical_points"]:
        shown = (proven.get("critical") or {}) if point == data["critical"] else {}
        table.add_row(*(shown.get(key) or _figure(point[key]) for key in CRITICAL))
    console.show(table)
    _proof(data["critical_points_proof"], "critical point")
    low, high = data["stable_from"], data["stable_to"]
    if low is not None:
        start = "above 0" if low == 0 and _only_above(data) else f"from {_figure(low)}"
        span = start + (f" to {_figure(high)}" if high is not None else " on" if start != "above 0" else "")
        print(f"{console.INDENT}a stable one exists for sigma_b {span}")


def _only_above(data: Mapping[str, Any]) -> bool:
    """Whether the answer is for sigma_b = 0 and has no stable critical point there."""
    return not data["sigma_b"] and not any(point["stable"] for point in data["critical_points"])


def _proof(proof: Mapping[str, Any] | None, kind: str) -> None:
    """One line where it is proved that there is nothing else; what is not proved stands in the notes."""
    if proof is not None and proof["proved"]:
        print(f"{console.INDENT}proved: there is no other {kind}" if kind else f"{console.INDENT}proved")


def _figure(value: float | bool | None) -> str:
    if value is None or isinstance(value, bool):
        return {None: console.NONE, True: "yes", False: "no"}[value]
    return f"{value:.{SIGNIFICANT}g}"
