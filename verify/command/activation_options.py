"""The options of `rederive activation`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from verify.command.options import decimal, picture, whole_number

FRAMEWORKS = {"pytorch": "PyTorch", "jax": "JAX", "keras": "Keras"}
WITH_VALUE = (
    *("sigma-w", "sigma-b", "depth", "digits", "plot", "init", "fan-in", "fan-out"),
    *("kernel", "length", "transform", "target", "where", "seconds"),
)
EXPRESSION = re.compile(r"-(?!h$)(?![\d.]+([eE][+-]?\d+)?$)[^-].*", re.DOTALL)  # neither -h nor a number


def add_activation_options(command: argparse.ArgumentParser) -> None:
    """What `rederive activation` takes."""
    command.add_argument(
        "expression",
        metavar="EXPR",
        help="a name as PyTorch, JAX, Keras or papers have it (tanh, mish, 'nn.LeakyReLU(0.2)', jax.nn.silu), or an "
        "expression in x, as in 'x * sigmoid(1.7 * x)' or 'x if x > 0 else 0.1 * x'",
    )
    command.add_argument(
        "--sigma-w",
        type=decimal(1e-3, 1e3, "--sigma-w 1.5"),
        metavar="X",
        help="standard deviation of sqrt(fan-in) times a weight; without it only critical points are worked out",
    )
    command.add_argument(
        "--sigma-b",
        type=decimal(0, 1e2, "--sigma-b 0.3"),
        metavar="Y",
        help="standard deviation of a bias (default: 0)",
    )
    command.add_argument(
        "--depth",
        type=whole_number(1, 1_000_000, "--depth 50"),
        metavar="L",
        help="what is left of signals and gradients after L layers, the sigma_w with which they get there, and the "
        "singular values of the Jacobian",
    )
    command.add_argument(
        "--digits",
        type=whole_number(1, 100, "--digits 30"),
        metavar="D",
        help="prove D significant digits by ball arithmetic, 1 to 100",
    )
    command.add_argument(
        "--plot",
        type=picture,
        metavar="FILE",
        help="draw the phase diagram, or with --depth the density of singular values, into a .svg, .png or .pdf file",
    )
    for name, title in FRAMEWORKS.items():
        command.add_argument(
            f"--{name}",
            nargs="?",
            choices=("gaussian", "orthogonal"),
            const="gaussian",
            help=f"print the initialization as {title}; at the critical point unless --sigma-w or --init is given",
        )
    _add_initialization_options(command)
    _add_kernel_options(command)


def _add_initialization_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--init",
        metavar="TEXT",
        help="sigma_w and sigma_b as a framework states them, as in \"kaiming_normal_(nonlinearity='relu')\", "
        "xavier_uniform, nn.Linear or 'he_normal; bias normal_(std=0.1)'",
    )
    for end, what in (("in", "inputs"), ("out", "outputs")):
        command.add_argument(
            f"--fan-{end}",
            type=whole_number(1, 10**9, f"--fan-{end} 512"),
            metavar="N",
            help=f"{what} of a neuron, where --init depends on them",
        )


def _add_kernel_options(command: argparse.ArgumentParser) -> None:
    """--kernel, --length, --transform and --target."""
    command.add_argument(
        "--kernel",
        nargs="+",
        type=decimal(-1, 1, "--kernel 0.3"),
        metavar="C",
        help="correlation map, covariance (NNGP) and tangent kernel (NTK) of two inputs of these correlations, "
        "through --depth layers",
    )
    command.add_argument(
        "--length",
        type=decimal(1e-30, 1e12, "--length 1"),
        metavar="Q",
        help="squared length per neuron of the first layer for --kernel (default: q_star, else 1)",
    )
    command.add_argument(
        "--transform",
        choices=("dks", "tat"),
        help="the shifted and scaled activation of deep kernel shaping or tailored transformation, for --depth layers",
    )
    command.add_argument(
        "--target",
        type=decimal(1e-9, 1e3, "--target 1.5"),
        metavar="T",
        help="for --transform: zeta of dks (default 1.5), tau of tat (0.3), eta of tat for relu (0.9)",
    )


def with_expressions(arguments: Sequence[str]) -> list[str]:
    """The arguments with a blank before an expression that starts with a minus, which argparse takes for an option."""
    kept = list(arguments)
    if kept[:1] not in (["activation"], ["compare"]):
        return kept
    for place in range(1, len(kept)):
        text, before = kept[place], kept[place - 1]
        value = before.startswith("--") and "=" not in before and before.lstrip("-") in WITH_VALUE
        if EXPRESSION.fullmatch(text) and not value:
            kept[place] = f" {text}"
    return kept
