"""Real data: handwritten digits, those bundled with scikit-learn or MNIST from a folder of IDX files."""

from __future__ import annotations

import gzip
import importlib.util
import math
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

IMAGES = ("train-images-idx3-ubyte", "train-images.idx3-ubyte")
LABELS = ("train-labels-idx1-ubyte", "train-labels.idx1-ubyte")
BYTES = 8  # type code of unsigned bytes in the IDX header
LARGEST = 2**30  # bytes of one array; MNIST's images are 2^25.5


def load(data: Path | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Images, shape (P, N) with grey values from 0 to 1, and labels, shape (P,).

    Without a folder: the 1797 digits of 8 x 8 pixels of scikit-learn. With one: the training set of MNIST in IDX files,
    plain or gzipped. Raises ValueError if a file is missing or is not what its header says.
    """
    if data is None:
        return _bundled()
    images, labels = read(data)
    return images.reshape(len(images), -1) / 255.0, labels.astype(int)


def _bundled() -> tuple[np.ndarray, np.ndarray]:
    """The digits of scikit-learn from its file: to import `sklearn.datasets` takes longer than most experiments."""
    package = importlib.util.find_spec("sklearn")
    path = Path(package.origin or "").parent / "datasets" / "data" / "digits.csv.gz" if package else Path()
    if path.is_file():
        table = np.loadtxt(path, delimiter=",")
        return table[:, :-1] / 16.0, table[:, -1].astype(int)
    from sklearn.datasets import load_digits  # where another version keeps them elsewhere

    digits = load_digits()
    return digits.data / 16.0, digits.target


def standardised(data: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Digits with the mean image taken off and a mean squared pixel of one, and their labels."""
    images, labels = load(data)
    centred = images - images.mean(axis=0)
    return centred / np.sqrt(np.mean(centred**2)), labels


def read(data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images, shape (P, rows, columns), and labels, shape (P,), as bytes. Raises ValueError like `load`."""
    images, labels = (read_idx(path) for path in files(data))
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise ValueError(
            f"{data}: images of shape {images.shape} and labels of shape {labels.shape} do not belong together"
        )
    return images, labels


def files(data: Path) -> tuple[Path, Path]:
    """The files of images and labels in a folder; raises ValueError if one is missing."""
    return _find(data, IMAGES), _find(data, LABELS)


def _find(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise ValueError(f"{folder} has no file {names[0]} or {names[0]}.gz")


def read_idx(path: Path) -> np.ndarray:
    """The array of bytes in an IDX file, plain or gzipped; raises ValueError if it is not one.

    The header is read first, and never more than it announces: a small file can unpack to more than the memory holds.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            shape = _shape(stream, path)
            announced = math.prod(shape)
            content = stream.read(announced + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise ValueError(f"{path} cannot be read: {problem}") from problem
    if len(content) != announced:
        found = len(content) if len(content) < announced else "more"
        raise ValueError(f"{path}: the header says {' x '.join(map(str, shape))} bytes, the file has {found}")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _shape(stream: BinaryIO | gzip.GzipFile, path: Path) -> tuple[int, ...]:
    """The shape that the header of an IDX file announces."""
    start = stream.read(4)
    axes = start[3] if len(start) == 4 else 0
    sizes = stream.read(4 * axes)
    if start[:3] != bytes((0, 0, BYTES)) or not axes or len(sizes) < 4 * axes:
        raise ValueError(f"{path} is not an IDX file of bytes")
    shape = tuple(int(size) for size in np.frombuffer(sizes, dtype=">u4"))
    if not 0 < math.prod(shape) <= LARGEST:
        text = " x ".join(map(str, shape))
        raise ValueError(f"{path}: the header says {text} bytes; from 1 to {LARGEST} can be read")
    return shape
