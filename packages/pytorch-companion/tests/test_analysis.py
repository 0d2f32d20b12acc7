"""The answers of the command, in PyTorch's units, against steps that PyTorch takes itself."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy
import pytest
import torch
from torch import nn

from dense import dense_jacobian
from models import mlp
from sgdscope import Capture, SgdscopeError, analyze, capture, measure
from sgdscope.command import find_command


def second_moment_radius(make: Any, loss: nn.Module, x: torch.Tensor, y: torch.Tensor, batch: int, at: torch.Tensor) -> float:
    """ρ(E A⊗A) of steps that PyTorch's own optimizer takes from a minimum, over all batches without replacement.

    A is taken by steps from the minimum displaced along each coordinate of parameters and momentum, of a linear model.
    """
    size = at.numel()
    steps_alone = make(nn.Linear(1, 1)).param_groups[0]["momentum"] == 0
    total, count = None, 0
    for chosen in itertools.combinations(range(len(x)), batch):
        own = list(chosen)
        columns = []
        for k in range(size if steps_alone else 2 * size):
            model = nn.Linear(x.shape[1], y.shape[1], bias=False).double()
            delta = torch.zeros(2 * size, dtype=torch.float64)
            delta[k] = 1e-3
            model.weight.data = (at + delta[:size]).reshape(model.weight.shape)
            optimizer = make(model)
            if not steps_alone:
                optimizer.state[model.weight]["momentum_buffer"] = delta[size:].reshape(model.weight.shape).clone()
            loss(model(x[own]), y[own]).backward()
            optimizer.step()
            moved = [model.weight.detach().reshape(-1) - at]
            if not steps_alone:
                moved.append(optimizer.state[model.weight]["momentum_buffer"].reshape(-1))
            columns.append(torch.cat(moved) / 1e-3)
        a = torch.stack(columns, 1).numpy()
        total = numpy.kron(a, a) if total is None else total + numpy.kron(a, a)
        count += 1
    return float(numpy.abs(numpy.linalg.eigvals(total / count)).max())


@pytest.mark.parametrize(
    ("loss", "settings"),
    [
        (nn.MSELoss(), {}),
        (nn.MSELoss(), {"momentum": 0.9}),
        (nn.MSELoss(), {"momentum": 0.8, "nesterov": True}),
        (nn.MSELoss(), {"momentum": 0.9, "dampening": 0.9}),
        (nn.HuberLoss(delta=50), {"momentum": 0.9, "dampening": 0.4}),
        (nn.SmoothL1Loss(beta=3), {}),
    ],
)
def test_steps_of_pytorch_shrink_below_the_threshold_and_grow_above(command: str, loss: nn.Module, settings: dict[str, Any]) -> None:
    torch.manual_seed(4)
    # Fewer parameters than rows, so that no direction is left in which nothing moves.
    x, weight = torch.randn(5, 2).double(), torch.randn(2, 2).double()
    y = x @ weight.T
    model = nn.Linear(2, 2, bias=False).double()
    model.weight.data = weight.clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, **settings)
    found = measure(model, (x, y), loss, optimizer, batch_sizes=[2])
    edge = found.conditions[0].critical_learning_rate
    assert found.margin == pytest.approx(edge / 0.1)
    for share, grows in ((0.98, False), (1.02, True)):

        def make(model: nn.Module) -> torch.optim.Optimizer:
            return torch.optim.SGD(model.parameters(), lr=share * edge, **settings)

        radius = second_moment_radius(make, loss, x, y, 2, weight.reshape(-1))
        assert (radius > 1) == grows, (share, radius)
        if grows:
            judged = analyze(capture(model, (x, y), loss, optimizer), learning_rate=share * edge, batch_size=2)
            assert judged.verdict == "unstable"
            assert judged.conditions[0].growth == pytest.approx(radius, rel=1e-6)


def test_known_answers_of_cross_entropy(command: str, tmp_path: Any) -> None:
    # J_i of two outputs and three parameters, as the design of a linear model: f = J θ + constant.
    rows = [[[1, 0, 1], [0, 1, 0]], [[0, 2, 0], [1, 0, 1]], [[1, 1, 0], [0, 0, 2]]]
    j = torch.tensor(rows, dtype=torch.float64)
    logits = torch.tensor([[0.5, -0.5], [1, 0], [-0.2, 0.3]], dtype=torch.float64)

    class Linear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.theta = nn.Parameter(torch.zeros(3, dtype=torch.float64))

        def forward(self, design: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
            return design @ self.theta + offset

    model = Linear()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    labels = torch.tensor([0, 1, 1])
    path = tmp_path / "known.npz"
    capture(model, ((j, logits), labels), nn.CrossEntropyLoss(), optimizer, path=path)
    found = analyze(path, batch_size=[1, 2, 3])
    edges = [each.critical_learning_rate for each in found.conditions]
    assert edges == pytest.approx([0.3111883630, 1.1228841910, 4.8344183183], rel=1e-8)
    assert found.loss == pytest.approx(0.700200119739, rel=1e-10)
    assert found.trace == pytest.approx(1.059843224128, rel=1e-10)
    assert found.noise_scale == pytest.approx(0.622029331219, rel=1e-9)
    assert found.curvature_noise_scale == pytest.approx(0.402220611787, rel=1e-9)
    assert found.outputs == 2 and found.conditions[0].verdict == "stable"
    table = str(found)
    assert "lr*/lr" in table and "1.123" in table and "Assumed: Thresholds are those of the Gauss" in table
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.model = "other"  # type: ignore[misc]


def test_adam_after_real_steps(command: str) -> None:
    model, x, y = mlp().double(), torch.randn(8, 3).double(), torch.randn(8, 2).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(20):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    found = measure(model, (x, y), nn.MSELoss(), optimizer, batch_sizes=[8])
    # Full batch: the edge of an average with β₁ is 2(1 + β₁)/(1 − β₁)/λ_max(P⁻¹H) = 38/λ_max.
    assert found.conditions[0].critical_learning_rate == pytest.approx(38 / found.largest_eigenvalue, rel=1e-9)
    assert found.document["minimum"]["preconditioned"] is True


def test_refusals_of_the_command_are_errors(command: str, tmp_path: Any) -> None:
    found = capture(mlp(), (torch.randn(6, 3), torch.randn(6, 2)), nn.MSELoss())
    with pytest.raises(SgdscopeError, match="required option '--batch-size") as caught:
        analyze(found)
    assert caught.value.code == "COMMAND_FAILED"
    with pytest.raises(SgdscopeError, match="expected at most 6, the number of examples, got 7"):
        analyze(found, batch_size=7)
    with pytest.raises(SgdscopeError, match="learning_rate: expected a positive number"):
        analyze(found, batch_size=1, learning_rate=-1)


def test_hostile_captures_are_refused_by_the_command(command: str, tmp_path: Any) -> None:
    found = capture(mlp(), (torch.randn(4, 3), torch.randn(4, 2)), nn.MSELoss(), batch_size=1)
    path = found.save(tmp_path / "a.npz")
    with numpy.load(path) as file:
        arrays = dict(file)
    hostile = {
        "objects": {"gram": numpy.array([[{}]], dtype=object)},
        "nothing": {"gram": numpy.zeros((0, 0))},
        "no text": {"metadata": numpy.array([255, 254], dtype=numpy.uint8)},
        "endless": {"metadata": numpy.frombuffer(b"[" * 100_000, dtype=numpy.uint8)},
        "not finite": {"logits": numpy.full((4, 2), numpy.nan)},
    }
    for name, other in hostile.items():
        target = tmp_path / "b.npz"
        numpy.savez(target, **{**arrays, **other})
        unread = dataclasses.replace(found, path=target)
        with pytest.raises(SgdscopeError) as caught:
            analyze(unread, batch_size=1)
        assert caught.value.code == "COMMAND_FAILED" and "bug" not in str(caught.value), name


def test_the_command_is_found_or_how_to_get_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("SGDSCOPE_COMMAND", "no-such-program --flag")
    with pytest.raises(SgdscopeError, match="there is no no-such-program"):
        find_command()
    monkeypatch.delenv("SGDSCOPE_COMMAND")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SgdscopeError, match="npm install --global sgdscope") as caught:
        find_command()
    assert caught.value.code == "COMMAND_NOT_FOUND"
    for name, expected in (("npx", ["--yes", "sgdscope"]), ("sgdscope", [])):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        assert find_command() == [str(program), *expected]


def test_a_capture_without_a_file_leaves_none_behind(command: str) -> None:
    found = capture(mlp(), (torch.randn(4, 3), torch.randn(4, 2)), nn.MSELoss(), batch_size=2)
    assert isinstance(found, Capture) and found.path is None
    assert math.isfinite(analyze(found).conditions[0].critical_learning_rate)


_LABELS = torch.tensor([0, 1, 2, 2, 1, 0])


@pytest.mark.parametrize(
    ("loss", "outputs", "targets"),
    [
        (nn.CrossEntropyLoss(label_smoothing=0.1), 3, _LABELS),
        (nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 5.0]).double()), 3, _LABELS),
        (nn.CrossEntropyLoss(), 3, torch.softmax(torch.arange(18.0).reshape(6, 3).sin().double(), 1)),
        (nn.BCEWithLogitsLoss(), 1, (_LABELS % 2).double()),
        (nn.BCEWithLogitsLoss(), 4, torch.arange(24.0).reshape(6, 4).sin().abs().double()),
        (nn.PoissonNLLLoss(), 2, torch.arange(12.0).reshape(6, 2).double()),
        (nn.MSELoss(), 3, torch.arange(18.0).reshape(6, 3).cos().double()),
    ],
)
def test_the_full_batch_edge_is_that_of_the_hessian_of_pytorchs_loss(
    command: str, loss: nn.Module, outputs: int, targets: torch.Tensor
) -> None:
    model: nn.Module = mlp(3, outputs).double()
    if targets.ndim == 1 and targets.is_floating_point():
        model = nn.Sequential(model, nn.Flatten(0))
    x = torch.randn(6, 3).double()
    found = measure(model, (x, targets), loss, batch_sizes=[6])
    logits = model(x).detach()
    curvature = torch.func.hessian(lambda f: loss(f.reshape(logits.shape), targets))(logits.reshape(-1))
    j = dense_jacobian(model, x)
    edge = 2 / float(torch.linalg.eigvalsh(j.T @ curvature @ j)[-1])
    assert found.conditions[0].critical_learning_rate == pytest.approx(edge, rel=1e-8)
    value = float(loss(logits, targets))
    if not isinstance(loss, nn.PoissonNLLLoss):
        assert found.loss * found.units["loss"] == pytest.approx(value, rel=1e-9)
