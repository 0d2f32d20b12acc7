"""The file of a capture, ``sgdscope/capture@1``: one npz, no pickle.

============== =============== ============ ==================================================================
array          shape           type         what it is
============== =============== ============ ==================================================================
gram           [nC, nC]        Float64      K = JJᵀ of the outputs, row i·C + c; JP⁻¹Jᵀ with a preconditioner
logits         [n, C]          Float64      outputs of the model
labels         [n]             Int64        class labels; or else
targets        [n, C]          Float64      what the outputs should be
weights        [n]             Float64      weights of the examples in the loss, where it has some
preconditioner [P]             Float64      P of θ ← θ − ηP⁻¹m in the order of the parameters, where there is one
metadata       [bytes]         UInt8        JSON in UTF-8
============== =============== ============ ==================================================================
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

import numpy
from numpy.typing import NDArray

from .errors import SgdscopeError

SCHEMA = "sgdscope/capture@1"
_ARRAYS = {
    "gram": (numpy.float64, 2),
    "logits": (numpy.float64, 2),
    "labels": (numpy.int64, 1),
    "targets": (numpy.float64, 2),
    "weights": (numpy.float64, 1),
    "preconditioner": (numpy.float64, 1),
}


@dataclass(frozen=True, repr=False)
class Capture:
    """What the theory needs of a point in parameter space; arrays as in the file, see the module.

    Attributes:
        metadata: Plain JSON: loss, units, optimizer, batch size, sampling, parameters, precision, hashes, assumptions.
        path: The file, where there is one.
    """

    gram: NDArray[numpy.float64]
    logits: NDArray[numpy.float64]
    labels: Optional[NDArray[numpy.int64]]
    targets: Optional[NDArray[numpy.float64]]
    weights: Optional[NDArray[numpy.float64]]
    preconditioner: Optional[NDArray[numpy.float64]]
    metadata: dict[str, Any]
    path: Optional[Path] = None

    def __repr__(self) -> str:
        n, outputs = self.logits.shape
        where = "" if self.path is None else f", in {self.path}"
        return f"<Capture of {self.metadata['model']['name']}: {n} examples × {outputs} outputs{where}>"

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was taken for granted, in sentences."""
        return tuple(self.metadata["assumptions"])

    def save(self, path: Union[str, os.PathLike[str]]) -> Path:
        """Writes the file whole or not at all; missing folders are made.

        Returns:
            The path, which ends in ``.npz``.

        Raises:
            SgdscopeError: INVALID_ARGUMENT for another extension.
        """
        target = expect_npz(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        arrays = {name: getattr(self, name) for name in _ARRAYS if getattr(self, name) is not None}
        text = json.dumps(self.metadata, ensure_ascii=False, allow_nan=False)
        arrays["metadata"] = numpy.frombuffer(text.encode(), dtype=numpy.uint8)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as file:
                numpy.savez(file, **arrays)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return target

    @staticmethod
    def load(path: Union[str, os.PathLike[str]]) -> "Capture":
        """Reads a capture; nothing in it is ever run.

        Raises:
            SgdscopeError: INVALID_CAPTURE, argument ``path``.
            FileNotFoundError: There is no such file.
        """
        source = Path(path)
        try:
            with numpy.load(source, allow_pickle=False) as file:
                found = {name: file[name] for name in file.files if name in _ARRAYS or name == "metadata"}
            metadata = json.loads(found.pop("metadata").tobytes().decode())
        except FileNotFoundError:
            raise
        except Exception as error:
            raise _invalid(f"expected a capture, got a file that cannot be read as one: {error}") from error
        if not isinstance(metadata, dict) or metadata.get("schema") != SCHEMA:
            schema = metadata.get("schema") if isinstance(metadata, dict) else None
            raise _invalid(f"expected the schema {SCHEMA}, got {schema}")
        for name, array in found.items():
            kind, axes = _ARRAYS[name]
            if array.dtype != kind or array.ndim != axes:
                raise _invalid(f"expected {name} of {numpy.dtype(kind)} with {axes} axes, got {array.dtype} of {array.ndim}")
        missing = [name for name in ("gram", "logits") if name not in found]
        if missing or ("labels" in found) == ("targets" in found):
            raise _invalid(f"expected gram, logits and one of labels and targets, got {', '.join(found)}")
        n, outputs = found["logits"].shape
        if found["gram"].shape != (n * outputs, n * outputs):
            raise _invalid(f"expected gram of shape {(n * outputs,) * 2} beside logits of {(n, outputs)}, got {found['gram'].shape}")
        arrays: dict[str, Any] = {name: found.get(name) for name in _ARRAYS}
        return Capture(**arrays, metadata=metadata, path=source)


def expect_npz(path: Union[str, os.PathLike[str]]) -> Path:
    """A path that ends in ``.npz``."""
    target = Path(path)
    if target.suffix != ".npz":
        raise SgdscopeError("INVALID_ARGUMENT", "path", f"expected a path that ends in .npz, got {target}")
    return target


def _invalid(problem: str) -> SgdscopeError:
    return SgdscopeError("INVALID_CAPTURE", "path", problem)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
