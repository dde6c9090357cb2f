"""The options of `rederive network`."""

from __future__ import annotations

import argparse

from verify.command.options import decimal, picture, whole_number


def add_network_options(command: argparse.ArgumentParser) -> None:
    """What `rederive network` takes."""
    command.add_argument(
        "place",
        metavar="MODULE:FUNCTION",
        help="a function without arguments that builds the PyTorch model, as in mymodel:build or models.py:build; the "
        "module is imported",
    )
    command.add_argument(
        "--input",
        metavar="SHAPE",
        help="shape of an input without the batch, as in 784, 3x32x32, or 64 for 64 tokens (default: the width of the "
        "first linear layer)",
    )
    command.add_argument(
        "--correlation",
        type=decimal(0, 0.999999, "--correlation 0.6"),
        default="0.6",
        metavar="C",
        help="correlation of the two inputs of a pair (default: 0.6)",
    )
    command.add_argument(
        "--length",
        type=decimal(1e-12, 1e12, "--length 1"),
        default="1",
        metavar="Q",
        help="mean square of the components of an input (default: 1)",
    )
    command.add_argument(
        "--pairs",
        type=whole_number(1, 4096, "--pairs 8"),
        default=8,
        metavar="N",
        help="pairs of inputs; 32 at least where the model normalizes over its batch (default: 8)",
    )
    command.add_argument(
        "--seed",
        type=whole_number(0, 2**32, "--seed 1"),
        default=1,
        metavar="S",
        help="of weights and inputs (default: 1)",
    )
    command.add_argument("--spectrum", action="store_true", help="the singular values of the whole Jacobian, too")
    command.add_argument(
        "--curvature",
        choices=("ggn", "hessian"),
        metavar="KIND",
        help="the largest eigenvalues of the generalized Gauss-Newton matrix (ggn) or the Hessian (hessian) of the "
        "mean squared error on the inputs, too; needs curvlinops: pip install 'rederive[curvature]'",
    )
    command.add_argument("--plot", type=picture, metavar="FILE", help="draw all of it into a .svg, .png or .pdf file")
