"""Two processes of torch.distributed share the work of one capture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy
import torch
from torch import nn

from models import mlp
from sgdscope import Capture, capture

SCRIPT = """
import sys
import torch, torch.distributed as distributed
from torch import nn
sys.path.insert(0, sys.argv[1])
from models import mlp
from sgdscope import SgdscopeError, capture
distributed.init_process_group("gloo")
torch.manual_seed(3)
model, x, y = mlp(), torch.randn(9, 3), torch.randn(9, 2)
capture(model, (x, y), nn.MSELoss(), path=sys.argv[2] + "/two.npz", memory=18 * 18 * 8 + 1440)
own = x + distributed.get_rank()
try:
    capture(model, (own, y), nn.MSELoss())
    print("not refused")
except SgdscopeError as error:
    print(error.code, error.argument, flush=True)
distributed.destroy_process_group()
"""


def test_two_ranks_agree_with_one_and_refuse_different_data(tmp_path: Path) -> None:
    script = tmp_path / "ranks.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"),
            *(str(script), str(Path(__file__).parent), str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("RANKS_DIFFER data") == 2
    torch.manual_seed(3)
    model, x, y = mlp(), torch.randn(9, 3), torch.randn(9, 2)
    one, two = capture(model, (x, y), nn.MSELoss()), Capture.load(tmp_path / "two.npz")
    assert two.metadata["method"]["slices"] > 1
    assert numpy.allclose(one.gram, two.gram, rtol=1e-12, atol=1e-14)
