"""The derivatives of DarkSight against those that autograd finds, in float64, and the step of the student against the whole
system of equations."""

import math

import numpy as np
import pytest
import torch

from models.darksight.descent import MOST_COUPLED, POINT_DAMPING, Descent, Step, descend
from models.darksight.divergence import Targets, compare, slopes
from models.darksight.places import answer_alike, candidates, from_candidates, look_at, newton, place, search
from models.darksight.student import Student

pytestmark = pytest.mark.usefixtures("one_thread")
CLASSES = 4


@pytest.fixture(params=[2.0, 5.0, math.inf], ids=["t, 2", "t, 5", "gaussian"])
def student(request):
    draw = torch.Generator().manual_seed(1)
    means = 3 * torch.randn(2, CLASSES, generator=draw, dtype=torch.float64)
    prior = torch.randn(CLASSES, generator=draw, dtype=torch.float64).log_softmax(0)
    return Student(means, prior, 1.2, request.param)


def targets_of(count, seed=0):
    logits = 2 * torch.randn(CLASSES, count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    weights = torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return Targets(logits.softmax(0), logits.log_softmax(0), weights / weights.sum())


def places_of(count, seed=0):
    return 2 * torch.randn(2, count, generator=torch.Generator().manual_seed(seed + 7), dtype=torch.float64)


def of_logs(targets, log):
    """The divergence as one would write it down."""
    log_q = log.log_softmax(0)
    one_way = (targets.p * (targets.log_p - log_q)).sum()
    return (one_way + (log_q.exp() * (log_q - targets.log_p)).sum()) / 2


def test_the_student_sees_densities(student):
    """Integrated over the plane, the density is 1, but for what the tails hold beyond it."""
    side = torch.linspace(-150, 150, 601, dtype=torch.float64)
    plane = torch.stack(torch.meshgrid(side, side, indexing="ij")).reshape(2, -1)
    assert student.joint(plane).log.logsumexp(0).exp().sum() * 0.5**2 == pytest.approx(1, abs=2e-3)


def test_the_divergence_is_that_of_the_paper(student):
    targets, places = targets_of(5), places_of(5)
    loss, _ = compare(targets, student, places)
    for point in range(5):
        one = targets.take(torch.tensor([point]))
        assert loss[point] == pytest.approx(float(of_logs(one, student.joint(places[:, [point]]).log)))


def test_derivatives_by_the_log_of_each_class(student):
    targets, places = targets_of(1), places_of(1)
    log = student.joint(places).log[:, 0]
    function = lambda log: of_logs(targets, log[:, None])  # noqa: E731
    seen = compare(targets, student, places)[1]
    found = slopes(targets, seen)
    assert found.gradient[:, 0].numpy() == pytest.approx(torch.autograd.functional.jacobian(function, log).numpy())
    q, turn = seen.q[:, 0], found.turn[:, 0]
    mixed = torch.outer(turn, q)
    second = torch.diag((found.gradient + found.weight)[:, 0]) - torch.outer(q, q) - (mixed + mixed.T) / 2
    assert second.numpy() == pytest.approx(torch.autograd.functional.hessian(function, log).numpy(), abs=1e-12)


def test_a_step_of_a_point_is_newtons(student):
    targets = targets_of(8)
    places, _ = place(targets, student, places_of(8), 30)
    places = places + 0.01
    step = newton(targets, student, compare(targets, student, places)[1], torch.zeros(8, dtype=torch.float64))
    checked = 0
    for point in range(8):
        one = targets.take(torch.tensor([point]))

        def function(place, one=one):
            return compare(one, student, place[:, None])[0].sum()

        gradient = torch.autograd.functional.jacobian(function, places[:, point])
        hessian = torch.autograd.functional.hessian(function, places[:, point])
        if torch.linalg.eigvalsh(hessian)[0] > 1e-9:
            right = -torch.linalg.solve(hessian, gradient)
            if right.norm() < 1:
                assert step[:, point].numpy() == pytest.approx(right.numpy(), rel=1e-6)
                checked += 1
        assert step[:, point] @ gradient < 0
    assert checked >= 4


@pytest.mark.parametrize("coupled", [True, False])
@pytest.mark.parametrize("joint", [True, False])
def test_a_step_of_the_student_is_newtons(student, joint, coupled, monkeypatch):
    """Of means, prior and, where they move along, all places, against autograd's derivatives of all of them."""
    monkeypatch.setattr("models.darksight.descent.MOST_COUPLED", MOST_COUPLED if coupled else 0)
    count, damping, size = 6, 0.01, 3 * CLASSES
    targets = targets_of(count)
    places, _ = place(targets, student, places_of(count), 100)
    tried, foreseen = Step(targets, student, places, joint).student(damping)

    def function(numbers):
        means, prior = numbers[: 2 * CLASSES].view(2, CLASSES), numbers[2 * CLASSES : size]
        seen = student._replace(means=means, log_prior=prior)
        return targets.weights @ compare(targets, seen, numbers[size:].view(2, count))[0]

    numbers = torch.cat([student.means.flatten(), student.log_prior, places.flatten()])
    gradient = torch.autograd.functional.jacobian(function, numbers)[:size]
    whole = torch.autograd.functional.hessian(function, numbers)
    matrix = whole[:size, :size]
    if joint:
        by_points = whole[size:, size:] + POINT_DAMPING * torch.diag(targets.weights.repeat(2))
        assert torch.linalg.eigvalsh(by_points)[0] > 0
        matrix = matrix - whole[:size, size:] @ torch.linalg.solve(by_points, whole[size:, :size])
    if not coupled:
        number = torch.arange(size) % CLASSES
        matrix = torch.where(number[:, None] == number, matrix, 0)
    unit = torch.ones(3, CLASSES, dtype=torch.float64)
    unit[:2] *= student.variance
    unit = (CLASSES * unit).sqrt().flatten()
    curved, along = torch.linalg.eigh(unit[:, None] * matrix * unit)
    expected = unit * (along @ ((along.T @ -(gradient * unit)) / (curved.abs() + damping)))
    assert (tried.means - student.means).flatten().numpy() == pytest.approx(expected[: 2 * CLASSES].numpy(), abs=1e-6)
    raised = (student.log_prior + expected[2 * CLASSES :]).log_softmax(0)
    assert tried.log_prior.numpy() == pytest.approx(raised.numpy(), abs=1e-6)
    assert foreseen == pytest.approx(float(-gradient @ expected - expected @ matrix @ expected / 2), rel=1e-4)
    assert foreseen > 0


def test_a_descent_arrives_where_nothing_is_gained_and_goes_on_from_there(student):
    targets, told = targets_of(40), []
    begin = Descent(student, places_of(40))
    end = descend(targets, begin, 60, 0, True, np.random.RandomState(0), told.append)
    assert len(told) == end.rounds == 60
    assert told == sorted(told, reverse=True)
    assert end.loss == pytest.approx(told[-1])
    assert end.loss == pytest.approx(float(targets.weights @ compare(targets, end.student, end.places)[0]))

    def function(means, prior):
        seen = end.student._replace(means=means, log_prior=prior)
        return targets.weights @ compare(targets, seen, end.places)[0]

    slope = torch.autograd.functional.jacobian(function, (end.student.means, end.student.log_prior))
    before = torch.autograd.functional.jacobian(function, (student.means, student.log_prior))
    assert max(part.abs().max() for part in slope) < 0.02 * max(part.abs().max() for part in before)
    further = descend(targets, end, 3, 0, True, np.random.RandomState(0), told.append)
    assert further.rounds == 63
    assert further.loss <= end.loss + 1e-9
    assert descend(targets, end, 60, 0.1, True, np.random.RandomState(0), told.append).rounds == 65


def test_points_never_become_worse_and_arrive(student):
    targets, start = targets_of(200), places_of(200)
    before, _ = compare(targets, student, start)
    places, loss = place(targets, student, start, 60)
    assert (loss <= before).all()
    assert loss.numpy() == pytest.approx(compare(targets, student, places)[0].numpy())
    again, better = place(targets, student, places, 60)
    assert float((loss - better).max()) < 1e-3
    assert np.isfinite(again.numpy()).all()


def test_a_point_on_the_wrong_side_is_found_its_place():
    means = torch.tensor([[-20.0, 0.0, 20.0], [0.0, 0.1, 0.0]])
    student = Student(means, torch.full((3,), -math.log(3)), 1.0, 2.0)
    p = torch.tensor([[0.98], [0.01], [0.01]])
    targets = Targets(p, p.log(), torch.ones(1))
    stuck, before = place(targets, student, torch.tensor([[21.0], [0.0]]), 50)
    assert before > 0.5
    places, loss = search(targets, student, stuck, before, stuck)
    assert loss < 0.05
    assert places[0, 0] < -15


def test_the_answer_is_kept_where_it_can_be():
    means = torch.tensor([[-3.0, 3.0, 0.0], [0.0, 0.0, 30.0]])
    student = Student(means, torch.tensor([0.6, 0.399, 0.001]).log(), 1.0, 2.0)
    p = torch.tensor([[0.49], [0.50], [0.01]])
    targets = Targets(p, p.log(), torch.ones(1))
    wrong = torch.tensor([[-0.5], [0.0]])
    assert student.joint(wrong).log.argmax() == 0
    assert student.joint(answer_alike(targets, student, wrong)).log.argmax() == 1
    found, loss = from_candidates(targets, student, look_at(student, candidates(student)))
    assert loss < 0.05
    assert found.shape == (2, 1)
