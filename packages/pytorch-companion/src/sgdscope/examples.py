"""Examples from what people have: tensors, a DataLoader, any iterable of batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable, Optional

import torch
from torch import Tensor

from .errors import SgdscopeError

Inputs = Any
"""A tensor, or a tuple, list or dict of tensors, each with the examples along its first axis."""


@dataclass(frozen=True)
class Examples:
    """Inputs and targets of n examples.

    Attributes:
        inputs: As ``Inputs``; a tuple or dict is passed to the model as arguments or keywords.
        targets: ``[n, …]``.
        size: n.
        of: How many examples the data have in all, where that is known.
        batch_size: That of the loader, where there is one.
        sampling: How the loader draws batches, in sgdscope's words, where that is known.
    """

    inputs: Inputs
    targets: Tensor
    size: int
    of: Optional[int]
    batch_size: Optional[int]
    sampling: Optional[str]


def map_tensors(function: Callable[[Tensor], Tensor], inputs: Inputs) -> Inputs:
    """Applies ``function`` to each tensor of the inputs, whose structure stays."""
    if isinstance(inputs, Tensor):
        return function(inputs)
    if isinstance(inputs, Mapping):
        return {key: map_tensors(function, value) for key, value in inputs.items()}
    if isinstance(inputs, (tuple, list)):
        return tuple(map_tensors(function, value) for value in inputs)
    raise SgdscopeError(
        "INVALID_ARGUMENT",
        "data",
        f"expected inputs that are a tensor, or a tuple or dict of tensors, got {type(inputs).__name__}",
    )


def tensors_of(inputs: Inputs) -> list[Tensor]:
    """The tensors of the inputs, in order."""
    found: list[Tensor] = []

    def note(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    map_tensors(note, inputs)
    return found


def gather(data: Any, limit: Optional[int], batch_size: Optional[int], sampling: Optional[str]) -> Examples:
    """The first ``limit`` examples of the data, all of them by default.

    Raises:
        SgdscopeError: INVALID_ARGUMENT, SHAPE_MISMATCH, NOT_FINITE, argument ``data``.
    """
    if limit is not None and limit < 1:
        raise SgdscopeError("INVALID_ARGUMENT", "examples", f"expected a whole number from 1 up, got {limit}")
    if isinstance(data, Mapping) or _is_pair(data):
        inputs, targets = _split(data)
        of: Optional[int] = len(targets)
        parts = [(inputs, targets)]
    else:
        parts, of = _from_batches(data, limit)
        batch_size = _loader_batch_size(data) if batch_size is None else batch_size
        sampling = _loader_sampling(data) if sampling is None else sampling
    size = sum(len(targets) for _, targets in parts)
    taken = size if limit is None else min(size, limit)
    if taken == 0:
        raise SgdscopeError("INVALID_ARGUMENT", "data", "expected at least one example, got none")
    targets = torch.cat([targets for _, targets in parts])[:taken]
    inputs = _concatenated([inputs for inputs, _ in parts], taken)
    for name, tensors in (("inputs", tensors_of(inputs)), ("targets", [targets])):
        for tensor in tensors:
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                raise SgdscopeError("NOT_FINITE", "data", f"expected finite {name}, got NaN or infinities among them")
    return Examples(inputs, targets, taken, of, batch_size, sampling)


def _is_pair(data: Any) -> bool:
    """``(inputs, targets)`` and not a list of batches."""
    return isinstance(data, (tuple, list)) and len(data) == 2 and isinstance(data[1], Tensor)


def _split(batch: Any) -> tuple[Inputs, Tensor]:
    if isinstance(batch, Mapping):
        if "labels" not in batch:
            raise SgdscopeError(
                "INVALID_ARGUMENT",
                "data",
                f"expected a dict with the targets as labels, got the keys {', '.join(map(str, batch))}",
                "or pass pairs (inputs, targets)",
            )
        inputs: Inputs = {key: value for key, value in batch.items() if key != "labels"}
        targets = batch["labels"]
    elif isinstance(batch, (tuple, list)) and len(batch) == 2:
        inputs, targets = batch
    else:
        what = f"a {type(batch).__name__}" + (f" of {len(batch)}" if isinstance(batch, (tuple, list)) else "")
        raise SgdscopeError("INVALID_ARGUMENT", "data", f"expected batches (inputs, targets), got {what}")
    if not isinstance(targets, Tensor):
        raise SgdscopeError(
            "INVALID_ARGUMENT", "data", f"expected targets that are a tensor, got {type(targets).__name__}"
        )
    if targets.ndim == 0:
        raise SgdscopeError("SHAPE_MISMATCH", "data", "expected targets with an axis of examples, got a single number")
    for tensor in tensors_of(inputs):
        if tensor.ndim == 0 or len(tensor) != len(targets):
            raise SgdscopeError(
                "SHAPE_MISMATCH",
                "data",
                f"expected inputs and targets with as many examples, got inputs of shape {list(tensor.shape)} "
                f"and targets of shape {list(targets.shape)}",
            )
    return inputs, targets


def _from_batches(data: Any, limit: Optional[int]) -> tuple[list[tuple[Inputs, Tensor]], Optional[int]]:
    try:
        batches = iter(data)
    except TypeError:
        raise SgdscopeError(
            "INVALID_ARGUMENT",
            "data",
            f"expected (inputs, targets) or an iterable of such batches, got {type(data).__name__}",
        ) from None
    parts: list[tuple[Inputs, Tensor]] = []
    count = 0
    for batch in batches:
        parts.append(_split(batch))
        count += len(parts[-1][1])
        if limit is not None and count >= limit:
            break
    if not parts:
        raise SgdscopeError("INVALID_ARGUMENT", "data", "expected at least one batch, got none")
    try:
        of: Optional[int] = len(data.dataset)
    except (AttributeError, TypeError):
        of = None
    return parts, of


def _concatenated(parts: list[Inputs], taken: int) -> Inputs:
    columns = list(zip(*(tensors_of(part) for part in parts)))
    try:
        joined = iter([torch.cat(list(column))[:taken].detach() for column in columns])
    except RuntimeError as error:
        raise SgdscopeError(
            "SHAPE_MISMATCH",
            "data",
            f"expected batches whose examples have one shape, got others ({str(error).splitlines()[0]})",
            "pad all batches to one length",
        ) from error
    return map_tensors(lambda _: next(joined), parts[0])


def _loader_batch_size(data: Any) -> Optional[int]:
    size = getattr(data, "batch_size", None)
    if isinstance(size, int):
        return size
    size = getattr(getattr(data, "batch_sampler", None), "batch_size", None)
    return size if isinstance(size, int) else None


def _loader_sampling(data: Any) -> Optional[str]:
    sampler = getattr(data, "sampler", None)
    if isinstance(sampler, torch.utils.data.RandomSampler):
        return "with-replacement" if sampler.replacement else "epoch-shuffle"
    return None
