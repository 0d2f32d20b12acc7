"""K by one backward pass after the other over the whole model, in Float64: the judge of the others."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Callable, Optional

import torch
from torch import Tensor, nn


def dense_jacobian(
    model: nn.Module, inputs: Any, pick: Optional[Callable[[Any], Tensor]] = None, names: Optional[list[str]] = None
) -> Tensor:
    """J ``[nC, P]`` of a copy of the model in Float64."""
    model = deepcopy(model).double()
    named = dict(model.named_parameters())
    leaves = [value for name, value in named.items() if (value.requires_grad if names is None else name in names)]
    inputs = inputs.double() if isinstance(inputs, Tensor) and inputs.is_floating_point() else inputs
    found = model(**inputs) if isinstance(inputs, dict) else model(inputs)
    outputs = (found if pick is None else pick(found)).reshape(-1)
    rows = []
    for output in outputs:
        gradients = torch.autograd.grad(output, leaves, retain_graph=True, allow_unused=True)
        rows.append(
            torch.cat([(torch.zeros_like(leaf) if g is None else g).reshape(-1) for leaf, g in zip(leaves, gradients)])
        )
    return torch.stack(rows)


def relative(found: Any, expected: Tensor) -> float:
    """Largest difference, over the largest entry of what is expected."""
    return float((torch.as_tensor(found) - expected).abs().max() / expected.abs().max())
