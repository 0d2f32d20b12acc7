"""``Probe``: how far from its edge a training is, while it runs, for a share of its time and without changing a bit of it."""

from __future__ import annotations

import math
import os
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import torch
from torch import Tensor, nn

from .analysis import analysis_of, arguments_of
from .background import BackgroundAnalysis
from .capture import captured
from .command import find_command
from .errors import SgdscopeError
from .examples import Examples, gather
from .loggers import log_to
from .losses import loss_of
from .model_function import ModelFunction, Outputs, model_function, prepared, unwrapped
from .optimizers import inner_optimizer, optimizer_of
from .quiet import evaluating, random_states_kept
from .ranks import Ranks, free_memory
from .sharpness import batch_sharpness, critical_step

MARGIN, BATCH_SHARPNESS, CRITICAL_SHARPNESS = "margin", "batch_sharpness", "critical_sharpness"
_KINDS = (CRITICAL_SHARPNESS, BATCH_SHARPNESS, MARGIN)


@dataclass
class ProbeRecord:
    """What was measured at one step, in PyTorch's units; ``None`` where it was not.

    Attributes:
        step: Steps of the optimizer before it.
        learning_rate: lr of the first group in the step before.
        margin: lr*/lr of the Gauss–Newton linearisation for training on the probe's examples: above 1 SGD could stay here.
        critical_learning_rate: lr*.
        batch_sharpness: Mean of ĝᵀĤĝ/‖ĝ‖²; plain SGD is at the edge where it is 2/lr.
        critical_sharpness: 2/lr_c, where lr_c is the least rate at which the update that was made raises the loss of the probe's
            examples; ``None`` where it raises it at once, or nowhere within reach.
        noise_scale: B_simple = Tr Σ/‖∇L‖².
        curvature_noise_scale: B_noise = Tr(ΣG)/(∇LᵀG∇L).
        seconds: What it cost the training.
    """

    step: int
    learning_rate: float
    margin: Optional[float] = None
    critical_learning_rate: Optional[float] = None
    batch_sharpness: Optional[float] = None
    critical_sharpness: Optional[float] = None
    noise_scale: Optional[float] = None
    curvature_noise_scale: Optional[float] = None
    seconds: float = 0.0

    def values(self, names: Optional[tuple[str, ...]] = None) -> dict[str, float]:
        """The numbers that there are, as ``sgdscope/<name>``."""
        own = {name: value for name, value in vars(self).items() if name not in ("step", "seconds") and value is not None}
        return {f"sgdscope/{name}": value for name, value in own.items() if names is None or name in names}


class Probe:
    """Measures along a training; call ``step()`` after each step of the optimizer, and ``close()`` at its end.

    The training stays bit for bit what it is without a probe: random states, gradients, buffers, modes are as before. The model
    is measured in evaluation mode, on the probe's own examples: the margin is that of a training on these alone.

    Args:
        model: As for ``capture``.
        loss: As for ``capture``.
        optimizer: The one that trains.
        data: As for ``capture``; its first ``examples`` are the probe's.
        every: Steps from one measurement to the next, or more where the budget asks for it.
        examples: n of the probe, default 32.
        batch_size: B of the training; default that of the DataLoader, at most n.
        logger: A TensorBoard writer, an object with ``log`` (W&B) or ``log_metrics`` (Lightning), or a function of numbers by
            name and their step.
        budget: Share of the time of the training that may be spent, set-up and background processes (their CPU time over the
            cores of this machine) included; ``None`` measures whenever it is time.
        outputs: As for ``capture``.
        kinds: What to measure: ``"margin"``, ``"batch_sharpness"``, ``"critical_sharpness"``; the noise scales come with the margin.
        memory: Bytes for a capture, default a quarter of what is free.

    Raises:
        SgdscopeError: As ``capture``; COMMAND_NOT_FOUND where the margin is asked for.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Any,
        optimizer: torch.optim.Optimizer,
        data: Any,
        *,
        every: int = 100,
        examples: int = 32,
        batch_size: Optional[int] = None,
        logger: Any = None,
        budget: Optional[float] = 0.05,
        outputs: Optional[Outputs] = None,
        kinds: tuple[str, ...] = _KINDS,
        memory: Optional[int] = None,
    ) -> None:
        self._started = time.perf_counter()
        if not isinstance(every, int) or every < 1:
            raise SgdscopeError("INVALID_ARGUMENT", "every", f"expected a whole number from 1 up, got {every}")
        if budget is not None and not 0 < budget <= 1:
            raise SgdscopeError("INVALID_ARGUMENT", "budget", f"expected a share in (0, 1] or None, got {budget}")
        unknown = [kind for kind in kinds if kind not in _KINDS]
        if unknown:
            raise SgdscopeError("INVALID_ARGUMENT", "kinds", f"expected {', '.join(_KINDS)}, got {unknown[0]}")
        self.records: list[ProbeRecord] = []
        self.steps = 0
        self.spent = 0.0
        self._active = Ranks().rank == 0
        self._model, self._optimizer, self._outputs = model, optimizer, outputs
        self._raw_loss, self._loss = loss, loss_of(loss)
        self._every, self._budget, self._memory = every, budget, memory
        self._kinds = tuple(kind for kind in _KINDS if kind in kinds)
        self._log = log_to(logger)
        # What each kind of measurement took the last time and in all, in seconds.
        self._costs: dict[str, float] = {}
        self._totals = dict.fromkeys(self._kinds, 0.0)
        self._before: Optional[list[Tensor]] = None
        self._background: Optional[tuple[BackgroundAnalysis, ProbeRecord]] = None
        self._method, self._guess = "auto", 1.0
        self._rate = 0.0
        self._told: set[tuple[str, str]] = set()
        self._hook = inner_optimizer(optimizer).register_step_post_hook(self._note_rate) if self._active else None
        self._generator = torch.Generator().manual_seed(0)
        if self._active:
            if MARGIN in self._kinds:
                find_command()
            with random_states_kept(data):
                self._examples: Examples = gather(data, examples, batch_size, None)
            self.batch_size = min(self._examples.batch_size or self._examples.size, self._examples.size)
        self.spent += time.perf_counter() - self._started

    @property
    def share(self) -> float:
        """Of the time since the probe was made, what it has spent."""
        return self.spent / max(time.perf_counter() - self._started, 1e-9)

    def step(self) -> Optional[ProbeRecord]:
        """Counts a step of the optimizer, and measures where it is time.

        Returns:
            What was measured at this step; its margin comes later, into the same record and the logger.
        """
        self.steps += 1
        if not self._active:
            return None
        start = time.perf_counter()
        try:
            self._collect()
            record = self._measure(start) if self.steps % self._every == 0 else None
            self._before = None
            next_one = (self.steps + 1) % self._every == 0
            if next_one and CRITICAL_SHARPNESS in self._kinds and self._affordable(CRITICAL_SHARPNESS):
                self._before = [value.detach().clone() for value in unwrapped(self._model).parameters()]
            return record
        finally:
            self.spent += time.perf_counter() - start

    def close(self) -> list[ProbeRecord]:
        """Waits for what is still computed.

        Returns:
            All records.
        """
        start = time.perf_counter()
        if self._background is not None:
            self._background[0].ended(wait=True)
            self._collect()
        if self._hook is not None:
            self._hook.remove()
        self.spent += time.perf_counter() - start
        return self.records

    def _measure(self, start: float) -> Optional[ProbeRecord]:
        chosen = [kind for kind in self._kinds if self._affordable(kind)]
        before = self._before
        if before is None and CRITICAL_SHARPNESS in chosen:
            chosen.remove(CRITICAL_SHARPNESS)
        if self._background is not None and MARGIN in chosen:
            chosen.remove(MARGIN)
        if not chosen:
            return None
        record = ProbeRecord(self.steps, self._rate)
        try:
            with evaluating(self._model), random_states_kept():
                self._take(chosen, record, before)
        except SgdscopeError as error:
            # Such as a learning rate of 0 at the end of a schedule: no reason to end a training.
            # One of a kind is told: a training that became NaN stays so.
            if (error.code, error.argument) not in self._told:
                self._told.add((error.code, error.argument))
                warnings.warn(f"sgdscope: not measured at step {self.steps}: {error}", RuntimeWarning, stacklevel=4)
            return None
        record.seconds = time.perf_counter() - start
        self.records.append(record)
        if self._log is not None:
            self._log(record.values(), record.step)
        return record

    def _take(self, chosen: list[str], record: ProbeRecord, before: Optional[list[Tensor]]) -> None:
        judged = optimizer_of(self._optimizer)
        function = model_function(self._model, self._outputs, judged.moving, None)
        for kind in chosen:
            begun = time.perf_counter()
            if kind == CRITICAL_SHARPNESS and before is not None and self._rate > 0:
                record.critical_sharpness = self._critical(function, before, self._rate)
            elif kind == BATCH_SHARPNESS:
                inputs, targets = self._data(function)
                record.batch_sharpness = batch_sharpness(
                    function, self._loss.module, inputs, targets, self.batch_size, self._generator
                )
            elif kind == MARGIN:
                self._begin_margin(record)
            self._costs[kind] = time.perf_counter() - begun
            self._totals[kind] += self._costs[kind]

    def _note_rate(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        """A schedule may change the rate between a step and its measurement."""
        self._rate = float(optimizer.param_groups[0]["lr"])

    def _data(self, function: ModelFunction) -> tuple[Any, Tensor]:
        targets = self._examples.targets.to(function.device)
        if targets.is_floating_point():
            targets = targets.to(function.dtype)
        return prepared(function, self._examples.inputs), targets

    def _critical(self, function: ModelFunction, before: list[Tensor], rate: float) -> Optional[float]:
        inputs, targets = self._data(function)
        names = {id(value): k for k, value in enumerate(unwrapped(self._model).parameters())}
        start = {name: before[names[function.keys[name]]].to(value.dtype) for name, value in function.moving.items()}
        update = {name: value - start[name] for name, value in function.moving.items()}

        def loss_at(factor: float) -> float:
            with torch.no_grad():
                moved = {name: value + factor * update[name] for name, value in start.items()}
                return float(self._loss.module(function.call(moved, inputs), targets))

        found = critical_step(loss_at, guess=self._guess)
        if found.below == 0 or math.isinf(found.above):
            # It rises at once, or nowhere within reach: the next search begins where this one ended.
            self._guess = min(max(found.above / 2 if found.below == 0 else 2 * found.below, 1e-6), 1e6)
            return None
        self._guess = found.factor
        return 2 / (found.factor * rate)

    def _begin_margin(self, record: ProbeRecord) -> None:
        folder = tempfile.TemporaryDirectory(prefix="sgdscope-probe-")
        try:
            path = Path(folder.name) / "capture.npz"
            device = next(self._model.parameters()).device
            found = captured(
                Ranks(alone=True),
                self._model,
                (self._examples.inputs, self._examples.targets),
                self._raw_loss,
                self._optimizer,
                path=path,
                outputs=self._outputs,
                batch_size=self.batch_size,
                memory=free_memory(device) // 4 if self._memory is None else self._memory,
                per_example=self._method,
                progress=False,
            )
            self._method = found.metadata["method"]["perExample"]
            words = arguments_of(found, path, None, None, None)
            self._background = (BackgroundAnalysis(folder, words), record)
        except BaseException:
            folder.cleanup()
            raise

    def _collect(self) -> None:
        """Takes what the background process found, if it has ended."""
        if self._background is None or not self._background[0].ended():
            return
        (process, record), self._background = self._background, None
        share = process.cpu_seconds / (os.cpu_count() or 1)
        self.spent += share
        self._costs[MARGIN] = self._costs.get(MARGIN, 0.0) + share
        self._totals[MARGIN] += share
        record.seconds += share
        try:
            found = analysis_of(process.document())
        except SgdscopeError as error:
            warnings.warn(f"sgdscope: no margin at step {record.step}: {error}", RuntimeWarning, stacklevel=3)
            return
        record.margin = found.margin
        record.critical_learning_rate = found.conditions[0].critical_learning_rate
        record.noise_scale, record.curvature_noise_scale = found.noise_scale, found.curvature_noise_scale
        if self._log is not None:
            names = ("margin", "critical_learning_rate", "noise_scale", "curvature_noise_scale")
            self._log(record.values(names), record.step)

    def _affordable(self, kind: str) -> bool:
        """Whether what was spent and what this will take are within the share of the time so far.

        Each kind has an equal part of the budget, or else the cheap ones would leave nothing for the margin.
        """
        if self._budget is None:
            return True
        allowed = self._budget * (time.perf_counter() - self._started)
        expected = self._expected(kind)
        return self.spent + expected <= allowed and self._totals[kind] + expected <= allowed / len(self._kinds)

    def _expected(self, kind: str) -> float:
        """Seconds: as last time, or from the time of a step, which is about three forward passes of a batch."""
        last = self._costs.get(kind)
        if last is not None:
            return last
        trained = time.perf_counter() - self._started - self.spent
        forward = trained / max(self.steps, 1) / 3 / max(self.batch_size, 1)
        n = self._examples.size
        if kind == CRITICAL_SHARPNESS:
            return 6 * n * forward
        if kind == BATCH_SHARPNESS:
            return 4 * 6 * self.batch_size * forward
        # A backward pass per output, of which ten are a guess, twice for two slices; and some seconds of Node over all cores.
        return 2 * 10 * 2 * n * forward + 2 / (os.cpu_count() or 1)
