"""A growing batch in the stead of a falling learning rate: the same training in fewer updates.

The slides say: "bump up B, instead of dropping epsilon", and that training is "drastically shortened without
sacrificing generalization performance". What is repeated is the first half, with a small network on digits: by the
invariance of the noise scale both schedules end at the same training loss, and updates are counted. What takes large
models and many processors is not examined: the time that is saved, and the generalization of such models.
"""

from __future__ import annotations

from derivations.statement import Observation, Source

STATEMENT = Observation(
    module=__name__,
    title="Growing the batch in the stead of decaying the learning rate",
    sentence="Where the batch is multiplied by what the learning rate would be divided by, training ends at the same "
    "loss with fewer updates; where it grows less, or not at all, or where the learning rate is small from the start, "
    "it ends elsewhere.",
    quantity="the logarithm of the training loss at the end: half of what decay of the learning rate changes, less "
    "what parts growth of the batch from it, to both sides; what parts growth at half the rate, and the last learning "
    "rate from the start, from it; and the logarithm of the ratio of the numbers of updates",
    negative_control="A batch that does not grow, which ends at another loss and saves no update.",
    assumptions=(
        "A tanh network with one hidden layer on digits, plain descent in epochs of reshuffled examples, and as many "
        "epochs for every schedule.",
        "The constant schedule ends at a lower training loss in the same epochs: it goes further down, with noise "
        "that is larger. The statement is that decay and growth agree, not that either is the better schedule.",
        "Time that is saved with many processors is not measured.",
    ),
    sources=(
        Source(document="002", where="A Consequence: bump up B, instead of dropping epsilon; Faster Training"),
        Source(document="smith2018dont", where="decay of the learning rate against growth of the batch"),
    ),
    covers=("G9", "G10"),
)
