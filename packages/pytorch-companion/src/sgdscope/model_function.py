"""A model as a function of its parameters and inputs, and what makes it unfit for a theory of single examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable, Optional

import torch
from torch import Tensor, nn
from torch.func import functional_call

from .errors import SgdscopeError
from .examples import Examples, Inputs, map_tensors, tensors_of

Outputs = Callable[[Any], Tensor]
"""Picks the logits from what a model returns."""


@dataclass(frozen=True)
class ModelFunction:
    """A model as a function of the parameters that move.

    Attributes:
        name: The class of the model.
        moving: Parameters by name, detached; tied ones once, under their first name.
        fixed: Parameters that do not move, and buffers.
        left_out: Names of the parameters that do not move.
        dtype: In which it computes.
        call: ``call(moving, inputs)`` with a batch of inputs gives outputs ``[n, C]`` or ``[n]``.
        keys: ``id`` of the model's own parameter by name.
        notes: What was taken for granted, in sentences.
    """

    name: str
    moving: dict[str, Tensor]
    fixed: dict[str, Tensor]
    left_out: tuple[str, ...]
    dtype: torch.dtype
    call: Callable[[dict[str, Tensor], Inputs], Tensor]
    keys: dict[str, int]
    notes: tuple[str, ...]

    @property
    def device(self) -> torch.device:
        """Of the parameters."""
        return next(iter(self.moving.values())).device

    @property
    def size(self) -> int:
        """P."""
        return sum(value.numel() for value in self.moving.values())


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside of DataParallel, DistributedDataParallel and torch.compile."""
    name = type(model).__name__
    if name in ("FullyShardedDataParallel", "FSDPModule"):
        raise SgdscopeError("INVALID_ARGUMENT", "model", f"expected whole parameters, got shards of {name}")
    for attribute in ("_orig_mod", "module"):
        inner = getattr(model, attribute, None)
        if isinstance(inner, nn.Module) and name in ("OptimizedModule", "DataParallel", "DistributedDataParallel"):
            return unwrapped(inner)
    return model


def model_function(
    model: nn.Module,
    outputs: Optional[Outputs],
    moves: Optional[frozenset[int]],
    precision: Optional[str],
) -> ModelFunction:
    """Makes a function of a model, without touching its parameters, gradients, buffers or mode.

    Args:
        model: In evaluation mode where it has batch normalisation or dropout.
        outputs: Picks the logits from what the model returns; by default it returns them, or has them as ``logits``.
        moves: ``id`` of the parameters that an optimizer moves; default all that require a gradient.
        precision: ``"float32"`` or ``"float64"`` to compute in that; default as the parameters, half precision in Float32.

    Raises:
        SgdscopeError: EXAMPLES_MIXED, RANDOM_MODEL, INVALID_ARGUMENT, argument ``model``.
    """
    if not isinstance(model, nn.Module):
        raise SgdscopeError("INVALID_ARGUMENT", "model", f"expected a torch.nn.Module, got {type(model).__name__}")
    model = unwrapped(model)
    refuse_modes(model)
    named = dict(model.named_parameters())
    all_names = dict(model.named_parameters(remove_duplicate=False))
    if moves is not None:
        strangers = moves - {id(value) for value in named.values()}
        if strangers:
            raise SgdscopeError(
                "INVALID_ARGUMENT",
                "optimizer",
                f"expected an optimizer of this model, got one with {len(strangers)} parameters that the model does not have",
            )
    moving = {
        name: value
        for name, value in named.items()
        if value.requires_grad and (moves is None or id(value) in moves)
    }
    if not moving:
        raise SgdscopeError("INVALID_ARGUMENT", "model", "expected parameters that move, got none")
    if len({value.device for value in named.values()}) > 1:
        raise SgdscopeError("INVALID_ARGUMENT", "model", "expected all parameters on one device, got several")
    for name, value in named.items():
        if not bool(torch.isfinite(value).all()):
            raise SgdscopeError("NOT_FINITE", "model", f"expected finite parameters, got NaN or infinities in {name}")
    own = next(iter(moving.values())).dtype
    half = own in (torch.float16, torch.bfloat16)
    dtype = {"float32": torch.float32, "float64": torch.float64, None: torch.float32 if half else own}[precision]
    notes = [f"Parameters of {str(own).removeprefix('torch.')} are computed with in Float32."] if half else []
    left_out = tuple(name for name in named if name not in moving)
    if left_out:
        shown = ", ".join(left_out[:3]) + (f" and {len(left_out) - 3} more" if len(left_out) > 3 else "")
        notes.append(f"Parameters that do not move are constants: {shown}.")
    ties = [name for name in all_names if name not in named]
    if ties:
        notes.append(f"Tied parameters count once: {', '.join(ties[:3])}.")

    def cast(value: Tensor) -> Tensor:
        value = value.detach()
        return value.to(dtype) if value.is_floating_point() else value

    fixed = {name: cast(named[name]) for name in left_out}
    # Copies, so that whatever a forward pass writes into buffers stays here.
    fixed.update({name: cast(buffer).clone() for name, buffer in model.named_buffers()})

    def call(parameters: dict[str, Tensor], inputs: Inputs) -> Tensor:
        state = {**fixed, **parameters}
        if isinstance(inputs, Mapping):
            found = functional_call(model, state, (), dict(inputs))
        else:
            found = functional_call(model, state, inputs if isinstance(inputs, tuple) else (inputs,))
        return logits_of(found, outputs)

    return ModelFunction(
        name=type(model).__name__,
        moving={name: cast(value) for name, value in moving.items()},
        fixed=fixed,
        left_out=left_out,
        dtype=dtype,
        call=call,
        keys={name: id(value) for name, value in moving.items()},
        notes=tuple(notes),
    )


def logits_of(found: Any, outputs: Optional[Outputs]) -> Tensor:
    """The logits in what a model returned."""
    if outputs is not None:
        found = outputs(found)
    elif not isinstance(found, Tensor):
        found = getattr(found, "logits", found["logits"] if isinstance(found, Mapping) and "logits" in found else found)
    if isinstance(found, Tensor):
        return found
    raise SgdscopeError(
        "INVALID_ARGUMENT",
        "outputs",
        f"expected a tensor of logits, got {type(found).__name__}",
        "outputs=lambda returned: … picks it from what the model returns",
    )


def refuse_modes(model: nn.Module) -> None:
    """Refuses batch normalisation that mixes the examples of a batch, and dropout in training mode."""
    for name, module in model.named_modules():
        kind = type(module).__name__
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and not isinstance(module, nn.modules.instancenorm._InstanceNorm):
            if module.training or module.running_mean is None:
                why = "is in training mode" if module.training else "keeps no running statistics"
                raise SgdscopeError(
                    "EXAMPLES_MIXED",
                    "model",
                    f"{kind} {name or 'itself'} {why}: the output of an example then depends on its batch, and has no gradient of its own",
                    "call model.eval() first" if module.training else "use running statistics or another normalisation",
                )
        if isinstance(module, nn.modules.dropout._DropoutNd) and module.training and module.p > 0:
            raise SgdscopeError(
                "RANDOM_MODEL",
                "model",
                f"{kind} {name or 'itself'} is in training mode: the model is random",
                "call model.eval() first",
            )


def check_function(function: ModelFunction, examples: Examples, shown: int = 8) -> Tensor:
    """Outputs ``[n, C]`` or ``[n]`` of up to ``shown`` examples, after they have shown to be neither random nor mixed.

    Raises:
        SgdscopeError: RANDOM_MODEL, EXAMPLES_MIXED, SHAPE_MISMATCH, NOT_FINITE.
    """
    few = min(shown, examples.size)
    inputs = prepared(function, map_tensors(lambda value: value[:few], examples.inputs))
    with torch.no_grad(), torch.random.fork_rng(devices=_cuda_devices(function.device)):
        together = function.call(function.moving, inputs)
        again = function.call(function.moving, inputs)
        if list(together.shape) not in ([few], [few, together.shape[-1] if together.ndim else 0]):
            raise SgdscopeError(
                "SHAPE_MISMATCH",
                "outputs",
                f"expected outputs [n, C] or [n] of {few} examples, got {list(together.shape)}",
                "outputs=lambda returned: … picks or reshapes them, for example those of the last position",
            )
        if not bool(torch.isfinite(together).all()):
            raise SgdscopeError("NOT_FINITE", "model", "expected finite outputs, got NaN or infinities")
        if not torch.equal(together, again):
            tolerance = _tolerance(function.dtype, together)
            if float((together - again).abs().max()) > tolerance:
                raise SgdscopeError(
                    "RANDOM_MODEL",
                    "model",
                    "the same examples gave different outputs: the model is random",
                    "call model.eval(), or take its noise out",
                )
        single = torch.cat(
            [function.call(function.moving, map_tensors(lambda value: value[i : i + 1], inputs)) for i in range(few)]
        )
    difference = float((single - together).abs().max())
    if difference > _tolerance(function.dtype, together):
        raise SgdscopeError(
            "EXAMPLES_MIXED",
            "model",
            f"the outputs of single examples differ by {difference:.3g} from those in a batch: the model mixes examples",
            "batch normalisation belongs into evaluation mode; statistics over the batch have no gradient of one example",
        )
    return together


def _tolerance(dtype: torch.dtype, values: Tensor) -> float:
    return (1e-9 if dtype == torch.float64 else 1e-3) * max(float(values.abs().max()), 1e-6)


def _cuda_devices(device: torch.device) -> list[torch.device]:
    return [device] if device.type == "cuda" else []


def prepared(function: ModelFunction, inputs: Inputs) -> Inputs:
    """Inputs on the device of the model, floating ones in its precision."""
    return map_tensors(
        lambda value: value.to(function.device, function.dtype if value.is_floating_point() else value.dtype), inputs
    )


def all_outputs(function: ModelFunction, examples: Examples, batch: int = 256) -> Tensor:
    """Outputs of all examples, on the CPU."""
    found = []
    with torch.no_grad(), torch.random.fork_rng(devices=_cuda_devices(function.device)):
        for start in range(0, examples.size, batch):
            part = map_tensors(lambda value: value[start : start + batch], examples.inputs)
            found.append(function.call(function.moving, prepared(function, part)).cpu())
    outputs = torch.cat(found)
    if not bool(torch.isfinite(outputs).all()):
        raise SgdscopeError("NOT_FINITE", "model", "expected finite outputs, got NaN or infinities")
    return outputs


def input_shapes(examples: Examples) -> list[list[int]]:
    """Shapes of the inputs of one example."""
    return [list(value.shape[1:]) for value in tensors_of(examples.inputs)]
