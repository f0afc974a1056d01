"""What is saved comes back, in both formats and from PyTorch; and a damaged or hostile file changes nothing."""

import io
import json
import os
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn, optim
from autograd_lite.saving import load, save

ENDINGS = [".npz", ".safetensors"]

every_format = pytest.mark.parametrize("ending", ENDINGS)


def same(a, b):
    """Equal in value, type, dtype and shape, through nested dictionaries, lists and tuples."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray | np.generic):
        return (a.dtype, a.shape) == (b.dtype, b.shape) and a.tobytes() == b.tobytes()
    return a == b or (a != a and b != b)


def model(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Linear(3, 4, rng=rng), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2, rng=rng))


def train(net, optimizer, steps):
    """Some steps with data that depend on nothing but their number; returns the losses."""
    losses = []
    for _ in range(steps):
        x = np.random.default_rng(7).normal(size=(8, 3)).astype(np.float32)
        loss = (net(x) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


ARRAYS = {
    **{name: np.arange(6).astype(name).reshape(2, 3) for name in ("int8", "uint8", "int16", "uint16", "int32")},
    **{name: np.arange(6).astype(name).reshape(2, 3) for name in ("uint32", "int64", "uint64")},
    **{name: np.linspace(-1, 1, 6).astype(name) for name in ("float16", "float32", "float64", "complex64")},
    "bool": np.array([[True, False]]),
    "special": np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324]),
    "0-d": np.array(3.5),
    "0-d bool": np.array(True),
    "empty": np.zeros((0, 3), np.float32),
    "empty last": np.zeros((2, 0)),
    "not contiguous": np.arange(24.0).reshape(2, 3, 4)[:, ::2, ::-1],
    "a key/with slash.and-dot é": np.ones(2),
}
ONLY_NPZ = {
    "complex128": np.array([1 + 2j, 0]),
    "strings": np.array(["a", "bcd", ""]),
    "bytes": np.array([b"a", b"bc"]),
}
NESTED = {
    "step": 3,
    "large": 2**200,
    "lr": 0.1,
    "floats": [np.nan, np.inf, -np.inf, -0.0, 1e-320],
    "complex": [1 + 2j, complex("inf")],
    "none": None,
    "flags": [True, False],
    "text": 'é "quoted" \\ \x00 \ud800 ; /',
    "": "an empty key",
    "betas": (0.9, (0.999, [])),
    "empty": [{}, [], ()],
    "scalar": np.float32(0.1),
    "truth": np.bool_(True),
    "state": {"layers.0.weight": {"step": 1, "exp_avg": np.arange(3.0)}, 0: {"m": np.ones((2, 2), np.float32)}},
    "0": np.array([1]),
    0: np.array([2]),
    "a": {"b": np.array([3])},
    "a/b": np.array([4]),
    "../../etc/passwd": np.array([5]),
    "C:\\x": [np.array([6])],
    "__autograd_lite__": np.array([7]),
}


class TestRoundTrips:
    @every_format
    def test_arrays(self, tmp_path, ending):
        state = {**ARRAYS, **(ONLY_NPZ if ending == ".npz" else {})}
        save(tmp_path / f"x{ending}", state)
        loaded = load(tmp_path / f"x{ending}")
        assert same(loaded, state)
        assert all(array.flags.writeable for array in loaded.values())

    @every_format
    def test_nested(self, tmp_path, ending):
        save(tmp_path / f"x{ending}", NESTED)
        assert same(load(tmp_path / f"x{ending}"), NESTED)

    @every_format
    @pytest.mark.parametrize("state", [{}, {"a": {}}, {0: 1}])
    def test_almost_nothing(self, tmp_path, ending, state):
        save(tmp_path / f"x{ending}", state)
        assert load(tmp_path / f"x{ending}") == state

    @every_format
    def test_byte_orders(self, tmp_path, ending):
        save(tmp_path / f"x{ending}", {"big": np.arange(3, dtype=">f8")})
        assert np.array_equal(load(tmp_path / f"x{ending}")["big"], [0.0, 1.0, 2.0])

    @every_format
    def test_equal_states_make_equal_files(self, tmp_path, ending):
        for name in "ab":
            save(tmp_path / f"{name}{ending}", NESTED)
        assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()

    @every_format
    def test_a_module(self, tmp_path, ending):
        net, other = model(0), model(1)
        train(net, optim.SGD(net.parameters(), 0.1), 2)
        save(tmp_path / f"x{ending}", net)
        other.load_state_dict(load(tmp_path / f"x{ending}"))
        assert same(other.state_dict(), net.state_dict())

    @every_format
    def test_tensors(self, tmp_path, ending):
        save(tmp_path / f"x{ending}", {"t": ag.tensor([1.0, 2.0]), "nested": [nn.Parameter([3.0])]})
        loaded = load(tmp_path / f"x{ending}")
        assert same(loaded["t"], np.array([1, 2], np.float32))
        assert same(loaded["nested"][0], np.array([3], np.float32))

    @every_format
    @pytest.mark.parametrize("named", [False, True])
    def test_training_goes_on_as_if_nothing_happened(self, tmp_path, ending, named):
        def fresh():
            net = model()
            return net, optim.Adam(net.named_parameters() if named else net.parameters(), 0.01)

        net, optimizer = fresh()
        train(net, optimizer, 3)
        rng = np.random.default_rng(5)
        state = {"model": net, "optimizer": optimizer, "epoch": 3, "rng": rng.bit_generator.state}
        save(tmp_path / f"x{ending}", state)
        expected, drawn = train(net, optimizer, 3), rng.random()

        net, optimizer = fresh()
        loaded = load(tmp_path / f"x{ending}")
        net.load_state_dict(loaded["model"])
        optimizer.load_state_dict(loaded["optimizer"])
        rng = np.random.default_rng()
        rng.bit_generator.state = loaded["rng"]
        assert train(net, optimizer, 3) == expected
        assert rng.random() == drawn


class TestOthersFiles:
    def test_numpy_reads_ours(self, tmp_path):
        save(tmp_path / "x.npz", {**ARRAYS, **ONLY_NPZ})
        with np.load(tmp_path / "x.npz", allow_pickle=False) as archive:
            assert same(dict(archive), {**ARRAYS, **ONLY_NPZ})

    @pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
    def test_numpys(self, tmp_path, write):
        state = {**ARRAYS, "fortran": np.arange(6.0).reshape(2, 3).T}
        write(tmp_path / "x.npz", **state)
        assert same(load(tmp_path / "x.npz"), state)

    def test_the_safetensors_package(self, tmp_path):
        theirs = pytest.importorskip("safetensors.numpy")
        state = {name: np.array(array, order="C") for name, array in ARRAYS.items()}
        save(tmp_path / "ours.safetensors", state)
        theirs.save_file(state, tmp_path / "theirs.safetensors", metadata={"format": "pt"})
        for loaded in (theirs.load_file(tmp_path / "ours.safetensors"), load(tmp_path / "theirs.safetensors")):
            assert same({name: loaded[name] for name in state}, state)

    def test_the_safetensors_package_reads_nested_states(self, tmp_path):
        safetensors = pytest.importorskip("safetensors")
        save(tmp_path / "x.safetensors", NESTED)
        with safetensors.safe_open(tmp_path / "x.safetensors", "numpy") as file:
            assert np.array_equal(file.get_tensor("state/layers.0.weight/exp_avg"), [0.0, 1.0, 2.0])
            assert json.loads(file.metadata()["__autograd_lite__"])["version"] == 1

    def test_arrays_are_aligned(self, tmp_path):
        save(tmp_path / "x.safetensors", {"bytes": np.zeros(3, np.uint8), "numbers": np.zeros(2)})
        content = (tmp_path / "x.safetensors").read_bytes()
        length = int.from_bytes(content[:8], "little")
        assert length % 8 == 0
        assert json.loads(content[8 : 8 + length])["numbers"]["data_offsets"] == [0, 16]  # the largest elements first

    @pytest.fixture
    def torch(self):
        pytest.importorskip("safetensors")
        return pytest.importorskip("torch")

    def their_model(self, torch):
        return torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
        )

    def test_weights_from_pytorch(self, torch, tmp_path):
        from safetensors.torch import save_file

        theirs = self.their_model(torch)
        theirs(torch.randn(5, 3))  # moves the running statistics
        save_file(theirs.state_dict(), tmp_path / "x.safetensors")
        ours = model()
        ours.load_state_dict(load(tmp_path / "x.safetensors"))
        x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
        expected = theirs.eval()(torch.tensor(x)).detach().numpy()
        np.testing.assert_allclose(ours.eval()(x).data, expected, rtol=1e-5, atol=1e-6)

    def test_weights_to_pytorch(self, torch, tmp_path):
        from safetensors.torch import load_file

        ours = model()
        train(ours, optim.SGD(ours.parameters(), 0.1), 2)
        save(tmp_path / "x.safetensors", ours)
        theirs = self.their_model(torch)
        theirs.load_state_dict(load_file(tmp_path / "x.safetensors"))
        for key, value in theirs.state_dict().items():
            assert np.array_equal(value.numpy(), ours.state_dict()[key])

    @every_format
    def test_a_module_of_pytorch(self, torch, tmp_path, ending):
        theirs = self.their_model(torch)
        save(tmp_path / f"x{ending}", theirs)
        model().load_state_dict(load(tmp_path / f"x{ending}"))

    def test_halves(self, torch, tmp_path):
        from safetensors.torch import save_file

        values = torch.tensor([[1.5, -3.0e38, 1e-40], [float("inf"), float("nan"), -0.0]])
        state = {"bf16": values.bfloat16(), "f16": values.half(), "0-d": torch.tensor(0.1).bfloat16()}
        save_file(state, tmp_path / "x.safetensors")
        loaded = load(tmp_path / "x.safetensors")
        assert same(loaded["bf16"], state["bf16"].float().numpy())
        assert same(loaded["f16"], state["f16"].numpy())
        assert same(loaded["0-d"], state["0-d"].float().numpy())


class Opaque:
    pass


REFUSED = [
    ({"x": np.array([None])}, "x is an array of object, which only a pickle could hold"),
    ({"a": {"x": np.array([{}, 1])}}, "a/x is an array of object"),
    ({"x": np.zeros(2, [("a", int)])}, "x is an array of"),
    ({"x": np.array(["2020-01-01"], "M8[D]")}, "x is an array of datetime64"),
    ({"x": np.ma.array([1, 2], mask=[0, 1])}, "masked array"),
    ({"a": [1, Opaque()]}, "a/1 is a Opaque .* only a pickle"),
    ({"a": {1, 2}}, "a is a set"),
    ({"a": b"bytes"}, "a is a bytes"),
    ({"a": nn.Linear}, "a is a type"),
    ({(1, 2): 3}, r"a key in the state is \(1, 2\)"),
    ({"a": {True: 3}}, "a key in a is True"),
    ([1, 2], "a list is no state"),
    (np.zeros(3), "a ndarray is no state"),
    (None, "a NoneType is no state"),
]


class TestRefusals:
    @every_format
    @pytest.mark.parametrize(("state", "words"), REFUSED, ids=[words for _, words in REFUSED])
    def test_what_only_a_pickle_could_hold(self, tmp_path, ending, state, words):
        file = tmp_path / f"x{ending}"
        file.write_bytes(b"old")
        with pytest.raises(TypeError, match=words):
            save(file, state)
        assert file.read_bytes() == b"old"
        assert os.listdir(tmp_path) == [file.name]

    @every_format
    def test_a_state_that_contains_itself(self, tmp_path, ending):
        state = {"a": 1}
        state["self"] = [state]
        with pytest.raises(ValueError, match="nested more than 64 deep"):
            save(tmp_path / f"x{ending}", state)

    @pytest.mark.parametrize("name", ONLY_NPZ)
    def test_dtypes_that_safetensors_lacks(self, tmp_path, name):
        with pytest.raises(TypeError, match=f"{name} is of .* save it as .npz"):
            save(tmp_path / "x.safetensors", {name: ONLY_NPZ[name]})

    @pytest.mark.parametrize("name", ["x", "x.pt", "x.npy", "x.npz.bak", ".npz"])
    def test_other_endings(self, tmp_path, name):
        with pytest.raises(ValueError, match=r"save: .* does not end in \.npz or \.safetensors"):
            save(tmp_path / name, {})
        with pytest.raises(ValueError, match=r"load: .*safetensors\.torch\.save_file"):
            load(tmp_path / name)

    def test_endings_in_capitals_and_names_as_text(self, tmp_path):
        save(str(tmp_path / "X.NPZ"), {"a": np.ones(2)})
        assert np.array_equal(load(str(tmp_path / "X.NPZ"))["a"], [1, 1])


class TestWriting:
    @every_format
    @pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError("no space left")])
    def test_an_interrupted_write_leaves_the_old_file(self, tmp_path, monkeypatch, ending, interruption):
        def fails(descriptor):
            raise interruption

        file = tmp_path / f"x{ending}"
        save(file, {"a": np.ones(2)})
        monkeypatch.setattr(os, "fsync", fails)  # all bytes are written then, to another name
        with pytest.raises((KeyboardInterrupt, OSError)):
            save(file, {"a": np.zeros(5)})
        assert np.array_equal(load(file)["a"], [1, 1])
        assert os.listdir(tmp_path) == [file.name]

    def test_the_new_file_is_on_the_disk_before_it_takes_the_place(self, tmp_path, monkeypatch):
        calls = []
        for name in ("fsync", "replace"):
            real = getattr(os, name)
            monkeypatch.setattr(os, name, lambda *args, name=name, real=real: (calls.append(name), real(*args))[1])
        save(tmp_path / "x.npz", {"a": np.ones(2)})
        assert calls == ["fsync", "replace", "fsync"]  # the file, the exchange, the folder

    @pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
    def test_permissions(self, tmp_path):
        file = tmp_path / "x.npz"
        save(file, {})
        (tmp_path / "plain").touch()
        assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
        file.chmod(0o640)
        save(file, {"a": 1})
        assert stat.S_IMODE(file.stat().st_mode) == 0o640

    @pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
    def test_a_link_stays(self, tmp_path):
        (tmp_path / "real").mkdir()
        save(tmp_path / "real" / "x.npz", {"a": 1})
        (tmp_path / "link.npz").symlink_to(tmp_path / "real" / "x.npz")
        save(tmp_path / "link.npz", {"a": 2})
        assert (tmp_path / "link.npz").is_symlink()
        assert load(tmp_path / "real" / "x.npz") == {"a": 2}

    def test_no_folder_or_a_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"no folder .*missing.* make it first"):
            save(tmp_path / "missing" / "x.npz", {})
        (tmp_path / "folder.npz").mkdir()
        with pytest.raises(IsADirectoryError, match="is a folder"):
            save(tmp_path / "folder.npz", {})
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "missing.npz")


# -- damaged and hostile files -----------------------------------------------------------------------------------------


def npy(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **options)
    return stream.getvalue()


def npy_header(text):
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def npz(*members, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def one(dtype="F32", shape=(2,), data_offsets=(0, 8), name="a", **more):
    entry = {"dtype": dtype, "shape": shape, "data_offsets": data_offsets, **more}
    return safetensors({name: entry}, bytes(8))


def described(state, version=1):
    return np.array(json.dumps({"version": version, "state": state}))


def with_description(state, version=1):
    return npz(("a.npy", npy(np.ones(2))), ("__autograd_lite__.npy", npy(described(state, version))))


GOOD = npy(np.arange(8.0))
HUGE = npy_header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}\n")
DEEP = {"dict": [["a", {"array": "a"}], ["b", 0]]}
for _ in range(300):
    DEEP = {"dict": [["a", DEEP]]}

HOSTILE = {
    "empty .npz": (".npz", b"", "not a zip"),
    "text .npz": (".npz", b"hello", "not a zip"),
    "pickle .npz": (".npz", b"\x80\x04\x95.", "not a zip"),
    "npy as .npz": (".npz", GOOD, "not a zip"),
    "other member": (".npz", npz(("a/data.pkl", b"x")), "is no .npy file"),
    "object array": (".npz", npz(("a.npy", npy(np.array([None]), allow_pickle=True))), "never a pickle"),
    "path up": (".npz", npz(("../../a.npy", GOOD)), "out of a folder"),
    "path inside": (".npz", npz(("a/../../b.npy", GOOD)), "out of a folder"),
    "path absolute": (".npz", npz(("/etc/a.npy", GOOD)), "out of a folder"),
    "path of Windows": (".npz", npz(("C:a.npy", GOOD)), "out of a folder"),
    "path with backslash": (".npz", npz(("..\\a.npy", GOOD)), "out of a folder"),
    "no name": (".npz", npz((".npy", GOOD)), "out of a folder"),
    "cut array": (".npz", npz(("a.npy", GOOD[:-1])), "do not fit"),
    "longer array": (".npz", npz(("a.npy", GOOD + b"x")), "do not fit"),
    "huge shape": (".npz", npz(("a.npy", HUGE)), "do not fit"),
    "huge shape of nothing": (
        ".npz",
        npz(("a.npy", npy_header(b"{'descr': '|S0', 'fortran_order': False, 'shape': (1000000000000,)}\n"))),
        "only numbers and strings",
    ),
    "negative shape": (
        ".npz",
        npz(("a.npy", npy_header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}\n") + bytes(8))),
        "do not fit",
    ),
    "huge header": (".npz", npz(("a.npy", npy_header(b"{" + b" " * 60000 + b"}\n"))), "a header that NumPy"),
    "header that runs": (".npz", npz(("a.npy", npy_header(b"__import__('os').abort()\n"))), "a header that NumPy"),
    "no header": (".npz", npz(("a.npy", b"")), "usable"),
    "records": (".npz", npz(("a.npy", npy(np.zeros(2, [("x", int)])))), "never a pickle"),
    "version 9": (".npz", npz(("a.npy", b"\x93NUMPY\x09\x00")), "version"),
    "bzip2": (".npz", npz(("a.npy", GOOD), compression=zipfile.ZIP_BZIP2), "compressed in a way"),
    "odd booleans": (".npz", npz(("a.npy", npy(np.array([2], np.uint8)).replace(b"|u1", b"|b1"))), "other bytes than"),
    "description of bytes": (".npz", npz(("__autograd_lite__.npy", GOOD)), "description is no string"),
    "description of version 2": (".npz", with_description({"array": "a"}, 2), "not of version 1"),
    "description of nothing": (".npz", with_description({"dict": []}), "does not mention"),
    "description of a list": (".npz", with_description([{"array": "a"}]), "is no dictionary"),
    "description twice": (
        ".npz",
        with_description({"dict": [["a", {"array": "a"}], ["b", {"array": "a"}]]}),
        "missing or mentioned before",
    ),
    "keys twice": (".npz", with_description({"dict": [["a", {"array": "a"}], ["a", 1]]}), "twice"),
    "unknown kind": (".npz", with_description({"dict": [["a", {"call": "os.system"}]]}), "not known"),
    "two kinds": (".npz", with_description({"dict": [["a", {"tuple": [], "array": "a"}]]}), "not known"),
    "no kind": (".npz", with_description({"dict": [["a", {}]]}), "not known"),
    "wrong pairs": (".npz", with_description({"dict": [1]}), "usable"),
    "deep description": (".npz", with_description(DEEP), "too deep"),
    "very deep description": (
        ".npz",
        npz(("__autograd_lite__.npy", npy(np.array("[" * 100_000)))),
        "recursion",
    ),
    "empty .safetensors": (".safetensors", b"", "its header should have"),
    "huge length": (".safetensors", b"\xff" * 8 + b"{}", "its header should have"),
    "no JSON": (".safetensors", safetensors(b"hello"), "usable"),
    "no UTF-8": (".safetensors", safetensors(b"\xff\xfe"), "usable"),
    "deep JSON": (".safetensors", safetensors(b"[" * 100_000), "recursion"),
    "a list": (".safetensors", safetensors([1]), "no dictionary"),
    "no entry": (".safetensors", safetensors({"a": 1}), "not by dtype"),
    "more in the entry": (".safetensors", one(more=1), "not by dtype"),
    "keys of JSON twice": (
        ".safetensors",
        safetensors(b'{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":1}'),
        "'a' is there twice",
    ),
    "another shape": (".safetensors", one(shape=(3,)), "do not fit"),
    "a negative shape": (".safetensors", one(shape=(-1, -2)), "whole numbers"),
    "a shape of many axes": (".safetensors", one(shape=(2, *(1,) * 100)), "whole numbers"),
    "a shape of huge numbers": (".safetensors", one(shape=(10**4000,) * 60), "do not fit"),
    "a shape of floats": (".safetensors", one(shape=(2.0,)), "whole numbers"),
    "a shape that is none": (".safetensors", one(shape=2), "usable"),
    "a huge shape": (".safetensors", one(shape=(2**40, 2**40)), "do not fit"),
    "a huge empty shape": (".safetensors", one(shape=(0, 2**62, 2**62), data_offsets=(0, 0)), "speaks of"),
    "reversed": (".safetensors", one(data_offsets=(8, 0)), "do not fit"),
    "a hole": (".safetensors", one(shape=(1,), data_offsets=(4, 8)), "starts at 4"),
    "outside": (".safetensors", one(data_offsets=(800, 808)), "starts at 800"),
    "too long": (".safetensors", one(shape=(2000,), data_offsets=(0, 8000)), "speaks of"),
    "too short": (".safetensors", one(shape=(1,), data_offsets=(0, 4)), "speaks of"),
    "a dtype of 8 bits": (".safetensors", one(dtype="F8_E4M3", shape=(8,)), "NumPy lacks"),
    "a dtype that is none": (".safetensors", one(dtype="<f4"), "NumPy lacks"),
    "a dtype that is a list": (".safetensors", one(dtype=["F32"]), "usable"),
    "path up in a name": (".safetensors", one(name="../a"), "out of a folder"),
    "booleans of 2": (
        ".safetensors",
        safetensors({"a": {"dtype": "BOOL", "shape": [1], "data_offsets": [0, 1]}}, b"\x02"),
        "other bytes than",
    ),
    "metadata": (".safetensors", safetensors({"__metadata__": [1]}), "usable"),
    "wrong description": (".safetensors", safetensors({"__metadata__": {"__autograd_lite__": "?"}}), "usable"),
    "overlap": (
        ".safetensors",
        safetensors(
            {name: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for name in "ab"},
            bytes(8),
        ),
        "starts at 0, the one before it ends at 8",
    ),
}


class TestDamage:
    @pytest.mark.parametrize("case", HOSTILE)
    def test_a_clear_error(self, tmp_path, case):
        ending, content, words = HOSTILE[case]
        file = tmp_path / f"x{ending}"
        file.write_bytes(content)
        with pytest.raises(ValueError, match=f"no usable {ending} file") as caught:
            load(file)
        message = str(caught.value)
        assert words in message
        assert str(file) in message
        assert len(message) < 1000 + len(str(file))
        assert ";" in message  # and what to do
        assert file.read_bytes() == content

    def test_arrays_twice(self, tmp_path):
        with pytest.warns(UserWarning, match="Duplicate name"):
            content = npz(("a.npy", GOOD), ("a.npy", GOOD))
        (tmp_path / "x.npz").write_bytes(content)
        with pytest.raises(ValueError, match="'a' is there twice"):
            load(tmp_path / "x.npz")

    def test_a_checksum_that_differs(self, tmp_path):
        content = npz(("a.npy", GOOD))
        (tmp_path / "x.npz").write_bytes(content.replace(np.float64(7).tobytes(), np.float64(8).tobytes()))
        with pytest.raises(ValueError, match="CRC"):
            load(tmp_path / "x.npz")

    def test_a_bomb(self, tmp_path):
        content = npz(*((f"{i}.npy", npy(np.zeros(2**21))) for i in range(2)), compression=zipfile.ZIP_DEFLATED)
        assert len(content) < 2**16  # of 32 MiB unpacked
        (tmp_path / "x.npz").write_bytes(content)
        with pytest.raises(ValueError, match=r"33,554,688 bytes in .* allowed; .*max_bytes=33554688"):
            load(tmp_path / "x.npz", max_bytes=2**24)
        assert len(load(tmp_path / "x.npz")) == 2

    def test_a_bomb_that_lies_about_its_size(self, tmp_path):
        content = npz(("a.npy", npy(np.zeros(2**17))), compression=zipfile.ZIP_DEFLATED)
        size = len(npy(np.zeros(2**17))).to_bytes(4, "little")
        header = npy(np.zeros(1))
        assert content.count(size) == 2
        (tmp_path / "x.npz").write_bytes(content.replace(size, len(header).to_bytes(4, "little")))
        with pytest.raises(ValueError, match=r"CRC|do not fit"):
            load(tmp_path / "x.npz")

    def test_a_large_safetensors(self, tmp_path):
        (tmp_path / "x.safetensors").write_bytes(one())
        assert load(tmp_path / "x.safetensors", max_bytes=1000)["a"].shape == (2,)
        with pytest.raises(ValueError, match="10 are allowed"):
            load(tmp_path / "x.safetensors", max_bytes=10)

    @every_format
    def test_cut_anywhere(self, tmp_path, ending):
        file = tmp_path / f"x{ending}"
        save(file, {"a": np.arange(3.0), "b": {"c": np.ones((2, 2)), "d": 1}})
        content = file.read_bytes()
        for length in range(0, len(content), 3):
            file.write_bytes(content[:length])
            with pytest.raises(ValueError, match="no usable"):
                load(file)

    @every_format
    def test_bytes_changed_anywhere(self, tmp_path, ending):
        """Either the error, or a state: no other exception, and no crash."""
        file = tmp_path / f"x{ending}"
        save(file, {"a": np.arange(3.0), "b": {"c": np.array([True, False]), "d": 1.5, "e": None}})
        content = file.read_bytes()
        rng = np.random.default_rng(0)
        refused = 0
        for position in range(len(content)):
            changed = bytearray(content)
            changed[position] ^= rng.integers(1, 256)
            file.write_bytes(changed)
            try:
                assert isinstance(load(file), dict)
            except ValueError as error:
                assert "no usable" in str(error)  # noqa: PT017 - most positions raise, not all
                refused += 1
        assert refused > len(content) / 3

    @every_format
    def test_a_model_stays_as_it_was(self, tmp_path, ending):
        net = model()
        before = net.state_dict()
        save(tmp_path / f"x{ending}", {**before, "0.weight": np.zeros((4, 4))})
        with pytest.raises(ValueError, match="Nothing was changed"):
            net.load_state_dict(load(tmp_path / f"x{ending}"))
        assert same(net.state_dict(), before)


def test_loading_needs_no_package_and_no_pickle():
    for file in Path(ag.saving.__file__).parent.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert "import pickle" not in text
        assert "allow_pickle=True" not in text
