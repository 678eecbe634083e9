"""The derivatives of DarkSight against those that autograd finds, in float64, and the step of the student against the whole
system of equations."""

import math

import numpy as np
import pytest
import torch

from models.darksight.descent import POINT_DAMPING, Step
from models.darksight.divergence import Targets, compare, slopes
from models.darksight.places import answer_alike, candidates, from_candidates, newton, place, search
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


@pytest.mark.parametrize("joint", [True, False])
def test_a_step_of_the_student_solves_the_whole_system(student, joint):
    """Of means, prior and, where they move along, all places."""
    count, damping = 6, 0.01
    targets = targets_of(count)
    places, _ = place(targets, student, places_of(count), 50)
    step = Step(targets, student, places, joint)
    tried, foreseen = step.student(damping)

    def logs(means, prior, places):
        return student._replace(means=means, log_prior=prior).joint(places).log

    parts = torch.autograd.functional.jacobian(logs, (student.means, student.log_prior, places))
    by_student = torch.cat([parts[0].flatten(2), parts[1]], 2).permute(1, 0, 2)  # points, classes, numbers
    by_places = torch.stack([parts[2][:, n, :, n] for n in range(count)])
    seen = compare(targets, student, places)[1]
    found = slopes(targets, seen)
    whole = torch.zeros(3 * CLASSES + 2 * count, 3 * CLASSES + 2 * count, dtype=torch.float64)
    downhill = torch.zeros(len(whole), dtype=torch.float64)
    for n in range(count):
        columns = torch.zeros(CLASSES, len(whole), dtype=torch.float64)
        columns[:, : 3 * CLASSES] = by_student[n]
        own = slice(3 * CLASSES + 2 * n, 3 * CLASSES + 2 * n + 2)
        if joint:
            columns[:, own] = by_places[n]
        weight = found.weight[:, n]
        whole += targets.weights[n] * columns.T @ (torch.diag(weight) - torch.outer(weight, weight)) @ columns
        downhill[: 3 * CLASSES] += targets.weights[n] * by_student[n].T @ found.gradient[:, n]
        whole[own, own] += targets.weights[n] * POINT_DAMPING * torch.eye(2)
    scale = torch.ones(3 * CLASSES, dtype=torch.float64)
    scale[: 2 * CLASSES] /= student.variance
    right = whole.clone()
    right[: 3 * CLASSES, : 3 * CLASSES] += torch.diag(damping / CLASSES * scale)
    solved = -torch.linalg.solve(right, downhill)
    assert (tried.means - student.means).flatten().numpy() == pytest.approx(solved[: 2 * CLASSES].numpy(), rel=1e-5)
    raised = (student.log_prior + solved[2 * CLASSES : 3 * CLASSES]).log_softmax(0)
    assert tried.log_prior.numpy() == pytest.approx(raised.numpy(), rel=1e-5)
    assert foreseen > 0

    def function(means, prior):
        return targets.weights @ compare(targets, student._replace(means=means, log_prior=prior), places)[0]

    gradient = torch.autograd.functional.jacobian(function, (student.means, student.log_prior))
    assert downhill[: 3 * CLASSES].numpy() == pytest.approx(
        torch.cat([gradient[0].flatten(), gradient[1]]).numpy(), abs=1e-10
    )


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
    found, loss = from_candidates(targets, student, candidates(student))
    assert loss < 0.05
    assert found.shape == (2, 1)
