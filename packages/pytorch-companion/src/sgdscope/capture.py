"""``capture``: a point in parameter space of a PyTorch model as the theory sees it, in one file."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Callable, Optional, Union

import numpy
import torch
from torch import Tensor, nn

from .errors import SgdscopeError
from .examples import Examples, gather, tensors_of
from .gram import Plan, Progress, choose_method, gram_matrix, plan_gram
from .layout import SCHEMA, Capture, expect_npz
from .losses import Loss, Targets, loss_of, targets_of
from .model_function import ModelFunction, Outputs, all_outputs, check_function, model_function
from .optimizers import JudgedOptimizer, optimizer_of
from .ranks import Ranks
from .version import __version__

SAMPLINGS = ("without-replacement", "with-replacement", "bernoulli", "epoch-shuffle")
_ACCUMULATE = {"float64": torch.float64, "float32": torch.float32}
# Long enough to be told before: seconds on a laptop for a small network.
_MANY_PASSES = 50_000


def capture(
    model: nn.Module,
    data: Any,
    loss: Union[nn.Module, Callable[..., Tensor]],
    optimizer: Optional[torch.optim.Optimizer] = None,
    *,
    path: Union[str, "os.PathLike[str]", None] = None,
    outputs: Optional[Outputs] = None,
    batch_size: Optional[int] = None,
    sampling: Optional[str] = None,
    examples: Optional[int] = None,
    memory: Optional[int] = None,
    accumulate: str = "float64",
    precision: Optional[str] = None,
    per_example: str = "auto",
    progress: Union[bool, Progress] = True,
) -> Capture:
    """Captures a model, data and loss at the parameters as they are, for ``sgdscope analyze --capture``.

    Parameters, gradients, buffers, the mode of the model and the state of random numbers stay as they were.

    Args:
        model: In evaluation mode where it has batch normalisation or dropout. DistributedDataParallel and compiled models are
            looked into. Parameters that do not require a gradient, or that the optimizer does not have, do not move.
        data: ``(inputs, targets)``, or a DataLoader or iterable of such batches. Inputs are a tensor, or a tuple or dict of
            tensors, passed as arguments or keywords; a dict with ``labels`` may stand for a pair.
        loss: A loss module of PyTorch with ``reduction="mean"``: MSELoss, CrossEntropyLoss, BCEWithLogitsLoss, HuberLoss,
            SmoothL1Loss, PoissonNLLLoss; or its function of ``torch.nn.functional``.
        optimizer: SGD, Adam, AdamW or RMSprop, as it stands; without it K is that of plain SGD.
        path: Where to write the capture, ``.npz``; with several ranks the first one writes.
        outputs: Picks the logits ``[n, C]`` or ``[n]`` from what the model returns; default the tensor, or its ``logits``.
        batch_size: B of the training; default that of the DataLoader.
        sampling: How the training draws batches: one of ``"without-replacement"``, ``"with-replacement"``, ``"bernoulli"``,
            ``"epoch-shuffle"``; default as the DataLoader does.
        examples: At most so many examples, the first ones; default all.
        memory: Bytes for K, a slice of J and the graph of a chunk of examples; default half of what is free.
        accumulate: ``"float64"`` or ``"float32"``: in what products are summed.
        precision: ``"float64"`` or ``"float32"``: in what J is computed; default as the parameters are.
        per_example: ``"auto"``, ``"vmap"`` or ``"loop"``.
        progress: Tells on standard error what takes long, or a function that is told; ``False`` for silence.

    Returns:
        The capture; K has n·C rows. Cost: one backward pass per example, output and slice of parameters, and n²C²P
        multiplications.

    Raises:
        SgdscopeError: With a ``code``, the ``argument`` and what was expected; see ``errors``.
    """
    return captured(
        Ranks(),
        model,
        data,
        loss,
        optimizer,
        path=path,
        outputs=outputs,
        batch_size=batch_size,
        sampling=sampling,
        examples=examples,
        memory=memory,
        accumulate=accumulate,
        precision=precision,
        per_example=per_example,
        progress=progress,
    )


def captured(
    ranks: Ranks,
    model: nn.Module,
    data: Any,
    loss: Union[nn.Module, Callable[..., Tensor]],
    optimizer: Optional[torch.optim.Optimizer],
    *,
    path: Union[str, "os.PathLike[str]", None] = None,
    outputs: Optional[Outputs] = None,
    batch_size: Optional[int] = None,
    sampling: Optional[str] = None,
    examples: Optional[int] = None,
    memory: Optional[int] = None,
    accumulate: str = "float64",
    precision: Optional[str] = None,
    per_example: str = "auto",
    progress: Union[bool, Progress] = True,
) -> Capture:
    """As ``capture``, by the given ranks."""
    _expect("sampling", sampling, (None, *SAMPLINGS))
    _expect("accumulate", accumulate, tuple(_ACCUMULATE))
    _expect("precision", precision, (None, "float32", "float64"))
    _expect("per_example", per_example, ("auto", "vmap", "loop"))
    if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
        raise SgdscopeError("INVALID_ARGUMENT", "batch_size", f"expected a whole number from 1 up, got {batch_size}")
    target = None if path is None else expect_npz(path)
    known = loss_of(loss)
    judged = None if optimizer is None else optimizer_of(optimizer)
    function = model_function(model, outputs, None if judged is None else judged.moving, precision)
    found = gather(data, examples, batch_size, sampling)
    first = check_function(function, found)
    count = first.shape[1] if first.ndim == 2 else 1
    logits = all_outputs(function, found)
    aims = targets_of(known, logits, found.targets)
    hashes = _hashes(function, found)
    ranks.agree({"model": hashes["parameters"], "data": hashes["inputs"], "batch_size": found.batch_size})
    method, why = choose_method(function, found) if per_example == "auto" else (per_example, None)
    plan = plan_gram(function, found, count, memory=memory, method=method)
    tell = _teller(progress, ranks)
    if tell is not None and plan.passes > _MANY_PASSES:
        tell(0.0, plan.words())
    preconditioner = _preconditioner(function, judged)
    gram = gram_matrix(
        function,
        found,
        plan,
        preconditioner=preconditioner,
        accumulate=_ACCUMULATE[accumulate],
        ranks=ranks,
        progress=tell if plan.passes > _MANY_PASSES or callable(progress) else None,
    )
    notes = () if why is None else (f"Gradients of single examples come from a loop: {why}.",)
    metadata = _metadata(function, found, known, judged, plan, count, hashes, accumulate, notes)
    result = Capture(
        gram=gram.numpy(),
        logits=logits.double().reshape(found.size, count).numpy(),
        labels=None if aims.labels is None else aims.labels.numpy(),
        targets=None if aims.targets is None else aims.targets.numpy(),
        weights=None if aims.weights is None else aims.weights.numpy(),
        preconditioner=None
        if preconditioner is None
        else torch.cat([preconditioner[name].reshape(-1).cpu() for name in function.moving]).double().numpy(),
        metadata=metadata,
        path=target,
    )
    if target is not None:
        if ranks.rank == 0:
            result.save(target)
        ranks.wait()
    return result


def _expect(name: str, value: Optional[str], choices: Iterable[Optional[str]]) -> None:
    if value not in choices:
        shown = ", ".join(str(choice) for choice in choices if choice is not None)
        raise SgdscopeError("INVALID_ARGUMENT", name, f"expected one of {shown}, got {value!r}")


def _preconditioner(function: ModelFunction, judged: Optional[JudgedOptimizer]) -> Optional[dict[str, Tensor]]:
    """P by name, flat and in Float64."""
    if judged is None or judged.preconditioner is None:
        return None
    given = judged.preconditioner
    return {
        name: torch.as_tensor(given[function.keys[name]], dtype=torch.float64, device=value.device)
        .expand(value.shape)
        .reshape(-1)
        for name, value in function.moving.items()
    }


def _metadata(
    function: ModelFunction,
    found: Examples,
    loss: Loss,
    judged: Optional[JudgedOptimizer],
    plan: Plan,
    outputs: int,
    hashes: dict[str, str],
    accumulate: str,
    notes: tuple[str, ...],
) -> dict[str, Any]:
    factor = loss.factor(outputs)
    rate_factor = factor * (1.0 if judged is None else judged.rate_factor)
    assumptions = [
        "Thresholds are those of the Gauss–Newton linearisation at these parameters.",
        *_words_of_units(loss, outputs, factor),
        *loss.assumptions,
        *(() if judged is None else judged.assumptions),
        *function.notes,
        *notes,
        *_words_of_examples(found),
    ]
    return {
        "schema": SCHEMA,
        "versions": {
            "sgdscope": __version__,
            "torch": torch.__version__,
            "numpy": numpy.__version__,
            "python": platform.python_version(),
        },
        "model": {
            "name": function.name,
            "size": function.size,
            "parameters": [{"name": name, "shape": list(value.shape)} for name, value in function.moving.items()],
            "leftOut": list(function.left_out),
        },
        "examples": found.size,
        "examplesInAll": found.of,
        "outputs": outputs,
        "loss": {"id": loss.id, "pytorch": loss.pytorch, **loss.options},
        "units": {"loss": factor, "learningRate": rate_factor, "weightDecay": 1 / factor},
        "optimizer": None if judged is None else _optimizer_record(judged, factor, rate_factor),
        "batchSize": found.batch_size,
        "sampling": found.sampling,
        "precision": "float64" if function.dtype == torch.float64 and accumulate == "float64" else "float32",
        "accumulated": accumulate,
        "method": {
            "perExample": plan.method,
            "backwardPasses": plan.passes,
            "slices": len(plan.slices),
            "device": str(function.device),
        },
        "hashes": hashes,
        "assumptions": assumptions,
    }


def _optimizer_record(judged: JudgedOptimizer, factor: float, rate_factor: float) -> dict[str, Any]:
    return {
        "kind": judged.kind,
        "momentum": judged.momentum,
        "learningRate": judged.learning_rate * rate_factor,
        "weightDecay": judged.weight_decay / factor,
        "preconditioned": judged.preconditioner is not None,
        "steps": judged.steps,
        "pytorch": judged.pytorch,
    }


def _words_of_units(loss: Loss, outputs: int, factor: float) -> tuple[str, ...]:
    if factor == 1:
        return ()
    plural = "output" if outputs == 1 else "outputs"
    return (f"{loss.pytorch} over {outputs} {plural} is {factor:.6g} times the loss of the theory.",)


def _words_of_examples(found: Examples) -> tuple[str, ...]:
    if found.of is None or found.of <= found.size:
        return ()
    return (
        f"K is of {found.size} of {found.of} examples: thresholds are those of training on these alone, as a rule lower for small "
        "batches than those of all.",
    )


def _hashes(function: ModelFunction, found: Examples) -> dict[str, str]:
    """SHA-256 of parameters with their names, and of inputs and targets."""
    parameters, inputs = hashlib.sha256(), hashlib.sha256()
    for name, value in sorted({**function.moving, **function.fixed}.items()):
        parameters.update(name.encode())
        _add(parameters, value)
    for value in [*tensors_of(found.inputs), found.targets]:
        _add(inputs, value)
    return {"parameters": parameters.hexdigest(), "inputs": inputs.hexdigest()}


def _add(digest: Any, value: Tensor) -> None:
    value = value.detach().cpu().contiguous()
    digest.update(f"{value.dtype}{list(value.shape)}".encode())
    digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b"")


def _teller(progress: Union[bool, Progress], ranks: Ranks) -> Optional[Progress]:
    if callable(progress):
        return progress if ranks.rank == 0 else None
    if not progress or ranks.rank != 0:
        return None
    last = -1

    def tell(share: float, what: str) -> None:
        nonlocal last
        if int(share * 20) > last:
            last = int(share * 20)
            print(f"sgdscope: {100 * share:3.0f} %  {what}", file=sys.stderr, flush=True)

    return tell
