"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_examples_of_the_readme(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    printed = []
    for block in re.findall(r"```python\n(.*?)```", README, re.S):
        exec(compile(block, "README.md", "exec"), names)
        printed.append(capsys.readouterr().out)
    shown = re.search(r"```text\n(.*?)```", README, re.S)
    assert shown is not None and printed[0] == shown[1]
    assert (tmp_path / "capture.npz").exists()
