"""K of every kind of network, however it is cut into pieces."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from dense import dense_jacobian, relative
from models import TinyGPT, TinyResNet, TinyViT, images, mlp, settled
from sgdscope import capture
from sgdscope.gram import gram_matrix, plan_gram
from sgdscope.examples import gather
from sgdscope.model_function import model_function


def kinds() -> dict[str, tuple[nn.Module, Any, torch.Tensor]]:
    torch.manual_seed(1)
    x, labels = images(), torch.tensor([0, 1, 2, 2, 1, 0])
    ids = torch.randint(0, 7, (6, 5))
    return {
        "resnet": (settled(TinyResNet(), x), x, labels),
        "vit": (TinyViT().eval(), x, labels),
        "gpt": (TinyGPT().eval(), {"input_ids": ids}, ids[:, 0]),
    }


@pytest.mark.parametrize("kind", ["resnet", "vit", "gpt"])
@pytest.mark.parametrize("per_example", ["vmap", "loop"])
def test_gram_matrix_is_that_of_a_dense_jacobian(kind: str, per_example: str) -> None:
    model, x, labels = kinds()[kind]
    j = dense_jacobian(model, x, (lambda found: found["logits"]) if kind == "gpt" else None)
    for precision, tolerance in (("float32", 2e-6), ("float64", 1e-10)):
        found = capture(model, (x, labels), nn.CrossEntropyLoss(), precision=precision, per_example=per_example)
        assert found.metadata["method"]["perExample"] == per_example
        assert found.metadata["precision"] == precision
        assert found.gram.shape == (len(j), len(j))
        assert relative(found.gram, j @ j.T) < tolerance


def test_vmap_is_chosen_and_the_tied_embedding_counts_once() -> None:
    model, x, labels = kinds()["gpt"]
    found = capture(model, (x, labels), nn.CrossEntropyLoss())
    assert found.metadata["method"]["perExample"] == "vmap"
    names = [each["name"] for each in found.metadata["model"]["parameters"]]
    assert "embedding.weight" in names and "head.weight" not in names
    assert found.metadata["model"]["size"] == sum(value.numel() for value in model.parameters())
    assert any("Tied parameters count once: head.weight" in each for each in found.assumptions)


def test_chunks_slices_and_blocks_do_not_change_the_gram_matrix() -> None:
    model, x, labels = kinds()["resnet"]
    function = model_function(model, None, None, "float64")
    found = gather((x, labels), None, None, None)
    whole = plan_gram(function, found, 3)
    expected = gram_matrix(function, found, whole)
    assert len(whole.slices) == 1
    cut = 0
    for share in (0.5, 0.1, 0.02):
        memory = 18 * 18 * 8 + int(function.size * 18 * 8 / 0.6 * share)
        plan = plan_gram(function, found, 3, memory=memory)
        # What one example needs at the least is told, and may be more than was given.
        alone = plan_gram(function, found, 3, memory=memory, method="loop")
        assert plan.bytes <= max(memory, alone.bytes)
        assert sum(each.width for each in plan.slices) == function.size
        assert plan.passes == 18 * len(plan.slices)
        cut += any(each.start > 0 for each in plan.slices)
        assert relative(gram_matrix(function, found, plan), expected) < 1e-14
        assert len(plan.slices) > 1
    assert cut > 0, "no plan cut a parameter into parts"


def test_float32_accumulation_stays_within_its_rounding() -> None:
    model, x, labels = kinds()["resnet"]
    found = capture(model, (x, labels), nn.CrossEntropyLoss(), precision="float64", accumulate="float32")
    j = dense_jacobian(model, x)
    assert 1e-12 < relative(found.gram, j @ j.T) < 1e-5
    assert found.metadata["precision"] == "float32"


def test_frozen_parameters_leave_the_gram_matrix() -> None:
    model, x, labels = kinds()["resnet"]
    model.stem.weight.requires_grad_(False)
    found = capture(model, (x, labels), nn.CrossEntropyLoss(), precision="float64")
    names = [name for name, value in model.named_parameters() if value.requires_grad]
    j = dense_jacobian(model, x, names=names)
    assert relative(found.gram, j @ j.T) < 1e-10
    assert found.metadata["model"]["leftOut"] == ["stem.weight"]


class Branching(nn.Module):
    """Takes its way by the numbers, which vmap cannot."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, 2), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([self.a(row) if float(row.sum()) > 0 else self.b(row) for row in x])


def test_a_loop_stands_in_where_vmap_cannot_and_says_so() -> None:
    model, x = Branching(), torch.randn(5, 3)
    found = capture(model, (x, torch.randn(5, 2)), nn.MSELoss(), precision="float64")
    j = dense_jacobian(model, x)
    assert found.metadata["method"]["perExample"] == "loop"
    assert any("come from a loop: vmap cannot run this model" in each for each in found.assumptions)
    assert relative(found.gram, j @ j.T) < 1e-10


def test_memory_that_does_not_hold_the_gram_matrix_is_refused() -> None:
    with pytest.raises(Exception, match="memory: expected at least .* GiB for K of 40 rows") as caught:
        capture(mlp(), (torch.randn(20, 3), torch.randn(20, 2)), nn.MSELoss(), memory=10_000)
    assert caught.value.code == "TOO_LARGE"


def test_the_model_is_left_as_it_was() -> None:
    model, x, labels = kinds()["resnet"]
    model(x).sum().backward()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    gradients = [value.grad.clone() for value in model.parameters()]
    state = torch.get_rng_state()
    capture(model, (x, labels), nn.CrossEntropyLoss())
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())
    assert all(torch.equal(a, b.grad) for a, b in zip(gradients, model.parameters()))
    assert torch.equal(state, torch.get_rng_state())
    assert not any(module.training for module in model.modules())


def test_two_thousand_examples_of_a_large_network_are_planned_within_sixteen_gibibytes() -> None:
    class Wide(nn.Module):
        """25 million parameters, of which the largest are as those of a ResNet-50."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(1536, 1536) for _ in range(10)] + [nn.Linear(1536, 1000)])
            self.head = nn.Linear(1000, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for layer in self.layers:
                x = torch.relu(layer(x))
            return self.head(x)

    function = model_function(Wide(), None, None, None)
    assert function.size > 25_000_000
    found = gather((torch.zeros(2000, 1536), torch.zeros(2000, 10)), None, None, None)
    plan = plan_gram(function, found, 10, memory=16 * 2**30)
    assert plan.bytes <= 16 * 2**30 and plan.rows == 20_000
    assert sum(each.width for each in plan.slices) == function.size
    assert "backward passes" in plan.words()
    assert len(plan.slices) < 300
