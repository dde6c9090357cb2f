"""The options of `rederive activation`."""

from __future__ import annotations

import argparse

from verify.command.activation_kernels import add_kernel_options
from verify.command.options import decimal, picture, whole_number


def add_activation_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "expression",
        metavar="EXPR",
        help="a name (tanh, erf, relu, hard_tanh, gelu, silu, selu, elu, softplus, sigmoid, sin, linear) or an "
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
        help="what is left of signals and gradients after L layers, and the sigma_w with which they get there",
    )
    command.add_argument(
        "--digits",
        type=whole_number(1, 100, "--digits 30"),
        metavar="D",
        help="prove D significant digits by ball arithmetic, 1 to 100",
    )
    command.add_argument(
        "--plot", type=picture, metavar="FILE", help="draw the phase diagram into a .svg, .png or .pdf file"
    )
    command.add_argument(
        "--pytorch",
        nargs="?",
        choices=("gaussian", "orthogonal"),
        const="gaussian",
        help="print the initialization as PyTorch; at the critical point unless --sigma-w is given",
    )
    add_kernel_options(command)
