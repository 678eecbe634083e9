import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.data import ImageSet, digits, statistics
from models.progress import Cancelled
from models.teacher import Teacher, confusion_matrix, softmax
from models.training import default_stored_epochs, train


@pytest.fixture(scope="module")
def few(digit_set) -> ImageSet:
    """The first 200 training digits, the last 40 of them for testing."""
    return replace(digit_set, images=digit_set.images[:200], labels=digit_set.labels[:200], n_train=160)


@pytest.mark.slow
def test_the_default_settings_reach_97_percent(trained):
    """On the mean of three splits: of the 360 test images of one split alone, it is a matter of two."""
    accuracies = [trained.record.test_accuracy[-1]]
    for seed in (1, 2):
        image_set = digits(seed=seed)
        normalisation = statistics(image_set)
        teacher = Teacher.create(
            "lenet", (1, 28, 28), 10, normalisation["mean"], normalisation["std"], seed, device="cpu"
        )
        accuracies.append(train(teacher, image_set, epochs=8).test_accuracy[-1])
    assert np.mean(accuracies) >= 0.97
    assert trained.record.train_accuracy[-1] >= 0.99


def test_the_record_has_a_row_for_each_epoch_and_the_untrained(trained):
    record = trained.record
    for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds"):
        assert getattr(record, name).shape == (13,), name
        assert getattr(record, name).dtype == np.float64, name
    assert record.test_confusion.shape == (13, 10, 10)
    assert record.test_accuracy[0] < 0.4  # chance is 0.1
    assert np.log(10) - 0.3 < record.test_loss[0] < np.log(10) + 0.3  # an untrained net knows nothing
    assert (record.seconds > 0).all()


def test_the_last_row_is_what_the_teacher_says(trained, digit_set):
    record = trained.record
    probabilities = softmax(trained.teacher.predict(digit_set.images).logits)
    right = probabilities[np.arange(len(digit_set)), digit_set.labels]
    predicted = probabilities.argmax(axis=1)
    train_ids, test_ids = digit_set.train_ids, digit_set.test_ids
    np.testing.assert_allclose(record.train_loss[-1], -np.log(right[train_ids]).mean(), rtol=1e-9)
    np.testing.assert_allclose(record.test_loss[-1], -np.log(right[test_ids]).mean(), rtol=1e-9)
    confusion = confusion_matrix(digit_set.labels[test_ids], predicted[test_ids], 10)
    assert np.array_equal(record.test_confusion[-1], confusion)


def test_accuracy_and_confusion_agree(trained, digit_set):
    confusion = trained.record.test_confusion
    assert (confusion.sum(axis=(1, 2)) == digit_set.n_test).all()
    shares = confusion.trace(axis1=1, axis2=2) / digit_set.n_test
    np.testing.assert_allclose(trained.record.test_accuracy, shares)


def test_stored_weights_are_those_of_their_epoch(trained, make_teacher, digit_set):
    weights = trained.record.weights
    assert tuple(weights) == default_stored_epochs(12)
    assert weights[0] == make_teacher().to_bytes()
    assert weights[12] == trained.teacher.to_bytes()
    test_images, test_labels = digit_set.images[digit_set.test_ids], digit_set.labels[digit_set.test_ids]
    for epoch in (0, 5, 12):
        stored = Teacher.from_bytes(weights[epoch], device="cpu")
        accuracy = (stored.predict(test_images).logits.argmax(axis=1) == test_labels).mean()
        # other batches round otherwise, which may turn a tie
        assert accuracy == pytest.approx(trained.record.test_accuracy[epoch], abs=1.5 / len(test_labels)), epoch


def test_reports_tell_fraction_stage_and_metrics(trained):
    fractions = [fraction for fraction, _, _ in trained.reports if fraction is not None]  # None between reports
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert fractions == sorted(fractions)

    ends = [metrics for _, _, metrics in trained.reports if "test_accuracy" in metrics]
    assert [metrics["epoch"] for metrics in ends] == list(range(13))
    assert [metrics["test_accuracy"] for metrics in ends] == list(trained.record.test_accuracy)
    assert [metrics["test_loss"] for metrics in ends] == list(trained.record.test_loss)
    assert [metrics["train_loss"] for metrics in ends] == list(trained.record.train_loss)

    within = [metrics for _, message, metrics in trained.reports if message == "epoch 3 of 12" and metrics]
    assert len(within) >= 4
    assert all(2 < metrics["epoch"] <= 3 and metrics["train_loss"] > 0 for metrics in within)


def test_one_seed_one_result(few, make_teacher):
    def run(seed: int) -> bytes:
        teacher = make_teacher()
        train(teacher, few, epochs=2, seed=seed)
        return teacher.to_bytes()

    torch.manual_seed(1)
    first = run(seed=0)
    state = torch.get_rng_state()
    torch.manual_seed(2)  # someone else's randomness
    assert run(seed=0) == first != run(seed=1)
    torch.manual_seed(1)
    run(seed=5)
    assert torch.equal(torch.get_rng_state(), state)  # and ours leaves theirs alone


def test_gradient_descent_learns_too(few, make_teacher):
    record = train(make_teacher(), few, epochs=6, batch_size=16, optimizer="sgd", learning_rate=0.02)
    assert record.train_accuracy[-1] > 0.9


@pytest.mark.parametrize(
    ("optimizer", "learning_rate"), [("adam", 0.002), ("adamw", 0.002), ("rmsprop", 0.0005), ("sgd", 0.02)]
)
@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle", "step"])
def test_every_optimiser_learns_on_every_schedule(few, make_teacher, optimizer, learning_rate, schedule):
    settings = {"optimizer": optimizer, "learning_rate": learning_rate, "schedule": schedule}
    record = train(make_teacher(), few, epochs=3, batch_size=16, **settings)
    assert record.train_loss[-1] < 0.6 * record.train_loss[0]


def test_smoothed_labels_make_for_modest_answers(few, make_teacher):
    def confidence(label_smoothing: float) -> float:
        teacher = make_teacher()
        train(teacher, few, epochs=6, batch_size=16, label_smoothing=label_smoothing)
        return softmax(teacher.predict(few.images).logits).max(axis=1).mean()

    assert confidence(0.4) < confidence(0.0) - 0.1


def test_dropout_is_set_for_this_training_only(few):
    def weights_after(dropout: float | None) -> bytes:
        teacher = Teacher.create("example-cnn", (1, 28, 28), 10, [0.1], [0.3], device="cpu")
        record = train(teacher, few, epochs=1, dropout=dropout, stored_epochs=[1])
        assert [layer.p for layer in teacher.module.modules() if isinstance(layer, torch.nn.Dropout)] == [0.25, 0.5]
        return record.weights[1]

    own = weights_after(None)
    assert own == weights_after(None)  # what is dropped is seeded
    assert own != weights_after(0.1)


def test_changed_images_are_trained_on_and_plain_ones_measured(few, make_teacher):
    """Learning to tell fours from mirrored fours is harder, but the measured loss is that of the images as they are."""
    plain, changed = make_teacher(), make_teacher()
    train(plain, few, epochs=2)
    record = train(changed, few, epochs=2, shift=3, flip=True, crop=0.8)
    assert plain.to_bytes() != changed.to_bytes()
    logits = changed.predict(few.images[: few.n_train]).logits
    right = softmax(logits)[np.arange(few.n_train), few.labels[: few.n_train]]
    assert record.train_loss[-1] == pytest.approx(-np.log(right).mean(), rel=1e-4)


def test_early_stopping_says_when(few, make_teacher):
    """A constant rate, at which the test loss soon rises again."""
    reports = []

    def note(fraction, message="", **metrics):
        reports.append((fraction, message, metrics))

    settings = {"learning_rate": 0.004, "schedule": "constant", "batch_size": 16}
    teacher = make_teacher()
    record = train(teacher, few, epochs=40, patience=2, callback=note, **settings)
    stopped = record.stopped_after
    assert stopped is not None
    assert 2 <= stopped < 40
    assert len(record.test_loss) == stopped + 1
    best = int(record.test_loss.argmin())
    assert stopped == best + 2
    fraction, message, metrics = reports[-1]
    assert (fraction, metrics["epoch"]) == (1, stopped)
    assert message == f"stopped after epoch {stopped} of 40, as the test loss has not fallen since epoch {best}"
    assert list(record.weights)[-1] == stopped  # in place of epoch 40
    assert record.weights[stopped] == teacher.to_bytes()
    assert train(make_teacher(), few, epochs=2, patience=2).stopped_after is None


class Killed(Exception):
    pass


FULL = {"shift": 1, "flip": True, "crop": 0.9, "label_smoothing": 0.1, "weight_decay": 1e-4, "patience": 4}


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop", "sgd"])
@pytest.mark.parametrize("architecture", ["example-cnn", "resnet-20"])
def test_resumed_is_bit_for_bit_uninterrupted(few, optimizer, architecture):
    """With dropout or batch normalisation, a schedule in its middle, and draws of every kind."""
    tiny = replace(few, images=np.ascontiguousarray(few.images[:60, :, 6:22, 6:22]), labels=few.labels[:60], n_train=40)

    def make() -> Teacher:
        return Teacher.create(architecture, (1, 16, 16), 10, [0.3], [0.4], device="cpu")

    settings = {"epochs": 4, "batch_size": 16, "optimizer": optimizer, "learning_rate": 0.002, **FULL}
    whole_teacher = make()
    whole = train(whole_teacher, tiny, **settings)

    kept = {}

    def keep_and_die(epoch: int, data: bytes) -> None:
        kept[epoch] = data
        if epoch == 2:
            raise Killed

    with pytest.raises(Killed):
        train(make(), tiny, checkpoint=keep_and_die, **settings)
    assert list(kept) == [1, 2]

    epochs, teacher = [], make()
    resumed = train(
        teacher, tiny, resume=kept[2], callback=lambda *_, **told: epochs.append(told.get("epoch")), **settings
    )
    assert teacher.to_bytes() == whole_teacher.to_bytes()
    assert resumed.weights == whole.weights
    for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "test_confusion"):
        assert np.array_equal(getattr(resumed, name), getattr(whole, name)), name
    assert epochs[:3] == [0, 1, 2]  # the curve is whole again
    assert len(resumed.seconds) == 5


def test_a_finished_training_is_resumed_at_once(few, make_teacher):
    kept = {}
    first, again = make_teacher(), make_teacher()
    train(first, few, epochs=1, checkpoint=kept.__setitem__)
    record = train(again, few, epochs=1, resume=kept[1])
    assert first.to_bytes() == again.to_bytes()
    assert list(record.weights) == [0, 1]


def test_a_checkpoint_of_another_training_is_refused(few, make_teacher):
    kept = {}
    train(make_teacher(), few, epochs=1, checkpoint=kept.__setitem__)
    with pytest.raises(ValueError, match=r"^resume .* but there batch_size is 64, and here 32\.$"):
        train(make_teacher(), few, epochs=1, batch_size=32, resume=kept[1])


def test_weight_decay_makes_weights_smaller(few, make_teacher):
    def size(weight_decay: float) -> float:
        teacher = make_teacher()
        train(teacher, few, epochs=3, weight_decay=weight_decay)
        return sum(float(parameter.detach().square().sum()) for parameter in teacher.module.parameters())

    assert size(0.1) < 0.9 * size(0.0)


def test_a_cancel_stops_in_the_middle_of_an_epoch(few, make_teacher):
    heard = []

    def cancel(fraction, message="", **metrics):
        heard.append(metrics.get("epoch"))
        if metrics.get("epoch", 0) > 1.4:
            raise Cancelled

    teacher = make_teacher()
    with pytest.raises(Cancelled):
        train(teacher, few, epochs=5, batch_size=8, callback=cancel)
    assert heard[-1] == pytest.approx(1.5, abs=0.05)  # of 20 steps a report at least every second one


def test_read_only_images_are_taken_without_a_warning(few, make_teacher):
    images, labels = few.images.copy(), few.labels.copy()
    images.flags.writeable = labels.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(make_teacher(), replace(few, images=images, labels=labels), epochs=1)


def test_overflow_says_what_to_lower(few, make_teacher):
    with pytest.raises(
        FloatingPointError,
        match=r"^The loss is no longer a finite number in epoch \d+: lower learning_rate, .*1e\+10\.$",
    ):
        train(make_teacher(), few, epochs=3, optimizer="sgd", learning_rate=1e10)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"epochs": -1}, r"epochs must be a whole number, 0 or more, not -1\."),
        ({"epochs": 1.5}, r"epochs must be a whole number, 0 or more, not 1\.5\."),
        ({"batch_size": 0}, r"batch_size must be a whole number, 1 or more, not 0\."),
        ({"learning_rate": 0.0}, r"learning_rate must be a finite number above 0, not 0\.0\."),
        ({"learning_rate": float("nan")}, r"learning_rate must be a finite number above 0, not nan\."),
        ({"optimizer": "lion"}, r"optimizer must be one of adam, adamw, rmsprop, sgd, not 'lion'\."),
        ({"schedule": "linear"}, r"schedule must be one of constant, cosine, one-cycle, step, not 'linear'\."),
        ({"momentum": 1.0}, r"momentum must be a number, 0 or more and below 1, not 1\.0\."),
        ({"label_smoothing": -0.1}, r"label_smoothing must be a number, 0 or more and below 1, not -0\.1\."),
        ({"dropout": 1.0}, r"dropout must be a number, 0 or more and below 1, not 1\.0\."),
        ({"dropout": 0.5}, r"dropout must be left out for lenet, which has no dropout layer\."),
        ({"patience": 0}, r"patience must be a whole number, 1 or more, not 0\."),
        ({"shift": -1}, r"shift must be a whole number of pixels, 0 or more, not -1\."),
        ({"seed": -1}, r"seed must be a whole number, 0 or more, not -1\."),
        ({"resume": b"?"}, r"resume must be a checkpoint of a training, .* is not\."),
        ({"weight_decay": -1.0}, r"weight_decay must be a finite number, 0 or more, not -1\.0\."),
        (
            {"stored_epochs": [0, 13]},
            r"stored_epochs must be whole numbers in 0 .* to 12 .*, not \[0, 13\]\.",
        ),
        ({"stored_epochs": [0.5]}, r"stored_epochs must be whole numbers .*, not \[0\.5\]\."),
    ],
)
def test_settings_are_checked_with_one_sentence(few, make_teacher, change, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        train(make_teacher(), few, **change)


def test_images_must_fit_the_teacher(few):
    with pytest.raises(ValueError, match=r"^image_set must hold images of the teacher's shape \(3, 28, 28\), .*\.$"):
        train(Teacher.create("lenet", (3, 28, 28), 10, [0.5] * 3, [0.2] * 3, device="cpu"), few)
    with pytest.raises(ValueError, match=r"^image_set must have the teacher's 11 classes, but has 10\.$"):
        train(Teacher.create("lenet", (1, 28, 28), 11, [0.5], [0.2], device="cpu"), few)


def test_no_epochs_only_measure(few, make_teacher):
    teacher, untrained = make_teacher(), make_teacher().to_bytes()
    record = train(teacher, few, epochs=0)
    assert record.test_loss.shape == (1,)
    assert record.weights == {0: untrained}
    assert record.stopped_after is None


def test_stored_epochs_as_asked(few, make_teacher):
    record = train(make_teacher(), few, epochs=2, stored_epochs=[2, 1])
    assert list(record.weights) == [1, 2]
    assert train(make_teacher(), few, epochs=1, stored_epochs=[]).weights == {}


@pytest.mark.parametrize("epochs", [1, 2, 8, 9, 10, 11, 12, 50, 997])
def test_default_stored_epochs_are_ten_at_most_and_even(epochs):
    stored = default_stored_epochs(epochs)
    assert len(stored) == min(10, epochs + 1)
    assert (stored[0], stored[-1]) == (0, epochs)
    gaps = np.diff(stored)
    assert gaps.min() >= 1
    assert gaps.max() - gaps.min() <= 1
