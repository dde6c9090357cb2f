"""Real data: the bundled digits, MNIST in IDX files, and what is said of files that are not."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from numerics import digits


def idx(array: np.ndarray) -> bytes:
    """An array of bytes as the text of an IDX file."""
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def images() -> np.ndarray:
    return np.arange(5 * 3 * 4, dtype=np.uint8).reshape(5, 3, 4)


def test_bundled_digits_have_grey_values_from_zero_to_one_and_ten_labels() -> None:
    images, labels = digits.load()
    assert images.shape == (1797, 64) and labels.shape == (1797,)
    assert images.min() == 0 and images.max() == 1 and set(labels) == set(range(10))


@pytest.mark.parametrize("zipped", [False, True])
def test_idx_files_are_read_plain_and_gzipped(tmp_path: Path, images: np.ndarray, zipped: bool) -> None:
    for name, array in zip((digits.IMAGES[0], digits.LABELS[0]), (images, images[:, 0, 0]), strict=True):
        text = idx(array)
        (tmp_path / (name + ".gz" * zipped)).write_bytes(gzip.compress(text) if zipped else text)
    read, labels = digits.load(tmp_path)
    assert np.array_equal(read * 255, images.reshape(5, 12)) and np.array_equal(labels, images[:, 0, 0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "not an IDX file"),
        (b"\0\0\x0d\1\0\0\0\1\0\0\0\0", "not an IDX file"),
        (idx(np.zeros(4, dtype=np.uint8))[:-1], "the header says 4 bytes, the file has 3"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_named(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / digits.IMAGES[0]
    path.write_bytes(text)
    with pytest.raises(ValueError, match=said):
        digits.read_idx(path)


def test_a_folder_without_the_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no file train-images"):
        digits.load(tmp_path)


def test_images_and_labels_of_different_numbers_are_refused(tmp_path: Path, images: np.ndarray) -> None:
    (tmp_path / digits.IMAGES[0]).write_bytes(idx(images))
    (tmp_path / digits.LABELS[0]).write_bytes(idx(images[:3, 0, 0]))
    with pytest.raises(ValueError, match="do not belong"):
        digits.load(tmp_path)
