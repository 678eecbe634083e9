"""What a study has, what it lacks and why, and what that means for the views."""

import pytest

from dashboard.abilities import NO_MODEL, Need, Part, lacking, lacks, report, why_not
from dashboard.views import VIEWS
from workers.studies import digits_study

CHOICES = {"architectures": {"lenet": {"convolutions": True}, "linear": {"convolutions": False}}}


def asked(**teacher):
    return {"images": ("images", {}), "teacher": ("teacher", {"architecture": "lenet", "epochs": 3} | teacher)}


def given(has_images, has_labels):
    params = {"has_images": has_images, "has_labels": has_labels}
    return {"images": ("given", params), "predictions": ("given", params)}


def test_a_trained_teacher_lacks_the_vae_only():
    assert lacks(asked(), CHOICES) == {Need.VAE: "none has been trained for it"}
    assert lacks(asked() | {"vae": ("vae", {})}, CHOICES) == {}


def test_a_teacher_of_a_file_that_is_not_trained_has_no_epochs():
    assert lacks(asked(epochs=0), CHOICES)[Need.EPOCHS] == "its teacher is not trained here"
    assert Need.EPOCHS not in lacks(asked(epochs=1), CHOICES)


def test_a_network_without_convolutions_has_none_to_look_into():
    assert lacks(asked(architecture="linear"), CHOICES)[Need.CONVOLUTIONS] == "its network has none"
    assert Need.CONVOLUTIONS not in lacks(asked(architecture="of another worker"), CHOICES)  # it may have some


@pytest.mark.parametrize("has_images", [True, False])
@pytest.mark.parametrize("has_labels", [True, False])
def test_predictions_alone_have_no_model_and_what_their_file_holds(has_images, has_labels):
    found = lacks(given(has_images, has_labels), CHOICES)
    for need in (Need.MODEL, Need.GRADIENTS, Need.CONVOLUTIONS, Need.EPOCHS):
        assert found[need] == NO_MODEL
    assert (Need.IMAGES in found) is not has_images
    assert (Need.LABELS in found) is not has_labels
    if not has_labels:
        assert found[Need.LABELS] == "the file of predictions holds no labels"


def test_a_part_that_needs_nothing_can_always_be():
    assert why_not(Part("Bars"), dict.fromkeys(Need, "there is nothing")) == ""


def test_a_part_lacks_the_first_thing_that_it_needs():
    part = Part("Saliency", (Need.IMAGES, Need.GRADIENTS))
    assert why_not(part, {}) == ""
    assert why_not(part, {Need.GRADIENTS: NO_MODEL}) == NO_MODEL
    assert why_not(part, {Need.GRADIENTS: NO_MODEL, Need.IMAGES: "the file holds none"}) == "the file holds none"


def test_a_report_says_of_every_part_whether_it_can_be():
    views = [("Teacher", (Part("Matrix", (Need.LABELS,)), Part("Bars")))]
    lines = report("Mine", views, {Need.LABELS: "the file holds none"})
    assert lines[0] == "Mine has"
    assert "  labels                  no, as the file holds none" in lines
    assert "  images                  yes" in lines
    assert lines[-3:] == [
        "Teacher view",
        "  Matrix                  no, as the file holds none",
        "  Bars                    yes",
    ]


def test_every_need_of_every_view_is_reported():
    lines = report("Mine", [(view.title, view.parts) for view in VIEWS], {})
    assert sum(line.endswith("yes") for line in lines) == len(Need) + sum(len(view.parts) for view in VIEWS)
    assert not [line for line in lines if "no, as" in line]


def test_of_a_study_that_was_computed_the_records_say_it(digits):
    assert lacking(digits.engine, digits.study.keys) == {Need.VAE: "none has been trained for it"}


def test_of_a_record_that_is_gone_the_role_says_what_it_was(digits):
    keys = {role: f"{key[:-4]}gone" for role, key in digits.study.keys.items()}
    assert lacking(digits.engine, keys) == {Need.VAE: "none has been trained for it"}
    assert set(keys) == set(digits_study())
