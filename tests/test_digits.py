"""Real data: the bundled digits, MNIST in IDX files, and what is said of files that are not."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from numerics import digits
from numerics.deep_linear.initialization import epochs_by_depth
from numerics.streams import Stream
from verify import catalogue
from verify.command.cli import main


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
        (idx(np.zeros(4, dtype=np.uint8)) + b"x", "the header says 4 bytes, the file has more"),
        (idx(np.zeros((0, 28, 28), dtype=np.uint8)), "the header says 0 x 28 x 28 bytes; from 1 to 1073741824 can be"),
        (bytes((0, 0, 8, 0)) + b"x", "not an IDX file"),
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


def test_a_flipped_byte_of_a_gzipped_file_is_named(tmp_path: Path, images: np.ndarray) -> None:
    """Wherever it is flipped; the checksum at the end is looked at."""
    text, path = gzip.compress(idx(np.tile(images, (200, 1, 1)))), tmp_path / f"{digits.IMAGES[0]}.gz"
    for place in (0, 12, len(text) // 2, len(text) - 6, len(text) - 2):
        path.write_bytes(text[:place] + bytes((text[place] ^ 0x40,)) + text[place + 1 :])
        with pytest.raises(ValueError, match=path.name):
            digits.read_idx(path)


def test_a_small_file_cannot_take_the_memory(tmp_path: Path) -> None:
    """Neither by its header nor by what it unpacks to."""
    path = tmp_path / f"{digits.IMAGES[0]}.gz"
    announced = bytes((0, 0, 8, 3)) + struct.pack(">3I", 100, 10, 10)
    bomb = gzip.compress(announced + bytes(64 * 2**20))
    assert len(bomb) < 2**17
    path.write_bytes(bomb)
    assert largest(lambda: refused(path, "the header says 100 x 10 x 10 bytes, the file has more")) < 2**22
    path.write_bytes(gzip.compress(bytes((0, 0, 8, 3)) + struct.pack(">3I", 2**32 - 1, 28, 28) + bytes(2**20)))
    assert largest(lambda: refused(path, "the header says 4294967295 x 28 x 28 bytes; from 1 to")) < 2**22


def refused(path: Path, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        digits.read_idx(path)


def largest(action: Callable[[], None]) -> int:
    """The most memory that something takes at a time."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("start", ["orthogonal", "pretrained"])
def test_learning_times_over_depth_are_those_of_the_digits_given(tmp_path: Path, start: str) -> None:
    """Deep linear networks learn MNIST where a folder is given: here one with patterns in noise."""
    generator = np.random.default_rng(2)
    labels = np.arange(500, dtype=np.uint8) % 10
    patterns = generator.integers(0, 256, (10, 6, 7))
    pictures = (patterns[labels] + generator.integers(0, 256, (500, 6, 7))) // 2
    for name, array in ((digits.IMAGES[0], pictures), (digits.LABELS[0], labels)):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(idx(array.astype(np.uint8))))
    run = partial(
        epochs_by_depth, start=start, depths=(4, 8), inputs=20, hidden=24, rates=(0.3,), slowest=0.5, tolerance=0.05,
        longest=200, replicas=2, stream=Stream(5), device="cpu", beside=(("glorot", (2, 3)),),
        updates=20 if start == "pretrained" else None,
    )  # fmt: skip
    found, bundled = run(data=tmp_path), run()
    assert all(np.all(m.given["epochs"] < 200) for m in (found, bundled))
    assert not np.allclose(found.given["singular_values"], bundled.given["singular_values"])
    assert not np.allclose(found.given["epochs"], bundled.given["epochs"])


def test_all_networks_that_learn_digits_learn_those_given() -> None:
    checks = catalogue.load("deep_linear.orthogonal_initialization").checks
    assert [check.on_data for check in checks] == [check.quick.func is epochs_by_depth for check in checks]


def test_data_that_cannot_be_used_are_refused_before_anything_runs(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / "store"))
    data = tmp_path / "data"
    data.mkdir()
    images, labels = (data / names[0] for names in (digits.IMAGES, digits.LABELS))
    memory = Path("/proc/self/mem")  # a file that nobody can read from its start, the superuser neither
    for make in (
        lambda: None,
        lambda: images.write_bytes(b""),
        lambda: labels.write_bytes(idx(np.zeros(3, dtype=np.uint8))),
        lambda: (images.unlink(), images.symlink_to(memory)),
    ):
        make()
        assert main(["check", "sound.ordering", "--data", str(data)], package="tests.faulty_claims") == 2
        caught = capsys.readouterr()
        assert caught.out == "" and caught.err.count("\n") == 1 and "--data names the folder" in caught.err
    assert not (tmp_path / "store").exists()
