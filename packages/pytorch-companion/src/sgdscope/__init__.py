"""Can SGD stay at this minimum of a PyTorch model, at this learning rate and batch size? See the README."""

from __future__ import annotations

from .analysis import Analysis, Condition, analyze, measure
from .callbacks import lightning_callback, trainer_callback
from .capture import capture
from .errors import SgdscopeError
from .layout import SCHEMA, Capture
from .probe import Probe, ProbeRecord
from .version import __version__

__all__ = [
    *("Analysis", "Capture", "Condition", "Probe", "ProbeRecord", "SCHEMA", "SgdscopeError"),
    *("__version__", "analyze", "capture", "lightning_callback", "measure", "trainer_callback"),
]
