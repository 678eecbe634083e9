"""Architectures of a user's own: what a file may declare, what is refused, and what their names carry."""

import re

import numpy as np
import pytest
import torch

from models.architecture_files import load_architectures
from models.architectures import ARCHITECTURES, make_network
from models.teacher import Teacher

HEAD = """
from torch import nn
from models.architectures import architecture


"""


def net(layers="nn.Flatten(), nn.Linear(in_shape[0] * in_shape[1] * in_shape[2], n_classes)", name="mine", least=4):
    return f'''{HEAD}@architecture("{name}", title="Mine", min_size={least})
def make(in_shape, n_classes):
    return nn.Sequential({layers})
'''


BODY = f"""{HEAD}class Net(nn.Module):
    def __init__(self, in_shape, n_classes):
        super().__init__()
        self.conv = nn.Conv2d(in_shape[0], 6, 3)
        self.relu = nn.ReLU()
        self.more = nn.Conv2d(6, 6, 3, padding=1)
        self.fc = nn.Linear(6 * (in_shape[1] - 2) * (in_shape[2] - 2), n_classes)

    def forward(self, x):
        maps = self.relu(self.more(self.relu(self.conv(x))))
        return self.fc(maps.view(len(x), -1))


architecture("reusing", title="Reusing", min_size=5)(Net)
"""


def test_a_file_adds_its_networks_under_names_that_carry_its_content(nets):
    (mine,) = load_architectures(nets(net()))
    assert re.fullmatch(r"mine@[0-9a-f]{12}", mine.name)
    assert mine.faults == ()
    assert mine.n_weights == 3 * 4 * 4 * 10 + 10
    assert mine.n_convolutions == 0
    known = ARCHITECTURES[mine.name]
    assert (known.title, known.min_size) == ("Mine", 4)
    network = make_network(mine.name, (1, 6, 5), 3)
    assert network.training
    assert network(torch.zeros(7, 1, 6, 5)).shape == (7, 3)
    with pytest.raises(ValueError, match="at least 4 x 4 pixels for Mine"):
        make_network(mine.name, (1, 6, 3), 3)


def test_another_content_is_another_architecture(nets):
    (first,) = load_architectures(nets(net()))
    del ARCHITECTURES[first.name]
    (second,) = load_architectures(nets(net() + "# a remark\n"))
    del ARCHITECTURES[second.name]
    (again,) = load_architectures(nets(net(), "moved.py"))
    assert first.name == again.name != second.name
    with pytest.raises(ValueError, match=rf"^the architecture {second.name} is not known here: .* among --models\.$"):
        make_network(second.name, (1, 6, 6), 3)


def test_several_in_one_file_in_their_order(nets):
    source = HEAD + "\n".join(
        f'architecture("{name}", title="{name}", min_size=1)'
        "(lambda shape, k: nn.Sequential(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], k)))"
        for name in ("b", "a", "c")
    )
    assert [loaded.name[:2] for loaded in load_architectures(nets(source))] == ["b@", "a@", "c@"]


def test_what_would_make_hooks_lie_is_found_and_no_hindrance(nets):
    (reusing,) = load_architectures(nets(BODY))
    assert len(reusing.faults) == 1
    assert "more than once in a forward pass (relu)" in reusing.faults[0]
    source = net("nn.Conv2d(in_shape[0], 2, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(8, n_classes)", "in")
    (in_place,) = load_architectures(nets(source))
    assert len(in_place.faults) == 1
    assert "work in place overwrite what the layer before has computed (1)" in in_place.faults[0]


def test_a_teacher_of_ones_own(nets):
    """That its network calls `view` on its maps is no matter, nor that it makes another order of memory of them."""
    (mine,) = load_architectures(nets(BODY))
    teacher = Teacher.create(mine.name, (1, 8, 8), 3, [0.5], [0.5], seed=1, device="cpu")
    images = np.random.default_rng(0).random((5, 1, 8, 8), np.float32)
    told = teacher.predict(images)
    assert (told.logits.shape, told.features.shape) == ((5, 3), (5, 6 * 6 * 6))
    assert teacher.hook_faults() == list(mine.faults)
    again = Teacher.from_bytes(teacher.to_bytes(), device="cpu")
    assert np.array_equal(again.predict(images).logits, told.logits)


def test_trying_draws_from_no_generator_of_ours(nets):
    state = torch.get_rng_state()
    load_architectures(nets(net()))
    assert torch.equal(torch.get_rng_state(), state)


def test_what_fits_only_one_shape_says_so_when_it_is_asked_for_another(nets):
    (fixed,) = load_architectures(nets(net("nn.Flatten(), nn.Linear(48, n_classes)", "fixed")))
    sentence = rf"^{fixed.name} does not run on images \(1, 8, 8\) and 3 classes: RuntimeError: .*mat1 and mat2 .*\.$"
    with pytest.raises(ValueError, match=sentence) as caught:
        make_network(fixed.name, (1, 8, 8), 3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", r"declares no architecture; put @architecture\(\.\.\.\) of models\.architectures before what makes one\."),
        ("def (", r"fails when it is run: SyntaxError: .*nets\.py, line 1\)\."),
        ("import nowhere", r"fails when it is run: ModuleNotFoundError: No module named 'nowhere'\."),
        (net(name="lenet"), r"declares lenet, and there is an architecture of that name; choose another\."),
        (net(name="My net"), r"fails when it is run: name must be small letters, .* such as 'my-net', not 'My net'\."),
        (net(least=0), r"fails when it is run: min_size must be 1 pixel or more for mine, not 0\."),
        (net() + net()[len(HEAD) :], r"fails when it is run: the architecture mine is declared twice\."),
        (net("nn.Linear()"), r"mine@\w+ cannot be made for images \(3, 4, 4\) and 10 classes: TypeError: .*\."),
        (net().replace("return", "made ="), r"mine@\w+ must be a network, an nn\.Module, but is a NoneType\."),
        (net("nn.Conv2d(3, 10, 1)"), r"mine@\w+ does not run on .*: it must make logits \(2, 10\) of two images, .*\."),
        (net("nn.Flatten(), nn.Linear(48, 10), nn.Softmax(1)"), r".* last layer must be linear .* '2', a Softmax .*\."),
        (net("nn.Flatten(), (shared := nn.Linear(48, 48)), shared, nn.Linear(48, 10)"), r".* cannot be stored: .*\."),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_in_a_sentence(nets, source, sentence):
    path, known = nets(source), dict(ARCHITECTURES)
    with pytest.raises(ValueError, match=sentence) as caught:
        load_architectures(path)
    assert "\n" not in str(caught.value)
    assert known == ARCHITECTURES


def test_a_name_is_taken_once(nets):
    load_architectures(nets(net()))
    with pytest.raises(ValueError, match=r"other\.py declares mine, and there is an architecture of that name"):
        load_architectures(nets(net(least=8), "other.py"))


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.py cannot be read \(no such file or directory\)\.$"):
        load_architectures(tmp_path / "nowhere.py")


def test_what_may_be_over_at_the_next_start_is_no_refusal(nets):
    with pytest.raises(MemoryError):
        load_architectures(nets("raise MemoryError"))
