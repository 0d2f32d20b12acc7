"""Sharpness along a training: of batches, and along the update that was made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from .examples import Inputs, map_tensors
from .model_function import ModelFunction

LossOf = Callable[[Tensor, Tensor], Tensor]


def batch_sharpness(
    function: ModelFunction,
    loss: LossOf,
    inputs: Inputs,
    targets: Tensor,
    batch_size: int,
    generator: torch.Generator,
    batches: int = 4,
) -> float:
    """Mean of ĝᵀĤĝ/‖ĝ‖² over batches of the data, of PyTorch's loss; about 2/lr at the edge of plain SGD.

    Cost: two backward passes of a batch, ``batches`` times. Source: Andreyev and Beneventano, edge of stochastic stability.
    """
    found = []
    for _ in range(batches):
        chosen = torch.randperm(len(targets), generator=generator)[:batch_size]
        parameters = {name: value.clone().requires_grad_(True) for name, value in function.moving.items()}
        leaves = list(parameters.values())
        part = map_tensors(lambda value: value[chosen.to(value.device)], inputs)
        # Fused attention has no second derivative.
        with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
            value = loss(function.call(parameters, part), targets[chosen.to(targets.device)])
            gradients = torch.autograd.grad(value, leaves, create_graph=True, allow_unused=True, materialize_grads=True)
            directions = [gradient.detach() for gradient in gradients]
            slope = sum((g * d).sum() for g, d in zip(gradients, directions))
            squared = sum(float((d.double() ** 2).sum()) for d in directions)
            if squared == 0 or not (isinstance(slope, Tensor) and slope.requires_grad):
                continue
            products = torch.autograd.grad(slope, leaves, allow_unused=True, materialize_grads=True)
        curvature = sum(float((h.double() * d.double()).sum()) for h, d in zip(products, directions))
        found.append(curvature / squared)
    return sum(found) / len(found) if found else math.nan


@dataclass(frozen=True)
class CriticalStep:
    """How far along an update the loss rises above where it began.

    Attributes:
        factor: The least multiple of the update that raises the loss, between the ``below`` and ``above`` that were tried;
            infinite where none that was tried does.
        below: The largest multiple that was tried and does not raise it.
        above: The smallest that does.
        passes: Forward passes.
    """

    factor: float
    below: float
    above: float
    passes: int


def critical_step(loss_at: Callable[[float], float], passes: int = 6, guess: float = 1.0) -> CriticalStep:
    """Brackets the least multiple c of an update with ``L(θ + c·update) > L(θ)``, by doubling and halving, then in between.

    Args:
        loss_at: The loss at a multiple of the update.
        passes: Forward passes at most, one of them at 0.
        guess: Where to begin: what was found before.

    Source: critical sharpness 2/η_c, arXiv 2601.16979.
    """
    start = loss_at(0.0)
    below, above, used, at = 0.0, math.inf, 1, guess
    while used < passes:
        used += 1
        if loss_at(at) > start:
            above = at
        else:
            below = at
        if math.isinf(above):
            at = 2 * below
        elif below == 0:
            at = above / 2
        else:
            at = math.sqrt(below * above)
    factor = above if below == 0 or math.isinf(above) else math.sqrt(below * above)
    return CriticalStep(factor, below, above, used)
