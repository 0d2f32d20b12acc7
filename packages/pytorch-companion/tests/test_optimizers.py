"""Optimizers after real steps, and groups."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from dense import dense_jacobian, relative
from models import mlp
from sgdscope import SgdscopeError, capture


def trained(make, steps: int = 7):
    model, x, y = mlp().double(), torch.randn(8, 3).double(), torch.randn(8, 2).double()
    optimizer = make(model)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    return model, x, y, optimizer


def flat(values) -> torch.Tensor:
    return torch.cat([value.reshape(-1) for value in values])


@pytest.mark.parametrize("kind", ["adam", "amsgrad", "adamw"])
def test_the_preconditioner_of_adam_is_that_of_its_next_step(kind: str) -> None:
    make = {
        "adam": lambda model: torch.optim.Adam(model.parameters(), lr=1e-2),
        "amsgrad": lambda model: torch.optim.Adam(model.parameters(), lr=1e-2, amsgrad=True),
        "adamw": lambda model: torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.01),
    }[kind]
    model, x, y, optimizer = trained(make)
    found = capture(model, (x, y), nn.MSELoss(), optimizer)
    p = torch.as_tensor(found.preconditioner)
    j = dense_jacobian(model, x)
    assert relative(found.gram, (j / p) @ j.T) < 1e-10
    # A step with zero gradients moves by lr·m̂/P, P of the decayed second moment: v shrinks by β₂ and so does its bias correction.
    before = flat([value.detach().clone() for value in model.parameters()])
    group, state = optimizer.param_groups[0], optimizer.state
    m = flat([state[value]["exp_avg"] for value in model.parameters()])
    steps = int(state[next(model.parameters())]["step"])
    optimizer.zero_grad(set_to_none=False)
    decay = group["weight_decay"] if kind == "adamw" else 0
    optimizer.step()
    after = flat([value.detach() for value in model.parameters()])
    beta1, beta2 = group["betas"]
    root = math.sqrt(1 if kind == "amsgrad" else beta2)
    corrected = math.sqrt((1 - beta2**steps) / (1 - beta2 ** (steps + 1)))
    expected = (p - group["eps"]) * root * corrected + group["eps"]
    moved = before * (1 - 1e-2 * decay) - after
    assert relative(moved, 1e-2 * beta1 * m / (1 - beta1 ** (steps + 1)) / expected) < 1e-9
    record = found.metadata["optimizer"]
    assert record["kind"] == "ema" and record["momentum"] == 0.9 and record["steps"] == 7
    assert record["learningRate"] == pytest.approx(1e-2) and record["preconditioned"] is True
    assert any("AdamW's decoupled weight decay" in each for each in found.assumptions) == (kind == "adamw")


@pytest.mark.parametrize(("centered", "momentum"), [(False, 0.0), (True, 0.0), (True, 0.5)])
def test_rmsprop_is_judged_with_what_it_divides_by(centered: bool, momentum: float) -> None:
    model, x, y, optimizer = trained(
        lambda model: torch.optim.RMSprop(model.parameters(), lr=1e-3, centered=centered, momentum=momentum)
    )
    found = capture(model, (x, y), nn.MSELoss(), optimizer)
    state = [optimizer.state[value] for value in model.parameters()]
    v = flat([each["square_avg"] - (each["grad_avg"] ** 2 if centered else 0) for each in state])
    assert relative(found.preconditioner, v.sqrt() + 1e-8) < 1e-12
    assert found.metadata["optimizer"]["kind"] == ("heavy-ball" if momentum else "sgd")


def test_groups_with_different_rates_are_a_preconditioner() -> None:
    model, x, y = mlp(), torch.randn(6, 3), torch.randn(6, 2)
    optimizer = torch.optim.SGD(
        [{"params": model[0].parameters(), "lr": 0.1}, {"params": [model[2].weight], "lr": 0.4}, {"params": [model[2].bias], "lr": 0}],
        momentum=0.9,
    )
    found = capture(model, (x, y), nn.MSELoss(), optimizer, precision="float64")
    j = dense_jacobian(model, x, names=["0.weight", "0.bias", "2.weight"])
    p = torch.cat([torch.ones(20), torch.full((10,), 0.25)]).double()
    assert relative(found.gram, (j / p) @ j.T) < 1e-10
    assert relative(found.preconditioner, p) < 1e-15
    assert found.metadata["model"]["leftOut"] == ["2.bias"]
    assert found.metadata["optimizer"]["pytorch"]["lr"] == 0.1


def test_units_of_sgd() -> None:
    model, data = mlp(), (torch.randn(6, 3), torch.randn(6, 2))

    def record(loss: nn.Module, **settings):
        return capture(model, data, loss, torch.optim.SGD(model.parameters(), lr=0.1, **settings)).metadata["optimizer"]

    square = record(nn.MSELoss(), weight_decay=0.01)
    assert (square["learningRate"], square["weightDecay"]) == (pytest.approx(0.1), pytest.approx(0.01))
    huber = record(nn.HuberLoss(), weight_decay=0.01)
    assert (huber["learningRate"], huber["weightDecay"]) == (pytest.approx(0.05), pytest.approx(0.02))
    assert record(nn.SmoothL1Loss(beta=0.5))["learningRate"] == pytest.approx(0.1)
    assert record(nn.MSELoss(), momentum=0.9, dampening=0.9)["kind"] == "ema"
    assert record(nn.MSELoss(), momentum=0.9, nesterov=True)["kind"] == "nesterov"
    ball = record(nn.MSELoss(), momentum=0.9, dampening=0.5)
    assert (ball["kind"], ball["learningRate"]) == ("heavy-ball", pytest.approx(0.05))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda model: torch.optim.Adam(model.parameters()), "expected Adam after at least one step"),
        (lambda model: torch.optim.Adam(model.parameters(), weight_decay=0.1), "expected Adam without weight decay"),
        (lambda model: torch.optim.Adagrad(model.parameters()), "got Adagrad"),
        (lambda model: torch.optim.SGD(model.parameters(), lr=0.1, maximize=True), "expected maximize=False"),
        (lambda model: torch.optim.SGD(mlp().parameters(), lr=0.1), "4 parameters that the model does not have"),
        (lambda model: torch.optim.SGD(model.parameters(), lr=0.0), "expected a learning rate above 0"),
        (
            lambda model: torch.optim.SGD(
                [{"params": model[0].parameters(), "momentum": 0.5}, {"params": model[2].parameters()}], lr=0.1
            ),
            "got 0.5 in group 0 and 0 in group 1",
        ),
        (
            lambda model: torch.optim.SGD(
                [{"params": model[0].parameters(), "lr": 0.5}, {"params": model[2].parameters()}], lr=0.1, weight_decay=0.1
            ),
            "expected no weight decay beside groups",
        ),
    ],
)
def test_optimizers_without_a_theory_are_refused(make, words: str) -> None:
    model = mlp()
    with pytest.raises(SgdscopeError, match=words) as caught:
        capture(model, (torch.randn(6, 3), torch.randn(6, 2)), nn.MSELoss(), make(model))
    assert caught.value.argument == "optimizer"
