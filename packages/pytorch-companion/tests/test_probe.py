"""The probe: right numbers, no trace in the training, within its budget."""

from __future__ import annotations

import math
import sys
import types
import warnings
from typing import Any, Optional

import pytest
import torch
from torch import nn

from models import TinyResNet, images, mlp
from sgdscope import Probe, SgdscopeError, analyze, capture, lightning_callback, trainer_callback
from sgdscope import probe as probe_module
from sgdscope.sharpness import CriticalStep, critical_step

LABELS = torch.tensor([0, 1, 2, 2, 1, 0])


def training(probe_of: Any, steps: int = 12) -> dict[str, Any]:
    """A training with dropout, batch normalisation and a shuffling loader; everything that a step can depend on at its end."""
    torch.manual_seed(5)
    model = nn.Sequential(TinyResNet(3), nn.Dropout(0.2)).train()
    model[0].bn.eval()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images(), LABELS), batch_size=3, shuffle=True)
    probe: Optional[Probe] = None if probe_of is None else probe_of(model, optimizer, loader)
    done = 0
    while done < steps:
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
            if probe is not None:
                probe.step()
            done += 1
    records = [] if probe is None else probe.close()
    return {
        "state": model.state_dict(),
        "optimizer": [value for each in optimizer.state.values() for value in each.values()],
        "gradients": [value.grad for value in model.parameters()],
        "modes": [module.training for module in model.modules()],
        "random": torch.get_rng_state(),
        "records": records,
    }


def test_a_training_is_bit_for_bit_the_same_with_a_probe(command: str) -> None:
    logged: list[tuple[dict[str, float], int]] = []
    without = training(None)
    measured = training(
        lambda model, optimizer, loader: Probe(
            model,
            nn.CrossEntropyLoss(),
            optimizer,
            loader,
            every=4,
            examples=6,
            budget=None,
            logger=lambda values, step: logged.append((values, step)),
        )
    )
    records = measured["records"]
    assert [each.step for each in records] and all(each.batch_sharpness is not None for each in records)
    assert any(each.margin is not None and each.noise_scale is not None for each in records)
    assert any(each.critical_sharpness is not None for each in records)
    assert any("sgdscope/margin" in values for values, _ in logged)
    for name in ("optimizer", "gradients"):
        assert all(torch.equal(a, b) for a, b in zip(without[name], measured[name])), name
    assert all(torch.equal(value, measured["state"][name]) for name, value in without["state"].items())
    assert without["modes"] == measured["modes"] and torch.equal(without["random"], measured["random"])


def test_the_margin_is_that_of_a_capture_at_this_step(command: str) -> None:
    model, x, y = mlp().double(), torch.randn(8, 3).double(), torch.randn(8, 2).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.5)
    probe = Probe(model, nn.MSELoss(), optimizer, (x, y), every=1, batch_size=2, budget=None, kinds=("margin",))
    optimizer.zero_grad()
    nn.functional.mse_loss(model(x[:2]), y[:2]).backward()
    optimizer.step()
    record = probe.step()
    expected = analyze(capture(model, (x, y), nn.MSELoss(), optimizer, batch_size=2))
    probe.close()
    assert record is not None and record.margin == pytest.approx(expected.margin, rel=1e-12)
    assert record.noise_scale == pytest.approx(expected.noise_scale, rel=1e-9)


def test_batch_sharpness_is_the_curvature_along_the_gradient() -> None:
    model, x, y = nn.Linear(3, 1, bias=False).double(), torch.randn(6, 3).double(), torch.randn(6, 1).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    probe = Probe(model, nn.MSELoss(), optimizer, (x, y), every=1, budget=None, kinds=("batch_sharpness",))
    record = probe.step()
    h, g = 2 / 6 * x.T @ x, 2 / 6 * x.T @ (x @ model.weight.detach().T - y)
    assert record is not None and record.batch_sharpness == pytest.approx(float((g.T @ h @ g) / (g.T @ g)), rel=1e-10)


def test_critical_sharpness_finds_where_the_update_raises_the_loss() -> None:
    model = nn.Linear(1, 1, bias=False).double()
    x, y = torch.ones(4, 1).double(), torch.zeros(4, 1).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    probe = Probe(model, nn.MSELoss(), optimizer, (x, y), every=1, budget=None, kinds=("critical_sharpness",))
    for _ in range(4):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
        record = probe.step()
    # L = w²: its sharpness is 2, and five passes after a good guess find it within a factor of 2^(1/4).
    assert record is not None and abs(math.log2(record.critical_sharpness / 2)) < 0.26


@pytest.mark.parametrize("edge", [0.03, 0.9, 1.0001, 7.0])
def test_critical_steps_are_bracketed_within_their_passes(edge: float) -> None:
    found = critical_step(lambda c: (c - edge / 2) ** 2, passes=12)
    assert found.passes == 12 and found.below <= edge <= found.above and found.below <= found.factor <= found.above
    never = critical_step(lambda c: -c, passes=6)
    assert math.isinf(never.factor) and never.below == 16


def test_the_budget_holds_by_its_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(probe_module.time, "perf_counter", lambda: now[0])

    def measure(*_: Any) -> float:
        now[0] += 0.5
        return 1.0

    monkeypatch.setattr(probe_module, "batch_sharpness", measure)
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    data = (torch.randn(8, 3), torch.randn(8, 2))
    probe = Probe(model, nn.MSELoss(), optimizer, data, every=10, kinds=("batch_sharpness",))
    for step in range(2000):
        now[0] += 0.1
        probe.step()
        if step > 200:
            assert probe.share <= 0.05
    assert 0.04 < probe.share and 15 <= len(probe.records) <= 21


def test_cheap_measurements_leave_time_for_dear_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(probe_module.time, "perf_counter", lambda: now[0])

    def cheap(*_: Any) -> float:
        now[0] += 0.1
        return 1.0

    def dear(*_: Any, **__: Any) -> CriticalStep:
        now[0] += 4.0
        return CriticalStep(1.0, 0.9, 1.1, 6)

    monkeypatch.setattr(probe_module, "batch_sharpness", cheap)
    monkeypatch.setattr(probe_module, "critical_step", dear)
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    data = (torch.randn(8, 3), torch.randn(8, 2))
    kinds = ("batch_sharpness", "critical_sharpness")
    probe = Probe(model, nn.MSELoss(), optimizer, data, every=10, kinds=kinds)
    for _ in range(6000):
        now[0] += 0.1
        optimizer.step()
        probe.step()
    assert probe.share <= 0.05
    assert sum(each.critical_sharpness is not None for each in probe.records) >= 3
    assert sum(each.batch_sharpness is not None for each in probe.records) >= 100


def test_loggers_of_every_kind() -> None:
    seen: list[Any] = []

    class Writer:
        def add_scalar(self, name: str, value: float, step: int) -> None:
            seen.append((name, step))

    class Run:
        def log(self, values: dict[str, float]) -> None:
            seen.append(values)

    class Metrics:
        def log_metrics(self, values: dict[str, float], step: int) -> None:
            seen.append((values, step))

    model, data = mlp(), (torch.randn(8, 3), torch.randn(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for logger in (Writer(), Run(), Metrics()):
        probe = Probe(model, nn.MSELoss(), optimizer, data, every=1, budget=None, kinds=("batch_sharpness",), logger=logger)
        probe.step()
    assert ("sgdscope/batch_sharpness", 1) in seen
    assert any(isinstance(each, dict) and each["sgdscope/step"] == 1 for each in seen)
    assert any(isinstance(each, tuple) and each[1] == 1 and isinstance(each[0], dict) for each in seen)
    with pytest.raises(SgdscopeError, match="expected a TensorBoard writer"):
        Probe(model, nn.MSELoss(), optimizer, data, logger=3, kinds=("batch_sharpness",))


def test_the_rate_is_that_of_the_step_whatever_a_schedule_does_next() -> None:
    model, data = nn.Linear(1, 1, bias=False).double(), (torch.ones(4, 1).double(), torch.zeros(4, 1).double())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    probe = Probe(model, nn.MSELoss(), optimizer, data, every=1, budget=None, kinds=("critical_sharpness",))
    for _ in range(4):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(data[0]), data[1]).backward()
        optimizer.step()
        schedule.step()
        record = probe.step()
    assert record is not None and record.learning_rate == pytest.approx(0.1 / 8)
    assert record.critical_sharpness is None or abs(math.log2(record.critical_sharpness / 2)) < 0.26
    probe.close()


def test_an_update_that_raises_the_loss_nowhere_has_no_critical_sharpness() -> None:
    model = nn.Linear(1, 1, bias=False).double()
    data = (torch.ones(4, 1).double(), torch.full((4, 1), 1e9).double())
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-9)
    probe = Probe(model, nn.MSELoss(), optimizer, data, every=1, budget=None, kinds=("critical_sharpness",))
    for _ in range(2):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(data[0]), data[1]).backward()
        optimizer.step()
        record = probe.step()
    assert record is not None and record.critical_sharpness is None


def test_what_fails_in_the_background_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SGDSCOPE_COMMAND", f"{sys.executable} -c \"import sys; sys.exit('error: no such luck')\"")
    model, data = mlp(), (torch.randn(8, 3), torch.randn(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    probe = Probe(model, nn.MSELoss(), optimizer, data, every=1, budget=None, kinds=("margin",))
    probe.step()
    with pytest.warns(RuntimeWarning, match="no margin at step 1: sgdscope: no such luck"):
        records = probe.close()
    assert records[0].margin is None


def test_a_training_that_became_nan_is_told_once() -> None:
    model, data = mlp(), (torch.randn(8, 3), torch.randn(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    probe = Probe(model, nn.MSELoss(), optimizer, data, every=1, budget=None, kinds=("batch_sharpness",))
    with torch.no_grad():
        next(model.parameters()).fill_(math.nan)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert [probe.step() for _ in range(5)] == [None] * 5
    assert [str(one.message).split(":")[1].strip() for one in told] == ["not measured at step 1"]


def test_the_callback_of_lightning(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the documented hooks and properties of Lightning, which need not be installed."""
    fake = types.ModuleType("lightning.pytorch")
    fake.Callback = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lightning", types.ModuleType("lightning"))
    monkeypatch.setitem(sys.modules, "lightning.pytorch", fake)
    logged: list[Any] = []
    logger = types.SimpleNamespace(log_metrics=lambda values, step: logged.append((values, step)))
    model, data = mlp(), (torch.randn(8, 3), torch.randn(8, 2))
    trainer = types.SimpleNamespace(
        optimizers=[torch.optim.SGD(model.parameters(), lr=0.1)], loggers=[logger], global_step=0
    )
    callback = lightning_callback(nn.MSELoss(), data, every=2, budget=None, kinds=("batch_sharpness",))
    callback.on_train_start(trainer, model)
    for batch in range(8):
        trainer.global_step = batch // 2  # Two batches accumulate to one step.
        callback.on_train_batch_end(trainer, model, None, None, batch)
    callback.on_train_end(trainer, model)
    assert callback.probe.steps == 3 and [step for _, step in logged] == [2]


def test_the_callback_of_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the documented hooks of transformers, which need not be installed."""
    fake = types.ModuleType("transformers")
    fake.TrainerCallback = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "transformers", fake)
    model = mlp()
    data = {"input": torch.randn(8, 3), "labels": torch.randn(8, 2)}
    wrapped = types.SimpleNamespace(optimizer=torch.optim.SGD(model.parameters(), lr=0.1))
    state = types.SimpleNamespace(log_history=[])
    callback = trainer_callback(nn.MSELoss(), data, every=1, budget=None, kinds=("batch_sharpness",))
    callback.on_train_begin(None, state, None, model=model, optimizer=wrapped)
    callback.on_step_end(None, state, None)
    logs = {"loss": 1.0}
    callback.on_log(None, state, None, logs=logs)
    callback.on_train_end(None, state, None)
    assert state.log_history[0]["step"] == 1 and "sgdscope/batch_sharpness" in logs


def test_without_their_packages_callbacks_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lightning", "lightning.pytorch", "pytorch_lightning", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SgdscopeError, match="pip install lightning"):
        lightning_callback(nn.MSELoss(), None)
    with pytest.raises(SgdscopeError, match="pip install transformers"):
        trainer_callback(nn.MSELoss(), None)
