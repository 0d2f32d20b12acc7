"""``analyze``: what the theory says of a capture, by the command line of sgdscope."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional, Union

from torch import nn
from torch.optim import Optimizer

from .capture import capture as make_capture
from .command import number, run_json
from .errors import SgdscopeError
from .layout import Capture


@dataclass(frozen=True)
class Condition:
    """One batch size. Learning rates are PyTorch's.

    Attributes:
        batch_size: B.
        critical_learning_rate: lr*, up to which the optimizer stays at this point in mean square; exact for the linearisation.
        learning_rate: lr that was judged, or ``None``.
        margin: lr*/lr; above 1 is stable.
        verdict: ``"stable"``, ``"unstable"`` or ``"marginal"``.
        growth: By what a step multiplies second moments in the long run.
        marks: Where the verdict stands outside the hypotheses of its theorem, in sentences.
    """

    batch_size: int
    critical_learning_rate: float
    learning_rate: Optional[float]
    margin: Optional[float]
    verdict: Optional[str]
    growth: Optional[float]
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """What the theory says of a capture; prints as a table.

    Attributes:
        model: The class of the model.
        examples: n.
        outputs: C.
        loss: L at this point, in the units of the theory.
        trace: Tr G of the Gauss–Newton matrix, in the units of the theory.
        frobenius: ‖G‖_F.
        largest_eigenvalue: λ_max(G).
        alignment: μ, or ``None`` where the loss is 0.
        noise_scale: B_simple = Tr Σ/‖∇L‖².
        curvature_noise_scale: B_noise = Tr(ΣG)/(∇LᵀG∇L).
        batch_sharpness: Of single examples, in the units of the theory.
        units: ``{"loss": s, "learningRate": …, "weightDecay": …}``: PyTorch's loss is s times that of the theory.
        conditions: One per batch size.
        assumptions: What was taken for granted, in sentences.
        document: All of it, as ``sgdscope analyze --json`` prints it.
    """

    model: str
    examples: int
    outputs: int
    loss: float
    trace: float
    frobenius: float
    largest_eigenvalue: float
    alignment: Optional[float]
    noise_scale: Optional[float]
    curvature_noise_scale: Optional[float]
    batch_sharpness: Optional[float]
    units: dict[str, float]
    conditions: tuple[Condition, ...]
    assumptions: tuple[str, ...]
    document: dict[str, Any] = field(repr=False, compare=False)

    @property
    def margin(self) -> Optional[float]:
        """lr*/lr of the first batch size."""
        return self.conditions[0].margin

    @property
    def verdict(self) -> Optional[str]:
        """Of the first batch size."""
        return self.conditions[0].verdict

    def __str__(self) -> str:
        heads = ("B", "lr*", "lr", "lr*/lr", "verdict", "growth per step")
        rows = [
            (
                str(each.batch_size),
                _shown(each.critical_learning_rate),
                _shown(each.learning_rate),
                _shown(each.margin),
                each.verdict or "–",
                _shown(each.growth, 6),
            )
            for each in self.conditions
        ]
        widths = [max(map(len, column)) for column in zip(heads, *rows)]
        table = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in (heads, *rows)]
        marks = sorted({mark for each in self.conditions for mark in each.marks})
        return "\n".join(
            [
                f"{self.model}: {self.examples} examples × {self.outputs} outputs, learning rates as PyTorch has them",
                *table,
                f"λ_max(G) {_shown(self.largest_eigenvalue)}, Tr G {_shown(self.trace)}, μ {_shown(self.alignment)}, "
                f"B_simple {_shown(self.noise_scale)}, loss {_shown(self.loss)} in units of the theory",
                *(f"! {mark}" for mark in marks),
                f"Assumed: {' '.join(self.assumptions)}",
            ]
        )


def _shown(value: Optional[float], digits: int = 4) -> str:
    return "–" if value is None else f"{value:.{digits}g}"


def analyze(
    capture: Union[Capture, str, "os.PathLike[str]"],
    *,
    learning_rate: Optional[float] = None,
    batch_size: Union[int, Sequence[int], None] = None,
    sampling: Optional[str] = None,
    timeout: Optional[float] = None,
) -> Analysis:
    """What the theory says of a capture: critical learning rates, verdict, noise and curvature.

    Runs the command line of sgdscope: ``SGDSCOPE_COMMAND``, ``sgdscope`` on the path, or ``npx sgdscope``.

    Args:
        capture: A capture, or the path of one.
        learning_rate: PyTorch's learning rate to judge; default that of the captured optimizer.
        batch_size: One or several; default that of the capture.
        sampling: Default that of the capture.
        timeout: Seconds.

    Raises:
        SgdscopeError: COMMAND_NOT_FOUND with how to get it; COMMAND_FAILED with what it said.
    """
    if not isinstance(capture, Capture):
        capture = Capture.load(capture)
    if capture.path is None or not capture.path.exists():
        with tempfile.TemporaryDirectory(prefix="sgdscope-") as folder:
            return _of_file(capture, capture.save(Path(folder) / "capture.npz"), learning_rate, batch_size, sampling, timeout)
    return _of_file(capture, capture.path, learning_rate, batch_size, sampling, timeout)


def arguments_of(
    capture: Capture,
    path: Path,
    learning_rate: Optional[float],
    batch_size: Union[int, Sequence[int], None],
    sampling: Optional[str],
) -> list[str]:
    """The words of the command."""
    words = ["analyze", "--capture", str(path), "--quiet"]
    if learning_rate is not None:
        if not learning_rate > 0:
            raise SgdscopeError("INVALID_ARGUMENT", "learning_rate", f"expected a positive number, got {learning_rate}")
        words += ["--learning-rate", repr(float(learning_rate) * capture.metadata["units"]["learningRate"])]
    if batch_size is not None:
        sizes = [batch_size] if isinstance(batch_size, int) else list(batch_size)
        words += ["--batch-size", ",".join(map(str, sizes))]
    if sampling is not None:
        words += ["--sampling", sampling]
    return words


def _of_file(
    capture: Capture,
    path: Path,
    learning_rate: Optional[float],
    batch_size: Union[int, Sequence[int], None],
    sampling: Optional[str],
    timeout: Optional[float],
) -> Analysis:
    return analysis_of(run_json(arguments_of(capture, path, learning_rate, batch_size, sampling), timeout))


def analysis_of(document: dict[str, Any]) -> Analysis:
    """The analysis that a document ``sgdscope/analyze@2`` of a capture has in it."""
    try:
        noise, own, scales = document["noise"], document["capture"], document["scales"]
        output_loss = document["outputLoss"]
        conditions = tuple(
            Condition(
                batch_size=mine["batchSize"],
                critical_learning_rate=float(mine["criticalLearningRate"]),
                learning_rate=number(mine["learningRate"]),
                margin=number(mine["margin"]),
                verdict=None if theirs["verdict"] is None else theirs["verdict"]["verdict"],
                growth=None if theirs["verdict"] is None else number(theirs["verdict"]["growth"]["spectralRadius"]),
                marks=tuple(mark["text"] for mark in theirs["marks"]),
            )
            for mine, theirs in zip(own["conditions"], document["conditions"])
        )
        return Analysis(
            model=own["model"],
            examples=own["examples"],
            outputs=(document["minimum"] if output_loss is None else {"outputs": output_loss["modelOutputs"]})["outputs"],
            loss=float(noise["loss"] if output_loss is None else output_loss["loss"]),
            trace=float(noise["traceG"]),
            frobenius=float(noise["frobeniusG"]),
            largest_eigenvalue=float(noise["largestEigenvalue"]),
            alignment=number(noise["alignmentFactor"]),
            noise_scale=number(scales["simpleNoiseScale"]),
            curvature_noise_scale=number(scales["curvatureWeightedNoiseScale"]),
            batch_sharpness=number(scales["batchSharpness"]),
            units=dict(own["units"]),
            conditions=conditions,
            assumptions=tuple(own["assumptions"]),
            document=document,
        )
    except (KeyError, TypeError, IndexError) as error:
        raise SgdscopeError(
            "COMMAND_FAILED",
            "sgdscope",
            f"expected the document analyze@2 of a capture, got one without {error}",
            "update the command: npm install --global sgdscope",
        ) from error


def measure(
    model: nn.Module,
    data: Any,
    loss: Any,
    optimizer: Optional[Optimizer] = None,
    *,
    learning_rate: Optional[float] = None,
    batch_sizes: Optional[Sequence[int]] = None,
    timeout: Optional[float] = None,
    **options: Any,
) -> Analysis:
    """``capture`` and ``analyze`` in one call; ``options`` are those of ``capture``."""
    found = make_capture(model, data, loss, optimizer, **options)
    return analyze(found, learning_rate=learning_rate, batch_size=batch_sizes, timeout=timeout)
