"""MNIST and CIFAR from small files in the published formats, on the disk and over HTTP."""

import functools
import gzip
import hashlib
import http.server
import io
import pickle
import tarfile
import threading

import numpy as np
import pytest
from torchvision import datasets

from models.progress import Cancelled
from models.sources import make_source
from models.sources.batches import read_batch

MNIST_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx(array: np.ndarray) -> bytes:
    """An array as an idx file, after the description of the format."""
    return bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


@pytest.fixture(scope="module")
def mnist_arrays() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [
        rng.integers(0, 256, (12, 28, 28), dtype=np.uint8),
        np.arange(12, dtype=np.uint8) % 10,
        rng.integers(0, 256, (5, 28, 28), dtype=np.uint8),
        np.arange(5, dtype=np.uint8),
    ]


@pytest.fixture(scope="module")
def cifar_batches() -> dict[str, dict]:
    rng = np.random.default_rng(1)
    batches = {}
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        batches[name] = {
            "data": rng.integers(0, 256, (4, 3072), dtype=np.uint8),
            "labels": rng.integers(0, 10, 4).tolist(),
            "filenames": [f"{name}-{number}.png" for number in range(4)],
        }
    batches["batches.meta"] = {"label_names": [f"class {k}" for k in range(10)], "num_vis": 3072}
    return batches


def write_mnist(place, arrays, packed=False, dotted=False):
    place.mkdir(parents=True, exist_ok=True)
    for name, array in zip(MNIST_FILES, arrays, strict=True):
        name = name.replace("-idx", ".idx") if dotted else name
        if packed:
            (place / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
        else:
            (place / name).write_bytes(idx(array))
    return place


def write_cifar(place, batches, protocol=2):
    place.mkdir(parents=True, exist_ok=True)
    for name, batch in batches.items():
        (place / name).write_bytes(pickle.dumps(batch, protocol=protocol))
    return place


def as_archive(batches) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, batch in batches.items():
            data = pickle.dumps(batch, protocol=2)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def visible_in(folder):
    """What lies below a folder, but for the lock of a download."""
    return [path for path in folder.rglob("*") if not path.name.startswith(".")]


# ---- MNIST ----


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("below", ["", "raw", "MNIST", "MNIST/raw"])
def test_mnist_is_found_wherever_people_put_it(tmp_path, mnist_arrays, below, dotted, packed):
    write_mnist(tmp_path / below, mnist_arrays, packed, dotted)
    image_set = make_source("mnist", folder=str(tmp_path), download=False).load()
    assert image_set.images.shape == (17, 1, 28, 28)
    assert image_set.n_train == 12
    assert np.array_equal(image_set.images[:, 0], np.concatenate([mnist_arrays[0], mnist_arrays[2]]))
    assert np.array_equal(image_set.labels, np.concatenate([mnist_arrays[1], mnist_arrays[3]]))
    assert image_set.class_names == tuple("0123456789")


def test_mnist_is_what_torchvision_reads(tmp_path, mnist_arrays):
    write_mnist(tmp_path / "FashionMNIST" / "raw", mnist_arrays)
    theirs = [datasets.FashionMNIST(str(tmp_path), train=train) for train in (True, False)]
    ours = make_source("fashion-mnist", folder=tmp_path).load()
    assert np.array_equal(ours.images[:, 0], np.concatenate([part.data.numpy() for part in theirs]))
    assert np.array_equal(ours.labels, np.concatenate([part.targets.numpy() for part in theirs]))
    assert list(ours.class_names) == theirs[0].classes


def test_the_folder_that_names_the_set_goes_first(tmp_path, mnist_arrays):
    write_mnist(tmp_path, mnist_arrays)
    other = [255 - mnist_arrays[0], mnist_arrays[1], 255 - mnist_arrays[2], mnist_arrays[3]]
    write_mnist(tmp_path / "FashionMNIST" / "raw", other)
    assert np.array_equal(make_source("fashion-mnist", folder=tmp_path).load().images[:12, 0], other[0])
    assert np.array_equal(make_source("mnist", folder=tmp_path).load().images[:12, 0], mnist_arrays[0])


def test_packing_and_place_do_not_change_the_manifest_but_a_pixel_does(tmp_path, mnist_arrays):
    plain = make_source("mnist", folder=write_mnist(tmp_path / "a", mnist_arrays)).manifest()
    packed = make_source("mnist", folder=write_mnist(tmp_path / "b" / "raw", mnist_arrays, packed=True)).manifest()
    assert plain == packed
    changed = [mnist_arrays[0].copy(), *mnist_arrays[1:]]
    changed[0][3, 14, 14] ^= 1
    assert make_source("mnist", folder=write_mnist(tmp_path / "c", changed)).manifest() != plain


def test_absent_files_and_their_places_are_named(tmp_path, mnist_arrays):
    write_mnist(tmp_path, mnist_arrays)
    (tmp_path / MNIST_FILES[3]).unlink()
    source = make_source("mnist", folder=tmp_path, download=False)
    for ask in (source.load, source.manifest):
        with pytest.raises(FileNotFoundError) as caught:
            ask()
        sentence = str(caught.value)
        assert all(name in sentence for name in MNIST_FILES)
        assert str(tmp_path / "MNIST" / "raw") in sentence
        assert sentence.count(". ") == 0


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: b"hello", r".*train-labels-idx1-ubyte is not an idx file of bytes with 1 axes; .*"),
        (
            lambda data: data[:-1],
            r".*train-labels-idx1-ubyte is damaged: its head announces \(12,\), but 11 bytes follow",
        ),
        (lambda data: idx(np.arange(11, dtype=np.uint8) % 10), r"MNIST has 12 train images but 11 labels for them"),
        (lambda data: idx(np.full(12, 10, dtype=np.uint8)), r"labels must lie in 0 to 9, .* but go from 0 to 10"),
    ],
)
def test_damaged_mnist_is_refused_with_one_sentence(tmp_path, mnist_arrays, damage, sentence):
    file = write_mnist(tmp_path, mnist_arrays) / MNIST_FILES[1]
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ValueError, match=f"^{sentence}\\.$"):
        make_source("mnist", folder=tmp_path).load()


def test_half_a_packed_file_is_refused(tmp_path, mnist_arrays):
    file = write_mnist(tmp_path, mnist_arrays, packed=True) / f"{MNIST_FILES[0]}.gz"
    file.write_bytes(file.read_bytes()[:200])
    for ask in ("load", "manifest"):
        with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is damaged and cannot be unpacked"):
            getattr(make_source("mnist", folder=tmp_path), ask)()


# ---- CIFAR ----


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_batches_are_read_as_they_were_written(tmp_path, cifar_batches, protocol):
    write_cifar(tmp_path, cifar_batches, protocol)
    for name, batch in cifar_batches.items():
        read = read_batch(tmp_path / name)
        assert read.keys() == batch.keys()
        assert all(np.array_equal(read[key], batch[key]) for key in batch)


def test_batches_of_python_2_are_read(tmp_path):
    """Their texts are bytes, and so are the pixels: an excerpt of the published files, made by hand."""
    pixels = bytes(range(200, 206))
    written = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85"
        b"U\x01b\x87Rq\x05(K\x01K\x02K\x03\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89T\x06\x00\x00\x00" + pixels + b"tbU\x06labelsq\x08]q\x09(K\x06K\x09eu."
    )
    assert pickle.loads(written, encoding="bytes")[b"labels"] == [6, 9]
    (tmp_path / "data_batch_1").write_bytes(written)
    read = read_batch(tmp_path / "data_batch_1")
    assert read["data"].tolist() == [[200, 201, 202], [203, 204, 205]]
    assert read["labels"] == [6, 9]


class Trap:
    def __reduce__(self):
        return print, ("it ran",)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (pickle.dumps({"data": Trap()}), r"it asks for builtins\.print, which is not read here"),
        (pickle.dumps({"data": np.zeros((1, 3072))}), r"it asks for an array of something else than bytes, .*"),
        (pickle.dumps({"data": np.array([Trap()])}), r"it asks for .*"),
        (pickle.dumps([1, 2]), r"it holds no dictionary"),
        (pickle.dumps({"labels": [1] * 99})[:50], r".*"),
        (b"", ".*"),
        (b"\x80\x04\x8e" + b"\xff" * 8, ".*"),
        (b"(" * 2000 + b"}.", ".*"),
        (b"hello", ".*"),
    ],
)
def test_nothing_in_a_batch_runs(tmp_path, capsys, content, sentence):
    (tmp_path / "batch").write_bytes(content)
    if content == b"(" * 2000 + b"}.":
        assert read_batch(tmp_path / "batch") == {}  # odd, but harmless
        return
    with pytest.raises(ValueError, match=rf"^\S*batch is no batch of CIFAR(:|, or is damaged) \(?{sentence}\)?\.$"):
        read_batch(tmp_path / "batch")
    assert not capsys.readouterr().out


@pytest.mark.parametrize("below", ["", "cifar-10-batches-py"])
def test_cifar_is_found_wherever_people_put_it(tmp_path, cifar_batches, below):
    write_cifar(tmp_path / below, cifar_batches)
    image_set = make_source("cifar-10", folder=tmp_path, download=False).load()
    pixels = np.concatenate([batch["data"] for name, batch in cifar_batches.items() if "data" in batch])
    assert np.array_equal(image_set.images.reshape(24, 3072), pixels)
    assert image_set.images.shape == (24, 3, 32, 32)
    assert image_set.n_train == 20
    assert image_set.labels[20:].tolist() == cifar_batches["test_batch"]["labels"]
    assert image_set.class_names == tuple(cifar_batches["batches.meta"]["label_names"])


def test_cifar_in_its_archive_is_the_same_set(tmp_path, cifar_batches):
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "cifar-10-python.tar.gz").write_bytes(as_archive(cifar_batches))
    packed = make_source("cifar-10", folder=tmp_path / "packed")
    plain = make_source("cifar-10", folder=write_cifar(tmp_path / "plain", cifar_batches))
    assert packed.manifest() == plain.manifest()
    assert np.array_equal(packed.load().images, plain.load().images)
    assert [file.name for file in (tmp_path / "packed").iterdir()] == ["cifar-10-python.tar.gz"]


def test_cifar_100_has_its_fine_labels(tmp_path):
    rng = np.random.default_rng(2)
    batches = {"meta": {"fine_label_names": [f"fine {k}" for k in range(100)], "coarse_label_names": ["coarse"]}}
    for name, count in (("train", 6), ("test", 3)):
        batches[name] = {
            "data": rng.integers(0, 256, (count, 3072), dtype=np.uint8),
            "fine_labels": list(range(97, 97 - count, -1)),
            "coarse_labels": [0] * count,
        }
    write_cifar(tmp_path / "cifar-100-python", batches)
    image_set = make_source("cifar-100", folder=tmp_path).load()
    assert image_set.labels.tolist() == [97, 96, 95, 94, 93, 92, 97, 96, 95]
    assert image_set.n_train == 6
    assert image_set.class_names[97] == "fine 97"


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("data_batch_2", {"labels": [0, 1, 2, 10]}, r"gives image 3 the label 10, not one of 0 to 9"),
        ("data_batch_2", {"labels": [0, 1, 2]}, r"must hold a list 'labels' with a label for each of 4 images"),
        ("test_batch", {"data": np.zeros((4, 3071), np.uint8)}, r"must hold 'data' of the shape \(n, 3072\)"),
        ("batches.meta", {"label_names": 10}, r"must hold a list of texts 'label_names'"),
    ],
)
def test_odd_batches_are_refused_with_one_sentence(tmp_path, cifar_batches, name, change, sentence):
    write_cifar(tmp_path, cifar_batches | {name: cifar_batches[name] | change})
    with pytest.raises(ValueError, match=rf"^\S*{name} {sentence}\.$"):
        make_source("cifar-10", folder=tmp_path).load()


@pytest.mark.parametrize("content", [b"hello", as_archive({"data_batch_1": {}}), as_archive({"x": {}})[:60]])
def test_a_wrong_archive_is_refused_with_one_sentence(tmp_path, content):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"cifar-10-python\.tar\.gz is (damaged|not the archive of CIFAR-10: it lacks) .*\.$"
    ):
        make_source("cifar-10", folder=tmp_path).load()


# ---- downloads ----


@pytest.fixture
def site(tmp_path):
    """A folder that is served over HTTP, and its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    folder = tmp_path / "site"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def published_mnist(site, arrays, monkeypatch):
    folder, address = site
    resources = []
    for name, array in zip(MNIST_FILES, arrays, strict=True):
        packed = gzip.compress(idx(array))
        (folder / f"{name}.gz").write_bytes(packed)
        resources.append((f"{name}.gz", hashlib.md5(packed).hexdigest()))
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"{address}nowhere/", address])
    monkeypatch.setattr(datasets.MNIST, "resources", resources)


def test_mnist_is_downloaded_once_with_progress(tmp_path, site, mnist_arrays, monkeypatch):
    published_mnist(site, mnist_arrays, monkeypatch)
    reports = []
    source = make_source("mnist", folder=tmp_path / "new" / "folder")
    image_set = source.load(lambda fraction, message="", **_: reports.append((fraction, message)))
    assert np.array_equal(image_set.images[:12, 0], mnist_arrays[0])
    told = [fraction for fraction, message in reports if message.startswith("downloading")]
    assert told == sorted(told)
    assert told[-1] == 1
    raw = tmp_path / "new" / "folder" / "MNIST" / "raw"
    assert {file.name for file in raw.iterdir()} == set(MNIST_FILES)
    assert np.array_equal(datasets.MNIST(str(tmp_path / "new" / "folder")).data.numpy(), mnist_arrays[0])

    monkeypatch.setattr(datasets.MNIST, "mirrors", [])
    assert np.array_equal(source.load().images, image_set.images)


def test_a_damaged_download_is_refused_and_leaves_nothing(tmp_path, site, mnist_arrays, monkeypatch):
    published_mnist(site, mnist_arrays, monkeypatch)
    (site[0] / f"{MNIST_FILES[0]}.gz").write_bytes(b"something else")
    with pytest.raises(FileNotFoundError, match=r"^The files of MNIST .* the download failed \(.* 404: .* md5 .*\)\.$"):
        make_source("mnist", folder=tmp_path / "new").load()
    assert not [file for file in visible_in(tmp_path / "new") if file.is_file()]


def test_without_a_network_the_sentence_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    with pytest.raises(FileNotFoundError) as caught:
        make_source("cifar-10", folder=tmp_path).load()
    sentence = str(caught.value)
    assert all(word in sentence for word in ("data_batch_1", "batches.meta", str(tmp_path), "the download failed"))


def test_a_download_can_be_cancelled(tmp_path, site, mnist_arrays, monkeypatch):
    published_mnist(site, mnist_arrays, monkeypatch)

    def stop(fraction, message="", **metrics):
        raise Cancelled

    with pytest.raises(Cancelled):
        make_source("mnist", folder=tmp_path / "new").fetch(stop)
    assert not [file for file in visible_in(tmp_path / "new") if file.is_file()]


def test_cifar_is_downloaded_to_where_torchvision_has_it(tmp_path, site, cifar_batches, monkeypatch):
    folder, address = site
    packed = as_archive(cifar_batches)
    (folder / "cifar-10-python.tar.gz").write_bytes(packed)
    monkeypatch.setattr(datasets.CIFAR10, "url", f"{address}cifar-10-python.tar.gz")
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", hashlib.md5(packed).hexdigest())
    image_set = make_source("cifar-10", folder=tmp_path / "new").load()
    assert len(image_set) == 24
    assert {file.name for file in (tmp_path / "new" / "cifar-10-batches-py").iterdir()} == set(cifar_batches)
    assert {file.parent.name for file in visible_in(tmp_path / "new") if file.is_file()} == {"cifar-10-batches-py"}


def test_two_who_want_the_same_set_download_it_once(tmp_path, site, mnist_arrays, monkeypatch):
    published_mnist(site, mnist_arrays, monkeypatch)
    source = make_source("mnist", folder=tmp_path / "new")
    first_is_in, second_waits = threading.Event(), threading.Event()
    told: dict[str, list[str]] = {"first": [], "second": []}

    def first(fraction, message="", **metrics):
        told["first"].append(message)
        first_is_in.set()
        assert second_waits.wait(20)

    def second(fraction, message="", **metrics):
        told["second"].append(message)
        second_waits.set()

    working = threading.Thread(target=source.fetch, args=(first,))
    working.start()
    assert first_is_in.wait(20)
    source.fetch(second)
    working.join()
    assert source.complete()
    assert {message.partition(" ")[0] for message in told["first"]} == {"downloading"}
    assert {message.partition(" ")[0] for message in told["second"]} == {"waiting"}
