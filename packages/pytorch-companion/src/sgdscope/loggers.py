"""Where the numbers of a probe go: TensorBoard writers, runs of W&B, loggers of Lightning, functions."""

from __future__ import annotations

from typing import Any, Callable, Optional

from .errors import SgdscopeError

Log = Callable[[dict[str, float], int], None]


def log_to(logger: Any) -> Optional[Log]:
    """A function that takes numbers by name and their step, whatever the logger is.

    Raises:
        SgdscopeError: INVALID_ARGUMENT, argument ``logger``.
    """
    if logger is None:
        return None
    if callable(getattr(logger, "add_scalar", None)):

        def to_writer(values: dict[str, float], step: int) -> None:
            for name, value in values.items():
                logger.add_scalar(name, value, step)

        return to_writer
    if callable(getattr(logger, "log_metrics", None)):
        return lambda values, step: logger.log_metrics(values, step)
    if callable(getattr(logger, "log", None)):
        # W&B drops what comes for a step that is over, as what is computed in the background does.
        return lambda values, step: logger.log({**values, "sgdscope/step": step})
    if callable(logger):
        return lambda values, step: logger(values, step)
    raise SgdscopeError(
        "INVALID_ARGUMENT",
        "logger",
        f"expected a TensorBoard writer, an object with log or log_metrics, or a function, got {type(logger).__name__}",
    )
