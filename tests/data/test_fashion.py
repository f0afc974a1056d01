import hashlib
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from autograd_lite.data import FASHION_CLASSES, Standardizer, fashion, fashion_mnist

from .test_idx import packed

NAMES = list(fashion.SOURCE.checksums)
INSTALLED = all((fashion.SOURCE.folder / name).is_file() for name in NAMES)


def write(folder, train=12, test=5, side=28, labels=None):
    """The four files with random pixels, and their checksums."""
    rng, checksums = np.random.default_rng(0), {}
    for part, count in (("train", train), ("t10k", test)):
        images = packed(rng.integers(0, 256, (count, side, side)))
        classes = packed(np.arange(count) % 10 if labels is None else labels)
        for name, content in ((f"{part}-images-idx3-ubyte.gz", images), (f"{part}-labels-idx1-ubyte.gz", classes)):
            (folder / name).write_bytes(content)
            checksums[name] = "sha256:" + hashlib.sha256(content).hexdigest()
    return checksums


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        self.server.requests.append(self.path)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server on this machine, which takes the place of the public one; the system's folder and cache are empty."""
    pytest.importorskip("pooch")
    folder = tmp_path / "server"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        server.requests, server.folder = [], folder
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(fashion, "SOURCE", fashion.Source(tmp_path / "nothing", url, write(folder)))
        monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server
        server.shutdown()
        thread.join()


class TestFiles:
    def test_a_folder_of_ones_own(self, tmp_path):
        write(tmp_path)
        train, test = fashion_mnist(folder=tmp_path)
        assert (train.images.shape, test.images.shape) == ((12, 1, 28, 28), (5, 1, 28, 28))
        assert (train.images.dtype, train.labels.dtype) == (np.float32, np.int64)
        assert (train.images.min(), train.images.max()) == (0, 1)
        np.testing.assert_array_equal(train.labels, np.arange(12) % 10)

    def test_larger_images_have_a_border(self, tmp_path):
        write(tmp_path)
        small, large = (fashion_mnist(folder=tmp_path, size=size).train.images for size in (28, 33))
        assert large.shape == (12, 1, 33, 33)
        np.testing.assert_array_equal(large[:, :, 2:-3, 2:-3], small)
        assert large.sum(dtype=np.float64) == pytest.approx(small.sum(dtype=np.float64))

    @pytest.mark.parametrize(
        "options", [{"side": 27}, {"labels": np.arange(3)}, {"labels": np.full(12, 10)}, {"labels": np.array(3)}]
    )
    def test_other_arrays_are_refused(self, tmp_path, options):
        write(tmp_path, **options)
        with pytest.raises(ValueError, match=r"where \(N, 28, 28\) and \(N,\) classes"):
            fashion_mnist(folder=tmp_path)

    def test_missing_files_are_named(self, tmp_path):
        write(tmp_path)
        (tmp_path / NAMES[1]).unlink()
        with pytest.raises(FileNotFoundError, match=f"no {NAMES[1]}; install the Debian package"):
            fashion_mnist(folder=tmp_path)

    def test_a_size_that_cuts_is_refused(self):
        with pytest.raises(ValueError, match="28 or more"):
            fashion_mnist(size=20)


class TestDownload:
    def test_files_are_downloaded_once(self, server, tmp_path):
        train, _ = fashion_mnist()
        again, _ = fashion_mnist()
        np.testing.assert_array_equal(train.images, again.images)
        assert sorted(server.requests) == sorted(f"/{name}" for name in NAMES)
        assert sorted(file.name for file in (tmp_path / "cache").iterdir()) == sorted(NAMES)

    def test_the_systems_folder_comes_first(self, server, monkeypatch):
        monkeypatch.setattr(fashion, "SOURCE", fashion.SOURCE._replace(folder=server.folder))
        fashion_mnist()
        assert not server.requests

    def test_a_wrong_checksum_is_an_error_and_nothing_is_kept(self, server, tmp_path):
        (server.folder / NAMES[0]).write_bytes(packed(np.zeros((12, 28, 28))))
        with pytest.raises(ValueError, match="hash"):
            fashion_mnist()
        assert not list((tmp_path / "cache").iterdir())

    def test_a_damaged_file_in_the_cache_is_downloaded_again(self, server, tmp_path):
        fashion_mnist()
        (tmp_path / "cache" / NAMES[3]).write_bytes(b"damaged")
        fashion_mnist()
        assert len(server.requests) == 5

    def test_what_the_server_does_not_have(self, server):
        (server.folder / NAMES[2]).unlink()
        with pytest.raises(OSError, match=r"cannot be had .*404.*; install the Debian package"):
            fashion_mnist()

    def test_it_can_be_forbidden(self, server):
        with pytest.raises(FileNotFoundError, match="let it be downloaded"):
            fashion_mnist(download=False)
        assert not server.requests


def test_without_pooch_the_error_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setattr(fashion, "SOURCE", fashion.SOURCE._replace(folder=tmp_path))
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "autograd_lite\[data\]"'):
        fashion_mnist()


@pytest.mark.skipif(not INSTALLED, reason="needs the Debian package dataset-fashion-mnist")
def test_the_real_pictures():
    train, test = fashion_mnist(download=False)
    assert (train.images.shape, test.images.shape) == ((60_000, 1, 28, 28), (10_000, 1, 28, 28))
    assert (train.images.min(), train.images.max()) == (0, 1)
    np.testing.assert_array_equal(np.bincount(train.labels), [6000] * len(FASHION_CLASSES))
    np.testing.assert_array_equal(np.bincount(test.labels), [1000] * len(FASHION_CLASSES))
    # Well known: mean and deviation of the training pixels.
    assert train.images.mean(dtype=np.float64) == pytest.approx(0.2860, abs=5e-5)
    assert Standardizer.fit(train.images).std.item() == pytest.approx(0.3530, abs=5e-5)
    trousers, sneakers = (
        train.images[train.labels == FASHION_CLASSES.index(name), 0] for name in ("Trouser", "Sneaker")
    )
    assert trousers[:, :5].mean() > 3 * sneakers[:, :5].mean()  # trousers reach up to the edge, sneakers do not
