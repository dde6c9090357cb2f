"""Independent streams of random numbers, named rather than counted.

A stream is derived from the suite's seed and a path of labels (claim, check, stage), so results do not depend on the
order of the claims, on the process that runs them, or on the load of the machine.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Stream:
    """A source of random numbers identified by a seed and a path of labels."""

    seed: int
    path: tuple[str, ...] = ()

    def child(self, label: object) -> Stream:
        """An independent stream below this one."""
        return Stream(self.seed, (*self.path, str(label)))

    @property
    def sequence(self) -> np.random.SeedSequence:
        """The hash of seed and path, each label with its length.

        NumPy takes lists of numbers as entropy too, but pads them with zeros and splits what exceeds 32 bits: then
        [5] and [5, 0] are one, and so are large seeds and paths of small ones.
        """
        digest = hashlib.blake2b(digest_size=16)
        for part in (str(self.seed), *self.path):
            text = part.encode()
            digest.update(len(text).to_bytes(8, "little") + text)
        return np.random.SeedSequence(int.from_bytes(digest.digest(), "little"))

    def generator(self) -> np.random.Generator:
        """A NumPy generator at the start of this stream."""
        return np.random.Generator(np.random.SFC64(self.sequence))

    def integer(self) -> int:
        """A seed of 63 bits for libraries that take one, such as torch.Generator.manual_seed."""
        return int(self.sequence.generate_state(1, np.uint64)[0] >> 1)
