import json
import warnings

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from models.progress import Cancelled
from models.teacher import METADATA_KEY, Teacher, confusion_matrix, softmax


def lenet(in_shape=(1, 28, 28), n_classes=10, seed=0) -> Teacher:
    n_channels = in_shape[0]
    return Teacher.create("lenet", in_shape, n_classes, [0.3] * n_channels, [0.4] * n_channels, seed, "cpu")


def random_images(n_images, in_shape=(1, 28, 28)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n_images, *in_shape), dtype=np.uint8)


def n_hooks(teacher: Teacher) -> int:
    return sum(len(layer._forward_hooks) + len(layer._forward_pre_hooks) for layer in teacher.module.modules())


def test_layers_are_those_of_the_network():
    layers = lenet().layers()
    assert [(layer["name"], layer["type"], layer["output_shape"], layer["n_parameters"]) for layer in layers] == [
        ("conv1", "Conv2d", (20, 24, 24), 520),
        ("pool1", "MaxPool2d", (20, 12, 12), 0),
        ("conv2", "Conv2d", (50, 8, 8), 25_050),
        ("pool2", "MaxPool2d", (50, 4, 4), 0),
        ("flatten", "Flatten", (800,), 0),
        ("hidden", "Linear", (500,), 400_500),
        ("relu", "ReLU", (500,), 0),
        ("output", "Linear", (10,), 5_010),
    ]


def test_a_residual_network_is_a_teacher_too():
    teacher = Teacher.create("resnet-20", (3, 12, 9), 4, [0.5] * 3, [0.2] * 3, device="cpu")
    layers = teacher.layers()
    assert [layer["name"] for layer in layers[:10]] == [
        "conv1", "bn1", "relu1", "layer1.0.conv1", "layer1.0.bn1", "layer1.0.relu1", "layer1.0.conv2", "layer1.0.bn2",
        "layer1.0.shortcut", "layer1.0.relu2",
    ]  # fmt: skip
    assert {layer["name"]: layer["output_shape"] for layer in layers}["layer3.2.relu2"] == (64, 3, 3)
    predictions = teacher.predict(random_images(3, (3, 12, 9)))
    assert (predictions.logits.shape, predictions.features.shape) == ((3, 4), (3, 64))
    again = Teacher.from_bytes(teacher.to_bytes(), device="cpu")
    assert np.array_equal(again.predict(random_images(3, (3, 12, 9))).logits, predictions.logits)


def test_features_need_a_linear_layer_at_the_end():
    teacher = lenet()
    network = torch.nn.Sequential(*teacher.module.children(), torch.nn.Softmax(dim=1))
    other = Teacher(network, "lenet", (1, 28, 28), 10, (0.3,), (0.4,), torch.device("cpu"))
    with pytest.raises(
        ValueError, match=r"^The network's last layer must be linear with 10 outputs, .* '8', a Softmax .*\.$"
    ):
        other.predict(random_images(2))
    assert other.classify(random_images(2)).shape == (2, 10)


def test_features_are_a_copy_that_later_code_cannot_change():
    class Changing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.flatten = torch.nn.Flatten()
            self.output = torch.nn.Linear(784, 10)

        def forward(self, images):
            flat = self.flatten(images)
            logits = self.output(flat)
            flat.zero_()
            return logits

    teacher = Teacher(Changing(), "lenet", (1, 28, 28), 10, (0.0,), (1.0,), torch.device("cpu"))
    images = random_images(3)
    np.testing.assert_allclose(teacher.predict(images).features, images.reshape(3, -1) / 255, rtol=1e-6)


def test_hooks_are_gone_after_use_and_after_failure():
    teacher = lenet()
    teacher.layers()
    teacher.predict(random_images(2))
    assert n_hooks(teacher) == 0

    teacher.module.hidden = torch.nn.Linear(3, 500)  # no longer fits
    for fail in (teacher.layers, lambda: teacher.predict(random_images(2))):
        with pytest.raises(RuntimeError):
            fail()
        assert n_hooks(teacher) == 0


def test_predictions_are_the_networks_own():
    teacher, images = lenet(), random_images(9)
    predictions = teacher.predict(images)
    normalised = (torch.tensor(images).float() / 255 - 0.3) / 0.4
    with torch.no_grad():
        expected = teacher.module(normalised).numpy()
    np.testing.assert_allclose(predictions.logits, expected, rtol=1e-4, atol=1e-6)
    assert predictions.logits.dtype == predictions.features.dtype == np.float32

    with torch.no_grad():
        from_features = teacher.module.get_submodule("output")(torch.tensor(predictions.features)).numpy()
    np.testing.assert_allclose(from_features, predictions.logits, rtol=1e-4, atol=1e-6)


def test_batches_and_float_images_change_nothing():
    teacher, images = lenet(), random_images(11)
    whole = teacher.predict(images)
    for other in (
        teacher.predict(images, batch_size=4),
        teacher.predict(images.astype(np.float32) / 255),
        teacher.predict(images / 255),
    ):
        np.testing.assert_allclose(other.logits, whole.logits, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(other.features, whole.features, rtol=1e-4, atol=1e-6)


def test_no_images_no_predictions():
    predictions = lenet().predict(random_images(0))
    assert (predictions.logits.shape, predictions.features.shape) == ((0, 10), (0, 500))


def test_read_only_images_are_taken_without_a_warning():
    images = random_images(3)
    images.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lenet().predict(images)


def test_predict_reports_and_can_be_cancelled():
    fractions = []

    def until_half(fraction, message="", **metrics):
        fractions.append(fraction)
        if fraction >= 0.5:
            raise Cancelled

    teacher = lenet()
    with pytest.raises(Cancelled):
        teacher.predict(random_images(8), batch_size=2, callback=until_half)
    assert fractions == [0.25, 0.5]
    assert n_hooks(teacher) == 0


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (
            np.zeros((2, 3, 28, 28), np.uint8),
            r"images must have the shape \(N, 1, 28, 28\) .* not \(2, 3, 28, 28\)\.",
        ),
        (np.zeros((1, 28, 28), np.uint8), r"images must have the shape .*"),
        (np.zeros((2, 1, 28, 28), np.int64), r"images must be uint8 0 to 255 or floats 0 to 1, not int64\."),
        (np.full((2, 1, 28, 28), 255.0), r"images must lie in 0 to 1 .* from 255 to 255\."),
        (np.full((2, 1, 28, 28), np.nan), r"images must lie in 0 to 1 .*\."),
    ],
)
def test_predict_refuses_what_are_no_images(images, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        lenet().predict(images)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"architecture": "alexnet"}, r"architecture must be one of .*lenet.*, not 'alexnet'\."),
        ({"in_shape": (28, 28)}, r"in_shape must be three positive numbers \(C, H, W\), not \(28, 28\)\."),
        ({"n_classes": 1}, r"n_classes must be 2 or more, not 1\."),
        ({"mean": [0.1, 0.2]}, r"mean must be 1 finite numbers, .*\."),
        ({"std": [0.0]}, r"std must be 1 positive numbers, .*\."),
        ({"std": [float("nan")]}, r"std must be 1 positive numbers, .*\."),
        ({"device": "tpu"}, r"device must be auto, cuda, cuda:1, mps or cpu, not 'tpu'\."),
    ],
)
def test_create_checks_its_settings(change, sentence):
    settings = {
        "architecture": "lenet",
        "in_shape": (1, 28, 28),
        "n_classes": 10,
        "mean": [0.3],
        "std": [0.4],
    }
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Teacher.create(**{**settings, **change})


def test_the_seed_chooses_the_weights_and_leaves_torch_alone():
    state = torch.get_rng_state()
    first, again, other = lenet().to_bytes(), lenet().to_bytes(), lenet(seed=1).to_bytes()
    assert first == again != other
    assert torch.equal(torch.get_rng_state(), state)


def test_bytes_bring_the_same_teacher_back(trained, digit_set):
    teacher = trained.teacher
    data = teacher.to_bytes()
    again = Teacher.from_bytes(data, device="cpu")
    for name in ("architecture", "in_shape", "n_classes", "mean", "std", "device"):
        assert getattr(again, name) == getattr(teacher, name)
    images = digit_set.images[:50]
    assert np.array_equal(again.predict(images).logits, teacher.predict(images).logits)
    assert again.to_bytes() == data


def damaged(change) -> bytes:
    """A teacher's bytes after a change to its weights and settings."""
    teacher = lenet()
    weights = {name: tensor.clone().contiguous() for name, tensor in teacher.module.state_dict().items()}
    settings = {
        "architecture": "lenet",
        "in_shape": (1, 28, 28),
        "n_classes": 10,
        "mean": [0.3],
        "std": [0.4],
    }
    change(weights, settings)
    return safetensors.torch.save(weights, {METADATA_KEY: json.dumps(settings)})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a teacher",
        b"\x80\x04\x95" + bytes(40),  # how a pickle starts
        lenet().to_bytes()[:-1],
        safetensors.torch.save({"weight": torch.zeros(3)}),
        safetensors.torch.save({"weight": torch.zeros(3)}, {METADATA_KEY: "{"}),
        safetensors.torch.save({"weight": torch.zeros(3)}, {METADATA_KEY: "[]"}),
        damaged(lambda weights, settings: settings.pop("mean")),
    ],
)
def test_other_bytes_are_refused_in_one_sentence(data):
    with pytest.raises(ValueError, match=r"^data must be a teacher in the safetensors format, .* and is not\.$"):
        Teacher.from_bytes(data, device="cpu")


@pytest.mark.parametrize(
    "change",
    [
        lambda weights, settings: weights.pop("conv1.bias"),
        lambda weights, settings: weights.update(extra=torch.zeros(1)),
        lambda weights, settings: settings.update(n_classes=9),
    ],
)
def test_weights_of_another_network_are_refused_in_one_sentence(change):
    with pytest.raises(ValueError, match=r"^data must hold the weights of the architecture it names, .* others\.$"):
        Teacher.from_bytes(damaged(change), device="cpu")


@given(
    npst.arrays(
        np.float32,
        npst.array_shapes(min_dims=2, max_dims=2),
        elements=st.floats(-(2.0**99), 2.0**99, width=32),
    )
)
def test_softmax_rows_sum_to_one(logits):
    probabilities = softmax(logits)
    assert probabilities.dtype == np.float64
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)


def test_softmax_closed_forms():
    np.testing.assert_allclose(softmax(np.log([[1.0, 2.0, 5.0]])), [[1 / 8, 2 / 8, 5 / 8]], rtol=1e-14)
    np.testing.assert_allclose(softmax(np.array([[1e4, 1e4], [-1e4, 1e4]])), [[0.5, 0.5], [0, 1]])


@given(
    st.integers(1, 6).flatmap(
        lambda k: st.tuples(st.just(k), st.lists(st.tuples(st.integers(0, k - 1), st.integers(0, k - 1))))
    )
)
def test_confusion_matrix_is_a_count_of_pairs(case):
    n_classes, pairs = case
    expected = np.zeros((n_classes, n_classes), dtype=np.int64)
    for true, predicted in pairs:
        expected[true, predicted] += 1
    confusion = confusion_matrix(
        np.array([true for true, _ in pairs]), np.array([predicted for _, predicted in pairs]), n_classes
    )
    assert confusion.dtype == np.int64
    assert np.array_equal(confusion, expected)


@pytest.mark.parametrize(
    ("true", "predicted", "sentence"),
    [
        ([0, 1], [0], r"true and predicted must be two lists of one length, .*\."),
        ([0, 3], [0, 1], r"true must hold whole numbers in 0 to 2, .*\."),
        ([0, 1], [0, -1], r"predicted must hold whole numbers in 0 to 2, .*\."),
        ([0, 1], [0.0, 1.0], r"predicted must hold whole numbers in 0 to 2, .*\."),
    ],
)
def test_confusion_matrix_refuses_other_things(true, predicted, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        confusion_matrix(np.array(true), np.array(predicted), 3)
