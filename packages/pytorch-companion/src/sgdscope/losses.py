"""PyTorch's losses as those of the theory, and the factor between the two.

The theory's square loss is ``L = (1/2n) Σ‖f − y‖²``; its other losses are means over examples of a sum over outputs. PyTorch's
are means over examples *and* outputs, but for CrossEntropyLoss. Of a loss that is ``s·L``, a learning rate η of PyTorch is ``s·η``
here, and a weight decay γ is ``γ/s``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Optional, Union

import torch
from torch import Tensor, nn
from torch.nn import functional

from .errors import SgdscopeError

ACCEPTED = (
    "nn.MSELoss, nn.CrossEntropyLoss (label_smoothing, weight), nn.BCEWithLogitsLoss, nn.HuberLoss, nn.SmoothL1Loss, "
    "nn.PoissonNLLLoss, each with reduction='mean'"
)
_ADVICE = f"accepted are {ACCEPTED}"


@dataclass(frozen=True)
class Loss:
    """A loss of the theory, and how PyTorch's is made of it.

    Attributes:
        id: Its name in sgdscope.
        options: ``labelSmoothing`` or ``delta``.
        pytorch: How PyTorch prints it.
        factor: s of C outputs, where PyTorch's loss is s times that of the theory.
        labels: Whether the targets may be class labels.
        class_weights: ``[C]``, of CrossEntropyLoss.
        ignore_index: A label that PyTorch leaves out of the mean.
        module: PyTorch's loss, ``module(outputs, targets)``.
        assumptions: In sentences.
    """

    id: str
    pytorch: str
    factor: Callable[[int], float]
    module: Callable[[Tensor, Tensor], Tensor]
    options: dict[str, float] = field(default_factory=dict)
    labels: bool = False
    class_weights: Optional[Tensor] = None
    ignore_index: Optional[int] = None
    assumptions: tuple[str, ...] = ()


_FUNCTIONS: dict[Any, Callable[[], nn.Module]] = {
    functional.mse_loss: nn.MSELoss,
    functional.cross_entropy: nn.CrossEntropyLoss,
    functional.binary_cross_entropy_with_logits: nn.BCEWithLogitsLoss,
    functional.huber_loss: nn.HuberLoss,
    functional.smooth_l1_loss: nn.SmoothL1Loss,
    functional.poisson_nll_loss: nn.PoissonNLLLoss,
}


def loss_of(loss: Union[nn.Module, Callable[..., Tensor]]) -> Loss:
    """The loss of the theory that a loss of PyTorch is a multiple of.

    Args:
        loss: One of ``ACCEPTED``, or its function of ``torch.nn.functional`` with its defaults.

    Raises:
        SgdscopeError: UNSUPPORTED_LOSS, argument ``loss``.
    """
    module = _FUNCTIONS[loss]() if not isinstance(loss, nn.Module) and loss in _FUNCTIONS else loss
    if not isinstance(module, nn.Module):
        name = getattr(loss, "__name__", type(loss).__name__)
        raise _refused(f"expected a loss module of PyTorch, got {name}, of which nothing tells the formula")
    kind = type(module)
    if kind not in _MAKERS:
        raise _refused(f"expected a loss that the theory knows, got {module}")
    reduction = getattr(module, "reduction", "mean")
    if reduction != "mean":
        raise _refused(f"expected reduction='mean', got {reduction!r}: its learning rates depend on the size of the batch")
    return _MAKERS[kind](module)


def _refused(problem: str) -> SgdscopeError:
    return SgdscopeError("UNSUPPORTED_LOSS", "loss", problem, _ADVICE)


def _square(module: nn.Module) -> Loss:
    return Loss("square", "MSELoss()", lambda outputs: 2 / outputs, module)


def _cross_entropy(module: Any) -> Loss:
    smoothing, weight = float(module.label_smoothing), module.weight
    if weight is not None and smoothing > 0:
        raise _refused(
            "expected class weights or label smoothing, got both: PyTorch then weights the smoothed part of a target by other classes"
        )
    shown = [
        *([f"weight=[{weight.numel()} classes]"] if weight is not None else []),
        *([f"label_smoothing={smoothing:g}"] if smoothing > 0 else []),
    ]
    weighted = (
        "Class weights are weights of examples, w·n/Σw over these examples; PyTorch divides by the sum over each batch instead, "
        "which is the same where batches have the classes in the same shares."
    )
    return Loss(
        "cross-entropy",
        f"CrossEntropyLoss({', '.join(shown)})",
        lambda outputs: 1.0,
        module,
        options={"labelSmoothing": smoothing} if smoothing > 0 else {},
        labels=True,
        class_weights=weight,
        ignore_index=int(module.ignore_index),
        assumptions=(weighted,) if weight is not None else (),
    )


def _logistic(module: Any) -> Loss:
    for name in ("weight", "pos_weight"):
        if getattr(module, name) is not None:
            raise _refused(f"expected BCEWithLogitsLoss without {name}, got one")
    return Loss("logistic", "BCEWithLogitsLoss()", lambda outputs: 1 / outputs, module)


def _huber(module: Any) -> Loss:
    delta = float(module.delta)
    return Loss("huber", f"HuberLoss(delta={delta:g})", lambda outputs: 1 / outputs, module, options={"delta": delta})


def _smooth_l1(module: Any) -> Loss:
    beta = float(module.beta)
    if beta == 0:
        raise _refused("expected SmoothL1Loss with beta above 0, got 0, the absolute loss, which has no curvature")
    return Loss(
        "huber", f"SmoothL1Loss(beta={beta:g})", lambda outputs: 1 / (beta * outputs), module, options={"delta": beta}
    )


def _poisson(module: Any) -> Loss:
    if not module.log_input:
        raise _refused("expected PoissonNLLLoss with log_input=True, got log_input=False, which is not convex in this form")
    return Loss("poisson", "PoissonNLLLoss()", lambda outputs: 1 / outputs, module)


_MAKERS: dict[type, Callable[[Any], Loss]] = {
    nn.MSELoss: _square,
    nn.CrossEntropyLoss: _cross_entropy,
    nn.BCEWithLogitsLoss: _logistic,
    nn.HuberLoss: _huber,
    nn.SmoothL1Loss: _smooth_l1,
    nn.PoissonNLLLoss: _poisson,
}


@dataclass(frozen=True)
class Targets:
    """What the outputs should be: ``labels`` [n] or ``targets`` [n, C]; ``weights`` [n] where the loss has some. On the CPU."""

    labels: Optional[Tensor]
    targets: Optional[Tensor]
    weights: Optional[Tensor]


def targets_of(loss: Loss, outputs: Tensor, targets: Tensor) -> Targets:
    """Checks targets against the outputs ``[n, C]`` or ``[n]`` of the model as PyTorch would, and more strictly where it broadcasts.

    Raises:
        SgdscopeError: SHAPE_MISMATCH, INVALID_ARGUMENT, argument ``data``.
    """
    targets = targets.detach().cpu()
    shape, given = list(outputs.shape), list(targets.shape)
    classes = shape[1] if len(shape) == 2 else 1
    if loss.labels and not targets.is_floating_point():
        return _labels(loss, shape, targets, classes)
    if not targets.is_floating_point():
        raise SgdscopeError(
            "INVALID_ARGUMENT",
            "data",
            f"expected floating-point targets for {loss.pytorch}, got {targets.dtype} beside outputs of {outputs.dtype}",
            "pass targets.float()",
        )
    if given != shape:
        raise SgdscopeError(
            "SHAPE_MISMATCH",
            "data",
            f"expected targets of the shape of the outputs, {shape}, got {given}, which PyTorch would broadcast or refuse",
            "class labels are whole numbers: pass targets.long()" if loss.labels and given == shape[:1] else None,
        )
    if loss.class_weights is not None:
        raise SgdscopeError(
            "INVALID_ARGUMENT", "data", "expected class labels beside class weights, got probabilities of classes"
        )
    if loss.id in ("logistic", "cross-entropy") and not bool(((targets >= 0) & (targets <= 1)).all()):
        raise SgdscopeError("INVALID_ARGUMENT", "data", f"expected targets from 0 to 1 for {loss.pytorch}, got others")
    if loss.id == "poisson" and not bool((targets >= 0).all()):
        raise SgdscopeError("INVALID_ARGUMENT", "data", "expected counts from 0 up for PoissonNLLLoss, got negative ones")
    return Targets(None, targets.double().reshape(len(targets), classes), None)


def _labels(loss: Loss, shape: list[int], labels: Tensor, classes: int) -> Targets:
    if labels.dtype not in (torch.int64, torch.uint8):
        raise SgdscopeError(
            "INVALID_ARGUMENT",
            "data",
            f"expected labels of torch.int64 for CrossEntropyLoss, got {labels.dtype}",
            "pass labels.long()",
        )
    if list(labels.shape) != shape[:1]:
        raise SgdscopeError(
            "SHAPE_MISMATCH",
            "data",
            f"expected labels of shape {shape[:1]} beside outputs of shape {shape}, got {list(labels.shape)}",
        )
    if len(shape) != 2 or classes < 2:
        raise SgdscopeError(
            "SHAPE_MISMATCH",
            "data",
            f"expected outputs [n, C] of at least two classes for CrossEntropyLoss, got {shape}",
            "one logit per example goes with BCEWithLogitsLoss",
        )
    labels = labels.long()
    if loss.ignore_index is not None and bool((labels == loss.ignore_index).any()):
        raise SgdscopeError(
            "INVALID_ARGUMENT",
            "data",
            f"expected no label that is ignored, got ignore_index={loss.ignore_index} at example "
            f"{int((labels == loss.ignore_index).nonzero()[0])}: the mean would be over other examples in every batch",
            "leave these examples out",
        )
    wrong = (labels < 0) | (labels >= classes)
    if bool(wrong.any()):
        at = int(wrong.nonzero()[0])
        raise SgdscopeError(
            "INVALID_ARGUMENT",
            "data",
            f"expected labels 0 … {classes - 1} for {classes} outputs, got {int(labels[at])} at example {at}",
        )
    if loss.class_weights is None:
        return Targets(labels, None, None)
    weight = loss.class_weights.detach().cpu().double()
    if list(weight.shape) != [classes] or not bool((weight >= 0).all()) or not bool(torch.isfinite(weight).all()):
        raise SgdscopeError(
            "SHAPE_MISMATCH",
            "loss",
            f"expected {classes} class weights from 0 up, got shape {list(weight.shape)} or other numbers",
        )
    own = weight[labels]
    if not float(own.sum()) > 0:
        raise SgdscopeError("INVALID_ARGUMENT", "loss", "expected a class with a positive weight among the labels, got none")
    return Targets(labels, None, own * len(labels) / own.sum())
