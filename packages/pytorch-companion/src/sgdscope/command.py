"""Finds and runs the command line of sgdscope, where the theory is."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any, Optional

import json

from .errors import SgdscopeError

_HOW = (
    "install Node 20.19 or later from https://nodejs.org and then: npm install --global sgdscope; "
    "or name a command line in SGDSCOPE_COMMAND"
)


def find_command() -> list[str]:
    """The command line: ``SGDSCOPE_COMMAND``, else ``sgdscope`` on the path, else ``npx`` of Node.

    Raises:
        SgdscopeError: COMMAND_NOT_FOUND, with how to get it.
    """
    given = os.environ.get("SGDSCOPE_COMMAND", "").strip()
    if given:
        words = shlex.split(given, posix=os.name != "nt")
        if shutil.which(words[0]) is None:
            raise SgdscopeError("COMMAND_NOT_FOUND", "SGDSCOPE_COMMAND", f"expected a command, and there is no {words[0]}")
        return words
    own = shutil.which("sgdscope")
    if own is not None:
        return [own]
    npx = shutil.which("npx")
    if npx is not None:
        return [npx, "--yes", "sgdscope"]
    raise SgdscopeError("COMMAND_NOT_FOUND", "sgdscope", "the command sgdscope and Node are not on the path", _HOW)


def run_json(arguments: Sequence[str], timeout: Optional[float] = None) -> dict[str, Any]:
    """Runs the command and reads the JSON document that it prints.

    Raises:
        SgdscopeError: COMMAND_NOT_FOUND; COMMAND_FAILED with what the command said.
    """
    command = [*find_command(), *arguments, "--json"]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise SgdscopeError("COMMAND_FAILED", "sgdscope", f"the command took longer than {timeout:g} s") from error
    if done.returncode != 0:
        raise failed(done.returncode, done.stderr)
    return read_json(done.stdout)


def failed(code: int, stderr: str) -> SgdscopeError:
    """What the command said, as an error."""
    lines = [line for line in stderr.strip().splitlines() if line.startswith(("error: ", "help: "))]
    said = [line.split(": ", 1)[1] for line in lines]
    if not said:
        tail = stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return SgdscopeError("COMMAND_FAILED", "sgdscope", f"the command ended with {code}: {tail[0]}", _HOW)
    return SgdscopeError("COMMAND_FAILED", "sgdscope", said[0], said[1] if len(said) > 1 else None)


def read_json(text: str) -> dict[str, Any]:
    """A document, whose infinities are texts."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise SgdscopeError("COMMAND_FAILED", "sgdscope", f"expected a JSON document, got {text[:80]!r}") from error
    if not isinstance(found, dict):
        raise SgdscopeError("COMMAND_FAILED", "sgdscope", f"expected a JSON document, got {text[:80]!r}")
    return found


def number(value: Any) -> Optional[float]:
    """A number of a document; ``None`` where it has none."""
    return None if value is None else float(value)
