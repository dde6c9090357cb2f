"""Real data: handwritten digits, those bundled with scikit-learn or MNIST from a folder of IDX files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

IMAGES = ("train-images-idx3-ubyte", "train-images.idx3-ubyte")
LABELS = ("train-labels-idx1-ubyte", "train-labels.idx1-ubyte")
BYTES = 8  # type code of unsigned bytes in the IDX header


def load(data: Path | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Images, shape (P, N) with grey values from 0 to 1, and labels, shape (P,).

    Without a folder: the 1797 digits of 8 x 8 pixels of scikit-learn. With one: the training set of MNIST in IDX files,
    plain or gzipped. Raises ValueError if a file is missing or is not what its header says.
    """
    if data is None:
        from sklearn.datasets import load_digits

        digits = load_digits()
        return digits.data / 16.0, digits.target
    images, labels = read_idx(_find(data, IMAGES)), read_idx(_find(data, LABELS))
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise ValueError(
            f"{data}: images of shape {images.shape} and labels of shape {labels.shape} do not belong together"
        )
    return images.reshape(len(images), -1) / 255.0, labels.astype(int)


def _find(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise ValueError(f"{folder} has no file {names[0]} or {names[0]}.gz; give the folder of MNIST's IDX files")


def read_idx(path: Path) -> np.ndarray:
    """The array of bytes in an IDX file, plain or gzipped; raises ValueError if it is not one."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        try:
            content = stream.read()
        except (OSError, EOFError) as problem:
            raise ValueError(f"{path} cannot be read: {problem}") from problem
    axes = content[3] if len(content) > 3 else 0
    start = 4 + 4 * axes
    if content[:3] != bytes((0, 0, BYTES)) or len(content) < start:
        raise ValueError(f"{path} is not an IDX file of bytes")
    shape = np.frombuffer(content[4:start], dtype=">u4").astype(int)
    if len(content) - start != int(np.prod(shape)):
        raise ValueError(
            f"{path}: the header says {' x '.join(map(str, shape))} bytes, the file has {len(content) - start}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(tuple(shape))
