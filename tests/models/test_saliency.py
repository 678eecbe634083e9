"""Ways to explain an answer: where closed forms are known, against those; all of them for what they promise."""

import numpy as np
import pytest
import torch
from torch import nn

from models.progress import Cancelled
from models.saliency import METHODS, absolute, ask, attribute, map_layers, patches, question, signed, unseen_relus
from models.teacher import Teacher
from tests.models.looking import FOUR, SIDE, PixelVAE, image_between, linear_teacher, looking_teacher

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU activations"),
]

OF_ANY = [name for name, method in METHODS.items() if not method.needs_maps]
OF_MAPS = [name for name, method in METHODS.items() if method.needs_maps]


@pytest.fixture(scope="module")
def seen(trained, digit_set, digit_vae):
    codes = digit_vae.encode(digit_set.images[: digit_set.n_train]).means
    image = digit_set.images[digit_set.n_train]
    return question(trained.teacher, image, vae=digit_vae, spans=(codes.min(axis=0), codes.max(axis=0)))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_tells_of_each_pixel_and_again_the_same(seen, name):
    seen.relabelled = None
    found = ask(name, seen)
    channels, height, width = seen.image.shape
    assert found.shape in ((channels, height, width), (1, height, width))
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.ptp(found) > 0
    if not METHODS[name].is_signed:
        assert found.min() >= 0
    state = torch.get_rng_state()
    seen.relabelled = None
    assert ask(name, seen) == pytest.approx(found, abs=1e-6)
    assert torch.equal(torch.get_rng_state(), state)
    assert not seen.teacher.module.training


@pytest.mark.parametrize("name", [name for name in OF_ANY if not METHODS[name].is_control])
def test_who_looks_at_four_pixels_is_told_so(name):
    """Patches, windows and random masks hold more pixels than those four."""
    vae = PixelVAE()
    found = attribute(name, looking_teacher(), image_between(), vae=vae, spans=(np.zeros(64), np.ones(64)))
    shares = absolute(found)
    assert shares[FOUR].mean() > 1.3 * shares[~FOUR].mean()
    if name in ("integrated-gradients", "smooth-grad", "relabel", "relabel-contribution"):
        assert set(np.argsort(-shares.ravel())[:4]) == set(np.flatnonzero(FOUR))


@pytest.mark.parametrize("name", OF_MAPS)
def test_class_activation_maps_need_feature_maps(name):
    with pytest.raises(ValueError, match=r"needs a layer of feature maps, and this teacher has none\."):
        attribute(name, looking_teacher(), image_between())


def test_of_a_linear_teacher_all_that_takes_pixels_out_agrees():
    """It is weight × how far the pixel is from the mean pixel, summed over what is taken out together."""
    random = np.random.default_rng(0)
    weights, image = random.normal(size=(2, 8, 8)), random.random((2, 8, 8), np.float32)
    teacher = linear_teacher(weights, mean=(0.3, 0.4))
    apart = weights * (image - np.array([0.3, 0.4]).reshape(2, 1, 1))
    assert attribute("integrated-gradients", teacher, image, 1) == pytest.approx(apart, abs=1e-4)
    together = np.zeros((8, 8))
    for number in range(4):
        inside = patches(8, 8) == number
        together[inside] = apart[:, inside].sum()
    assert attribute("kernel-shap", teacher, image, 1)[0] == pytest.approx(together, abs=0.02)
    assert attribute("smooth-grad", teacher, image, 1) == pytest.approx(weights, abs=1e-4)
    window = attribute("occlusion", teacher, image, 1)[0]
    assert window[0, 0] == pytest.approx(apart[:, :5, :5].sum(), abs=1e-4)


def test_grad_cam_is_that_of_its_definition(seen):
    layer = map_layers(seen.teacher)[-1]["name"]
    module = seen.teacher.module.get_submodule(layer)
    maps = []
    hook = module.register_forward_hook(lambda _layer, _inputs, output: maps.append(output))
    logits = seen.teacher.logits(seen.tensor())
    hook.remove()
    slope = torch.autograd.grad(logits[0, seen.label], maps[0])[0]
    wanted = (slope.mean(dim=(2, 3), keepdim=True) * maps[0]).sum(dim=1, keepdim=True).relu()
    wanted = nn.functional.interpolate(wanted, (28, 28), mode="bilinear")[0].detach().numpy()
    assert attribute("grad-cam", seen.teacher, seen.image) == pytest.approx(wanted, abs=1e-5)
    first = map_layers(seen.teacher)[0]["name"]
    assert not np.allclose(attribute("grad-cam", seen.teacher, seen.image, layer=first), wanted, atol=1e-3)
    with pytest.raises(ValueError, match=r"layer must be one with feature maps, such as .*, not 'output'\."):
        attribute("grad-cam", seen.teacher, seen.image, layer="output")


class Called(nn.Module):
    """A net whose ReLU no hook sees."""

    def __init__(self):
        super().__init__()
        self.conv, self.relu, self.flat = nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten()
        self.output = nn.Linear(72, 2)

    def forward(self, images):
        return self.output(self.flat(torch.relu(self.relu(self.conv(images)))))


def test_guided_backpropagation_wants_relus_that_it_can_see(seen):
    assert unseen_relus(seen.teacher) == 0
    teacher = Teacher(Called(), "lenet", (1, SIDE, SIDE), 2, (0.0,), (1.0,), torch.device("cpu"))
    assert unseen_relus(teacher) == 1
    with pytest.raises(ValueError, match=r"this teacher has 1 that are calls and no layers"):
        attribute("guided-grad-cam", teacher, image_between())
    attribute("grad-cam", teacher, image_between())


def test_re_label_is_asked_once_for_both_maps(seen):
    seen.relabelled = None
    weights = ask("relabel", seen)
    kept = seen.relabelled
    times = ask("relabel-contribution", seen)
    assert seen.relabelled is kept
    mean = seen.teacher.mean[0]
    assert times == pytest.approx(weights * (seen.image - np.float32(mean)), abs=1e-6)


def test_channels_are_summed_with_their_signs_or_the_strongest_is_taken():
    attribution = np.array([[[1.0, -2.0]], [[-3.0, 0.5]]])
    assert signed(attribution).tolist() == [[-2.0, -1.5]]
    assert absolute(attribution).tolist() == [[3.0, 2.0]]


def test_a_cancel_is_heard(seen):
    def stop(*_, **more):
        raise Cancelled

    for name in ("rise", "relabel", "student"):
        with pytest.raises(Cancelled):
            attribute(name, seen.teacher, seen.image, vae=seen.vae, spans=seen.spans, callback=stop)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"method": "gradcam"}, r"method must be one of relabel, .*, not 'gradcam'\."),
        ({"method": "relabel"}, r"Re-label needs a VAE of these images: train one in the VAE view\."),
        ({"method": "rise", "label": 10}, r"label must be a class, 0 to 1, not 10\."),
        ({"method": "rise", "image": np.zeros((1, 3, 3), np.float32)}, r"image must have the shape \(1, 8, 8\)"),
        ({"method": "student", "vae": PixelVAE()}, r"spans must be given for a student"),
    ],
)
def test_what_does_not_fit_is_refused(asked, sentence):
    with pytest.raises(ValueError, match=sentence):
        attribute(**{"teacher": looking_teacher(), "image": image_between()} | asked)
