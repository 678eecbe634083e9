import pytest

from dashboard.teacher.words import epoch_words, training_words


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ((12, 12, False), "after epoch 12 of 12"),
        ((0, 12, False), "after epoch 0 of 12 (untrained)"),
        ((0, 2, True), "after epoch 0 of 2 (as the file has it)"),
        ((0, 0, True), "as the file has it"),
        ((0, 0, False), "untrained"),
    ],
)
def test_which_state_is_asked(asked, words):
    assert epoch_words(*asked) == words


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"epochs": 12}, "lenet, 12 epochs in 3.2 s on cpu"),
        ({"epochs": 1, "from_file": True}, "lenet, weights of a file, 1 epoch in 3.2 s on cpu"),
        ({"epochs": 0, "from_file": True}, "lenet, weights of a file, not trained here"),
        ({"epochs": 7, "stopped_after": 7}, "lenet, 7 epochs in 3.2 s on cpu, stopped early"),
    ],
)
def test_how_a_teacher_came_to_be(told, words):
    teacher = {"architecture": "lenet", "made_by": {"device": "cpu"}, "from_file": False, "stopped_after": None} | told
    assert training_words(teacher, 3.21) == words
