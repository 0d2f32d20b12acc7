"""What is refused, in words."""

from __future__ import annotations

import numpy
import pytest
import torch
from torch import nn

from models import TinyResNet, images, mlp
from sgdscope import Capture, SgdscopeError, capture

X, Y, LABELS = torch.randn(6, 3), torch.randn(6, 2), torch.tensor([0, 1, 0, 1, 1, 0])


class MixesExamples(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x - x.mean(0))


class Random(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(nn.functional.dropout(x, 0.5, training=True))


@pytest.mark.parametrize(
    ("model", "code", "words"),
    [
        (TinyResNet(), "EXAMPLES_MIXED", "BatchNorm2d bn is in training mode"),
        (nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2, track_running_stats=False)).eval(), "EXAMPLES_MIXED", "keeps no running"),
        (nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5)), "RANDOM_MODEL", "Dropout 1 is in training mode"),
        (MixesExamples(), "EXAMPLES_MIXED", "the model mixes examples"),
        (Random(), "RANDOM_MODEL", "the same examples gave different outputs"),
    ],
)
def test_models_without_examples_of_their_own(model: nn.Module, code: str, words: str) -> None:
    x = images() if isinstance(model, TinyResNet) else X
    with pytest.raises(SgdscopeError, match=words) as caught:
        capture(model, (x, Y), nn.MSELoss())
    assert caught.value.code == code


def test_parameters_and_data_that_are_not_finite() -> None:
    model = mlp()
    with pytest.raises(SgdscopeError, match="expected finite inputs"):
        capture(model, (X / 0, Y), nn.MSELoss())
    model[0].bias.data[0] = float("nan")
    with pytest.raises(SgdscopeError, match="NaN or infinities in 0.bias"):
        capture(model, (X, Y), nn.MSELoss())


@pytest.mark.parametrize(
    ("targets", "loss", "words"),
    [
        (Y[:, :1], nn.MSELoss(), r"expected targets of the shape of the outputs, \[6, 2\], got \[6, 1\]"),
        (Y[:5], nn.MSELoss(), r"inputs of shape \[6, 3\] and targets of shape \[5, 2\]"),
        (LABELS, nn.MSELoss(), "expected floating-point targets for MSELoss.*torch.int64"),
        (LABELS.int(), nn.CrossEntropyLoss(), "expected labels of torch.int64.*torch.int32"),
        (LABELS + 1, nn.CrossEntropyLoss(), "expected labels 0 … 1 for 2 outputs, got 2 at example 1"),
        (LABELS.float(), nn.CrossEntropyLoss(), "pass targets.long"),
        (torch.where(LABELS == 0, -100, LABELS), nn.CrossEntropyLoss(), "ignore_index=-100 at example 0"),
        (Y.abs() + 2, nn.BCEWithLogitsLoss(), "expected targets from 0 to 1"),
        (Y * float("inf"), nn.MSELoss(), "expected finite targets"),
    ],
)
def test_targets_that_do_not_fit_name_both(targets: torch.Tensor, loss: nn.Module, words: str) -> None:
    with pytest.raises(SgdscopeError, match=words):
        capture(mlp(), (X, targets), loss)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (nn.MSELoss(reduction="sum"), "expected reduction='mean', got 'sum'"),
        (nn.MSELoss(reduction="none"), "got 'none'"),
        (lambda f, y: ((f - y) ** 2).mean(), "got <lambda>"),
        (nn.L1Loss(), "got L1Loss"),
        (nn.SmoothL1Loss(beta=0), "no curvature"),
        (nn.BCEWithLogitsLoss(pos_weight=torch.ones(2)), "without pos_weight"),
        (nn.CrossEntropyLoss(weight=torch.ones(2), label_smoothing=0.1), "got both"),
        (nn.PoissonNLLLoss(log_input=False), "log_input=True"),
    ],
)
def test_losses_without_a_counterpart(loss, words: str) -> None:
    with pytest.raises(SgdscopeError, match=words) as caught:
        capture(mlp(), (X, Y), loss)
    assert caught.value.code == "UNSUPPORTED_LOSS" and "nn.MSELoss" in caught.value.advice


def test_outputs_with_other_axes() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Unflatten(1, (2, 2)))
    with pytest.raises(SgdscopeError, match=r"expected outputs \[n, C\] or \[n\] of 6 examples, got \[6, 2, 2\]"):
        capture(model, (X, Y), nn.MSELoss())
    found = capture(model, (X, Y), nn.MSELoss(), outputs=lambda returned: returned[:, 0])
    assert found.logits.shape == (6, 2)


def test_files_that_are_no_captures(tmp_path) -> None:
    found = capture(mlp(), (X, Y), nn.MSELoss(), path=tmp_path / "deep" / "a.npz")
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["a.npz"]
    again = Capture.load(tmp_path / "deep" / "a.npz")
    assert numpy.array_equal(again.gram, found.gram) and again.metadata == found.metadata
    with pytest.raises(SgdscopeError, match="ends in .npz"):
        capture(mlp(), (X, Y), nn.MSELoss(), path=tmp_path / "a.pt")
    numpy.savez(tmp_path / "b.npz", gram=numpy.array([{}], dtype=object))
    with pytest.raises(SgdscopeError) as caught:
        Capture.load(tmp_path / "b.npz")
    assert caught.value.code == "INVALID_CAPTURE"
    with numpy.load(tmp_path / "deep" / "a.npz") as file:
        arrays = dict(file)
    for name, value in {"gram": arrays["gram"][:5], "logits": arrays["logits"].astype("float32")}.items():
        numpy.savez(tmp_path / "c.npz", **{**arrays, name: value})
        with pytest.raises(SgdscopeError, match=f"expected {name}"):
            Capture.load(tmp_path / "c.npz")


def test_data_of_every_kind_gives_one_gram_matrix() -> None:
    model = mlp()
    expected = capture(model, (X, Y), nn.MSELoss())
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=4)
    for data in (loader, [(X[:4], Y[:4]), (X[4:], Y[4:])], ((X,), Y), {"input": X, "labels": Y}):
        assert numpy.array_equal(capture(model, data, nn.MSELoss()).gram, expected.gram)
    some = capture(model, loader, nn.functional.mse_loss, examples=3)
    assert some.metadata["batchSize"] == 4 and some.metadata["examplesInAll"] == 6
    assert numpy.allclose(some.gram, expected.gram[:6, :6])
    shuffled = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=2, shuffle=True)
    assert capture(model, shuffled, nn.MSELoss()).metadata["sampling"] == "epoch-shuffle"


def test_class_weights_become_weights_of_examples() -> None:
    weight = torch.tensor([1.0, 3.0])
    found = capture(mlp(), (X, LABELS), nn.CrossEntropyLoss(weight=weight))
    log = torch.log_softmax(torch.as_tensor(found.logits), 1)
    own = -log[torch.arange(6), LABELS] * torch.as_tensor(found.weights)
    assert float(own.mean()) == pytest.approx(
        float(nn.functional.cross_entropy(torch.as_tensor(found.logits), LABELS, weight.double())), rel=1e-12
    )
