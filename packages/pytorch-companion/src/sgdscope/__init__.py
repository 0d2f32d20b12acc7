"""Can SGD stay at this minimum of a PyTorch model, at this learning rate and batch size? See the README."""

from __future__ import annotations

from .capture import capture
from .errors import SgdscopeError
from .layout import SCHEMA, Capture
from .version import __version__

__all__ = ["Capture", "SCHEMA", "SgdscopeError", "__version__", "capture"]
