"""Rows of the Jacobian of single examples, by vmap where it can, else by a loop."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import jacrev, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from .examples import Inputs, map_tensors, tensors_of
from .model_function import ModelFunction


@dataclass(frozen=True)
class Columns:
    """A range of columns of J: parts of parameters, in the order of the parameters.

    Attributes:
        names: Parameters that have columns in it.
        start: Of the first column within the first of these parameters.
        width: Columns in all.
    """

    names: tuple[str, ...]
    start: int
    width: int


def rows_by_vmap(function: ModelFunction, inputs: Inputs, columns: Columns, outputs_at_once: int) -> Tensor:
    """Rows ``[n·C, width]`` for all outputs of a chunk of n examples.

    Cost: one backward pass per example and output, vectorised over examples and ``outputs_at_once`` outputs.
    """
    chosen = {name: function.moving[name] for name in columns.names}
    rest = {name: value for name, value in function.moving.items() if name not in chosen}

    def single(parameters: dict[str, Tensor], one: Inputs) -> Tensor:
        batch = map_tensors(lambda value: value.unsqueeze(0), one)
        return function.call({**rest, **parameters}, batch).reshape(-1)

    # Fused attention has no rule under vmap and would be looped over; spelt out it has one.
    with sdpa_kernel(SDPBackend.MATH):
        found = vmap(jacrev(single, chunk_size=outputs_at_once), in_dims=(None, 0), randomness="error")(chosen, inputs)
    flat = [found[name].detach().flatten(2) for name in columns.names]
    return _cut([part.flatten(0, 1) for part in flat], columns)


def rows_by_loop(function: ModelFunction, inputs: Inputs, columns: Columns) -> Tensor:
    """As ``rows_by_vmap``, by one backward pass after the other."""
    chosen = {name: function.moving[name].clone().requires_grad_(True) for name in columns.names}
    rest = {name: value for name, value in function.moving.items() if name not in chosen}
    leaves = list(chosen.values())
    rows: list[Tensor] = []
    size = len(tensors_of(inputs)[0])
    with torch.enable_grad():
        for i in range(size):
            outputs = function.call({**rest, **chosen}, map_tensors(lambda value: value[i : i + 1], inputs)).reshape(-1)
            for c, output in enumerate(outputs):
                gradients = (
                    torch.autograd.grad(output, leaves, retain_graph=c + 1 < len(outputs), allow_unused=True)
                    if output.requires_grad
                    else [None] * len(leaves)
                )
                parts = [
                    (torch.zeros_like(leaf) if gradient is None else gradient).reshape(1, -1)
                    for leaf, gradient in zip(leaves, gradients)
                ]
                rows.append(_cut(parts, columns).detach())
    return torch.cat(rows)


def _cut(parts: list[Tensor], columns: Columns) -> Tensor:
    whole = parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
    return whole[:, columns.start : columns.start + columns.width]


def slices_of(function: ModelFunction, width: int) -> list[Columns]:
    """All columns in ranges of at most ``width``: whole parameters together where they fit, large ones in parts."""
    slices: list[Columns] = []
    names: list[str] = []
    held = 0
    for name, value in function.moving.items():
        size = value.numel()
        if names and held + size > width:
            slices.append(Columns(tuple(names), 0, held))
            names, held = [], 0
        if size > width:
            for start in range(0, size, width):
                slices.append(Columns((name,), start, min(width, size - start)))
            continue
        if size > 0:
            names.append(name)
            held += size
    if names:
        slices.append(Columns(tuple(names), 0, held))
    return slices


def bytes_per_example(function: ModelFunction, inputs: Inputs) -> int:
    """Bytes that the graph of one example keeps beside parameters: what a backward pass needs."""
    parameters = {name: value.clone().requires_grad_(True) for name, value in function.moving.items()}
    own = {value.untyped_storage().data_ptr() for value in [*parameters.values(), *function.fixed.values()]}
    kept = 0

    def pack(tensor: Tensor) -> Tensor:
        nonlocal kept
        if tensor.untyped_storage().data_ptr() not in own:
            kept += tensor.numel() * tensor.element_size()
        return tensor

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        function.call(parameters, map_tensors(lambda value: value[:1], inputs))
    return kept
