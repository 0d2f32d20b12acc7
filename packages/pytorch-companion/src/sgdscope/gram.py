"""K = JJᵀ, or JP⁻¹Jᵀ, within a memory budget: chunks of examples, slices of parameters, blocks of rows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Optional

import torch
from torch import Tensor

from .errors import SgdscopeError
from .examples import Examples, map_tensors
from .jacobian import Columns, bytes_per_example, rows_by_loop, rows_by_vmap, slices_of
from .model_function import ModelFunction, prepared
from .ranks import Ranks, free_memory

Progress = Callable[[float, str], None]
"""Told the share that is done, in [0, 1], and what is being done."""


@dataclass(frozen=True)
class Plan:
    """How K is computed.

    Attributes:
        rows: nC.
        slices: Ranges of columns of J, one after the other in memory.
        chunk: Examples whose rows are computed together.
        outputs_at_once: Outputs that are differentiated together.
        block: Rows of K that are added to together.
        piece: Columns of a slice that are multiplied together, in Float64.
        bytes: Memory at the most, beside the model.
        passes: Backward passes in all: one per row and slice.
        method: ``"vmap"`` or ``"loop"``.
    """

    rows: int
    slices: tuple[Columns, ...]
    chunk: int
    outputs_at_once: int
    block: int
    piece: int
    bytes: int
    passes: int
    method: str

    def words(self) -> str:
        """For people."""
        return (
            f"K of {self.rows} rows: {self.passes} backward passes, {len(self.slices)} slices of parameters, "
            f"at most {self.bytes / 2**30:.2f} GiB"
        )


def plan_gram(
    function: ModelFunction,
    examples: Examples,
    outputs: int,
    *,
    memory: Optional[int] = None,
    method: str = "vmap",
) -> Plan:
    """Plans K within ``memory`` bytes, default half of what is free.

    Raises:
        SgdscopeError: TOO_LARGE, argument ``memory``, where K itself and one column of J do not fit.
    """
    rows = examples.size * outputs
    budget = free_memory(function.device) // 2 if memory is None else memory
    own = rows * rows * 8
    item = torch.empty((), dtype=function.dtype).element_size()
    left = budget - own
    # A column of J in its precision; and in Float64, of a piece of the slice at a time.
    column, wide = rows * item, rows * 8
    if left < 4 * (column + wide):
        raise SgdscopeError(
            "TOO_LARGE",
            "memory",
            f"expected at least {(own + 4 * (column + wide)) / 2**30:.3g} GiB for K of {rows} rows, got {budget / 2**30:.3g} GiB",
            "capture fewer examples",
        )
    width = max(1, min(function.size, int(0.6 * left) // column))
    slices = tuple(slices_of(function, width))
    one = prepared(function, map_tensors(lambda value: value[:1], examples.inputs))
    graph = bytes_per_example(function, one)
    widest = max(sum(function.moving[name].numel() for name in each.names) for each in slices) * item
    # The graph, its cotangents and the gradients with respect to whole parameters of every output that is differentiated at once.
    per_output = 2 * graph + 2 * widest
    share = left // 4
    outputs_at_once = max(1, min(outputs, share // max(1, per_output)))
    per_example = graph + outputs_at_once * (2 * graph + widest) + outputs * widest
    chunk = 1 if method == "loop" else max(1, min(examples.size, 256, share // max(1, per_example)))
    held = max(each.width for each in slices)
    piece = max(1, min(held, left // (10 * wide)))
    used = own + column * held + max(wide * piece, chunk * per_example)
    return Plan(
        rows=rows,
        slices=slices,
        chunk=chunk,
        outputs_at_once=outputs_at_once,
        block=max(1, -(-rows // 8)),
        piece=piece,
        bytes=int(used),
        passes=rows * len(slices),
        method=method,
    )


def choose_method(function: ModelFunction, examples: Examples) -> tuple[str, Optional[str]]:
    """``"vmap"`` where it works and agrees with a loop on the first example, else ``"loop"`` and why."""
    one = prepared(function, map_tensors(lambda value: value[:1], examples.inputs))
    columns = _few_columns(function)
    two = prepared(function, map_tensors(lambda value: value[: min(2, examples.size)], examples.inputs))
    expected = rows_by_loop(function, one, columns)
    try:
        found = rows_by_vmap(function, two, columns, len(expected))[: len(expected)]
    except Exception as error:  # Whatever a model does that vmap cannot: the loop is right.
        return "loop", f"vmap cannot run this model ({str(error).splitlines()[0][:160] if str(error) else type(error).__name__})"
    scale = float(expected.abs().max())
    tolerance = (1e-8 if function.dtype == torch.float64 else 1e-3) * max(scale, 1e-30)
    if not float((found - expected).abs().max()) <= tolerance:
        return "loop", "vmap and a loop over examples disagree on this model"
    return "vmap", None


def _few_columns(function: ModelFunction, most: int = 1_000_000) -> Columns:
    """The small parameters, up to ``most`` columns of J, in the order of the parameters; at least one."""
    chosen: set[str] = set()
    width = 0
    for name, value in sorted(function.moving.items(), key=lambda item: item[1].numel()):
        if chosen and width + value.numel() > most:
            break
        chosen.add(name)
        width += value.numel()
    return Columns(tuple(name for name in function.moving if name in chosen), 0, width)


def gram_matrix(
    function: ModelFunction,
    examples: Examples,
    plan: Plan,
    *,
    preconditioner: Optional[dict[str, Tensor]] = None,
    accumulate: torch.dtype = torch.float64,
    ranks: Optional[Ranks] = None,
    progress: Optional[Progress] = None,
) -> Tensor:
    """K ``[nC, nC]``, row i·C + c for output c of example i, in Float64 on the CPU.

    Rows of J are computed in the precision of the model; products are accumulated in ``accumulate``. Ranks share the chunks of
    examples and the blocks of K, and all have the same K at the end.

    Args:
        preconditioner: P by name, flat; K is then JP⁻¹Jᵀ.
    """
    ranks = Ranks() if ranks is None else ranks
    device = function.device
    on_device = device.type == "cpu" or plan.rows * plan.rows * 8 < free_memory(device) // 3
    gram = torch.zeros(plan.rows, plan.rows, dtype=accumulate, device=device if on_device else "cpu")
    outputs = plan.rows // examples.size
    starts = range(0, examples.size, plan.chunk)
    done, started = 0, time.perf_counter()
    work = len(plan.slices) * -(-len(starts) // ranks.count)
    for columns in plan.slices:
        rows = torch.zeros(plan.rows, columns.width, dtype=function.dtype, device=device)
        for index, start in enumerate(starts):
            if index % ranks.count != ranks.rank:
                continue
            stop = min(start + plan.chunk, examples.size)
            inputs = prepared(function, map_tensors(lambda value: value[start:stop], examples.inputs))
            part = (
                rows_by_loop(function, inputs, columns)
                if plan.method == "loop"
                else rows_by_vmap(function, inputs, columns, plan.outputs_at_once)
            )
            rows[start * outputs : stop * outputs] = part
            done += 1
            if progress is not None:
                progress(0.9 * done / work, f"backward passes, {_left(started, done, work)}")
        ranks.add(rows)
        scale = None if preconditioner is None else _of(columns, preconditioner).to(device, accumulate).rsqrt()
        for first in range(0, columns.width, plan.piece):
            wide = rows[:, first : first + plan.piece].to(accumulate)
            if scale is not None:
                wide = wide * scale[first : first + plan.piece]
            _add_products(gram, wide, plan.block, ranks)
            del wide
        del rows
    ranks.add(gram)
    gram = gram.double().cpu()
    for start in range(0, plan.rows, plan.block):
        stop = min(start + plan.block, plan.rows)
        block = gram[start:stop, start:stop]
        block.copy_((block + block.T) / 2)
        gram[start:stop, stop:] = gram[stop:, start:stop].T
    if not bool(torch.isfinite(gram).all()):
        raise SgdscopeError("NOT_FINITE", "model", "expected finite gradients, got NaN or infinities among them")
    if progress is not None:
        progress(1.0, "done")
    return gram


def _add_products(gram: Tensor, wide: Tensor, block: int, ranks: Ranks) -> None:
    """Adds ``wide·wideᵀ`` to the lower triangle of K, in the blocks of this rank."""
    for index, start in enumerate(range(0, len(gram), block)):
        if index % ranks.count == ranks.rank:
            stop = min(start + block, len(gram))
            if gram.device == wide.device:
                gram[start:stop, :stop].addmm_(wide[start:stop], wide[:stop].T)
            else:
                gram[start:stop, :stop] += (wide[start:stop] @ wide[:stop].T).to(gram.device)


def _of(columns: Columns, preconditioner: dict[str, Tensor]) -> Tensor:
    whole = torch.cat([preconditioner[name].reshape(-1) for name in columns.names])
    return whole[columns.start : columns.start + columns.width]


def _left(started: float, done: int, work: int) -> str:
    seconds = (time.perf_counter() - started) / done * (work - done)
    return f"about {seconds:.0f} s left" if seconds < 120 else f"about {seconds / 60:.0f} min left"
