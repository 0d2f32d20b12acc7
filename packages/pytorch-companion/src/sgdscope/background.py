"""The command in a background process, with what it costs this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from .command import failed, find_command, read_json


class BackgroundAnalysis:
    """``sgdscope analyze`` of a capture, at low priority, whose folder goes when it ends."""

    def __init__(self, folder: "tempfile.TemporaryDirectory[str]", words: Sequence[str]) -> None:
        self._folder = folder
        # In files: a pipe that nobody reads would stop it.
        self._out = Path(folder.name) / "out.json"
        self._err = Path(folder.name) / "err.txt"
        polite = ["nice", "-n", "19"] if shutil.which("nice") else []
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                [*polite, *find_command(), *words, "--json"], stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )
        self._code: Optional[int] = None
        self.cpu_seconds = 0.0

    def ended(self, *, wait: bool = False) -> bool:
        """Whether it is over; with ``wait`` it then is."""
        if self._code is None:
            self._code = self._collect(wait)
        return self._code is not None

    def _collect(self, wait: bool) -> Optional[int]:
        if not hasattr(os, "wait4"):
            return self._process.wait() if wait else self._process.poll()
        try:
            pid, status, usage = os.wait4(self._process.pid, 0 if wait else os.WNOHANG)
        except ChildProcessError:
            return self._process.poll() or 0
        if pid == 0:
            return None
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return self._process.returncode

    def document(self) -> dict[str, Any]:
        """What it printed, after it has ended.

        Raises:
            SgdscopeError: COMMAND_FAILED with what it said.
        """
        try:
            if self._code != 0:
                raise failed(self._code or 1, self._err.read_text("utf-8", "replace"))
            return read_json(self._out.read_text("utf-8"))
        finally:
            self._folder.cleanup()

    def stop(self) -> None:
        """Ends it, whatever it is doing."""
        if not self.ended():
            self._process.kill()
            self.ended(wait=True)
        self._folder.cleanup()
