"""The processes of torch.distributed that share the work of one capture."""

from __future__ import annotations

from typing import Any, Optional

import torch
import torch.distributed as distributed
from torch import Tensor

from .errors import SgdscopeError


class Ranks:
    """The default process group where one is initialised, else, or if ``alone``, one process."""

    def __init__(self, *, alone: bool = False) -> None:
        joined = not alone and distributed.is_available() and distributed.is_initialized()
        self.rank = distributed.get_rank() if joined else 0
        self.count = distributed.get_world_size() if joined else 1

    def add(self, tensor: Tensor) -> None:
        """Sums a tensor over all ranks, in place."""
        if self.count == 1:
            return
        needs_cuda = distributed.get_backend() == "nccl" and tensor.device.type != "cuda"
        for part in torch.split(tensor, max(1, 2**27 // max(1, tensor[0].numel()))):
            moved = part.cuda() if needs_cuda else part.contiguous()
            distributed.all_reduce(moved)
            if moved.data_ptr() != part.data_ptr():
                part.copy_(moved)

    def agree(self, what: dict[str, Any]) -> None:
        """Refuses values that differ among the ranks, on each of them.

        Raises:
            SgdscopeError: RANKS_DIFFER, with the name of the value as its argument.
        """
        if self.count == 1:
            return
        all_of: list[Optional[dict[str, Any]]] = [None] * self.count
        distributed.all_gather_object(all_of, what)
        for name, own in (all_of[0] or {}).items():
            for rank, other in enumerate(all_of):
                if other is not None and other[name] != own:
                    raise SgdscopeError(
                        "RANKS_DIFFER",
                        name,
                        f"expected the same on every rank, got others on rank 0 and rank {rank}: {own} and {other[name]}",
                        "ranks share the work of the same examples: pass them without a DistributedSampler"
                        if name == "data"
                        else None,
                    )

    def wait(self) -> None:
        """Until all ranks are here."""
        if self.count > 1:
            distributed.barrier()


def free_memory(device: torch.device) -> int:
    """Bytes that a device, or this machine, has free."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    import os

    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError, AttributeError):
        return 4 * 2**30
