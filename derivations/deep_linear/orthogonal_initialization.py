"""Deep linear networks learn real data in a number of epochs that depth hardly changes, from orthogonal starts.

The slides state it for "random orthogonal weights", without conditions. Three are needed. The learning rate falls like
one over the number of matrices; the modes of the data start with a strength of order one in the whole map, not in each
matrix; and the determinant must not stand in the way, which `determinant_obstruction` shows for as many outputs as
inputs (digits have ten classes and more inputs, so that it does not). For the Gaussian starts with which they are
compared: "Glorot preserves the norm of a random vector" holds between layers of equal widths only. Pretraining finds
such a start: autoencoders one on top of the other come to matrices whose singular values are one, on what they see.
"""

from __future__ import annotations

from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="Orthogonal starts learn in a number of epochs that depth hardly changes",
    sentence="From orthogonal initial weights a deep linear network learns whitened digits in epochs that grow more "
    "slowly than the fifth root of its depth, from eight matrices on, and so it does from autoencoders that were "
    "trained one on top of the other; from Gaussian initial weights they grow faster. Weights with Glorot's "
    "variance keep the squared length of a vector, to five percent, where widths are equal.",
    quantity="one fifth minus the exponent of the epochs over the number of matrices; for Glorot's variance five "
    "percent minus the change of the squared length",
    negative_control="Gaussian initial weights; one learning rate for all depths; one strength per matrix instead of "
    "one in the whole map; autoencoders that were trained too briefly; layers of unequal widths for the norm under "
    "Glorot's variance.",
    assumptions=(
        "The learning rate is the fastest of those tried, or proportional to one over the number of matrices.",
        "The modes of the data start with strengths of order one in the whole map.",
        "No determinant stands in the way: there are fewer outputs than inputs.",
        "The digits are whitened and their leading components kept; the correlation is divided by its largest singular "
        "value, so that learning rates of all data sets compare.",
        "Autoencoders see the whitened digits, from small Gaussian weights; the matrix on top of them is an orthogonal "
        "one.",
        "The line in the plot of decoupled starts is gradient flow; steps of finite size are about 0.8 epochs ahead of "
        "it at every depth and learning rate, as iterating the steps of the modes shows.",
    ),
    sources=(
        Source(document="001", where="Theoretical prediction verified: Depth independent training times"),
        Source(document="000", where="Depth-independent training time; MNIST learning speeds"),
        Source(document="saxe2014exact", where="random orthogonal initial conditions"),
    ),
    covers=("A19", "A22", "A23"),
)
