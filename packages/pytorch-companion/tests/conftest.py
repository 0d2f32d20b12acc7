from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
_SOURCE = Path(__file__).parents[1] / "src"
sys.path.insert(0, str(_SOURCE))
os.environ["PYTHONPATH"] = os.pathsep.join([str(_SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def command() -> str:
    """The command line of this repository, from its sources."""
    root = Path(__file__).parents[3]
    main, tsx = root / "apps/cli/src/main.ts", root / "node_modules/tsx/dist/loader.mjs"
    if shutil.which("node") is None or not main.exists() or not tsx.exists():
        pytest.skip("the command line of this repository cannot run here: Node or its dependencies are missing")
    os.environ["SGDSCOPE_COMMAND"] = shlex.join(
        ["node", "--conditions=sgdscope-source", "--import", tsx.as_uri(), str(main)]
    )
    return os.environ["SGDSCOPE_COMMAND"]
