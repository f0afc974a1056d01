"""Fashion-MNIST: small grey pictures of clothes, harder than digits."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..extras import optional
from .idx import read_idx
from .images import Images
from .split import Split
from .structure import Array

FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


class Source(NamedTuple):
    """Where files are: in a folder of the system, or else to be had from a server under their checksums."""

    folder: Path
    url: str
    checksums: dict[str, str]


# The Debian package, which packs the same arrays anew, and the public files with the checksums that their publisher
# gives (github.com/zalandoresearch/fashion-mnist).
SOURCE = Source(
    folder=Path("/usr/share/datasets/fashion-mnist"),
    url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    checksums={
        "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    },
)
CACHE = "AUTOGRAD_LITE_CACHE"  # an environment variable: where to keep what is downloaded, if not in the user's cache


def fashion_mnist(*, size: int = 28, folder: str | Path | None = None, download: bool = True) -> Split[Images]:
    """70,000 pictures of clothes in 10 classes (`FASHION_CLASSES`), grey values from 0 (background) to 1.

    60,000 to train on and 10,000 to test on, images (N, 1, size, size), labels 0 to 9, each as often as the others.
    size: height and width in pixels; above the 28 of the originals they get a border of 0 (LeNet-5 takes 32).
    folder: where the four files are. None: in the Debian package `dataset-fashion-mnist` if it is installed, else they
    are downloaded once (30 MB) into the user's cache, or the folder in the environment variable AUTOGRAD_LITE_CACHE,
    and compared with their checksums; download=False forbids it.

    Raises FileNotFoundError for files that are missing and not to be downloaded, ModuleNotFoundError if pooch would
    have to be installed for that, ValueError for damaged files, a wrong checksum or a size below 28, OSError if
    the server or the cache cannot be used.
    Source: Zalando Research, H. Xiao, K. Rasul and R. Vollgraf, 2017, MIT licence.
    """
    if size < 28:
        raise ValueError(f"fashion_mnist: size is {size}, the originals have 28 pixels; pass 28 or more")
    files = _files(None if folder is None else Path(folder), download)
    return Split(*(_read(files, part, size) for part in ("train", "t10k")))


def _files(folder: Path | None, download: bool) -> dict[str, Path]:
    where = SOURCE.folder if folder is None else folder
    files = {name: where / name for name in SOURCE.checksums}
    missing = [name for name, file in files.items() if not file.is_file()]
    if not missing:
        return files
    if folder is not None or not download:
        raise FileNotFoundError(
            f"fashion_mnist: {where} has no {missing[0]}; install the Debian package dataset-fashion-mnist,"
            " or let it be downloaded: fashion_mnist(download=True), without a folder"
        )
    return _downloaded()


def _downloaded() -> dict[str, Path]:
    """The files in the user's cache, which takes what it does not have yet from the server. Verified each time."""
    pooch = optional("pooch", "pooch", "data.fashion_mnist", "data")
    cache = pooch.create(pooch.os_cache("autograd_lite"), SOURCE.url, registry=SOURCE.checksums, env=CACHE)
    try:
        return {name: Path(cache.fetch(name)) for name in SOURCE.checksums}
    except OSError as error:
        raise OSError(
            f"fashion_mnist: {SOURCE.url} cannot be had ({error}); install the Debian package dataset-fashion-mnist, or"
            " pass the folder that has the four files"
        ) from error


def _read(files: dict[str, Path], part: str, size: int) -> Images:
    image_file, label_file = files[f"{part}-images-idx3-ubyte.gz"], files[f"{part}-labels-idx1-ubyte.gz"]
    images, labels = read_idx(image_file), read_idx(label_file)
    if images.shape[1:] != (28, 28) or labels.shape != images.shape[:1] or np.any(labels > 9):
        raise ValueError(
            f"fashion_mnist: {image_file} has shape {images.shape}, {label_file} {labels.shape}, where (N, 28, 28) and"
            " (N,) classes of 0 to 9 should be; delete both and get them again"
        )
    return Images(_with_border(images[:, None] / np.float32(255), size), labels.astype(np.int64))


def _with_border(images: Array, size: int) -> Array:
    before = (size - images.shape[-1]) // 2
    after = size - images.shape[-1] - before
    return np.pad(images, ((0, 0), (0, 0), (before, after), (before, after)))
