"""Probes in the trainers of Lightning and of Hugging Face, which are imported when they are asked for."""

from __future__ import annotations

import importlib
from typing import Any, Optional

from torch import nn

from .errors import SgdscopeError
from .loggers import log_to
from .probe import Probe


def lightning_callback(loss: Any, data: Any, **options: Any) -> Any:
    """A callback of ``lightning.Trainer`` with a ``Probe`` of the module that is trained.

    Numbers go to all loggers of the trainer; the probe is ``callback.probe``. Steps that accumulate gradients count once.

    Args:
        loss: The loss of the training, as for ``capture``; a module's ``training_step`` does not say it.
        data: Examples of the probe, as for ``capture``.
        options: Of ``Probe``; ``logger`` replaces those of the trainer. ``outputs`` picks the logits from ``forward``.

    Raises:
        SgdscopeError: INVALID_ARGUMENT where Lightning is not installed.
    """
    base = _imported(("lightning.pytorch", "pytorch_lightning"), "Lightning", "pip install lightning").Callback

    class SgdscopeCallback(base):  # type: ignore[misc, valid-type]
        """See ``lightning_callback``."""

        probe: Optional[Probe] = None
        _global_step = 0

        def on_train_start(self, trainer: Any, pl_module: nn.Module) -> None:
            if len(trainer.optimizers) != 1:
                raise SgdscopeError(
                    "UNSUPPORTED_OPTIMIZER", "optimizer", f"expected one optimizer, got {len(trainer.optimizers)}"
                )
            own = {**options}
            own.setdefault("logger", _all_of(list(trainer.loggers)))
            self.probe = Probe(pl_module, loss, trainer.optimizers[0], data, **own)
            self._global_step = trainer.global_step

        def on_train_batch_end(self, trainer: Any, *_: Any, **__: Any) -> None:
            if self.probe is not None and trainer.global_step > self._global_step:
                self._global_step = trainer.global_step
                self.probe.step()

        def on_train_end(self, *_: Any, **__: Any) -> None:
            if self.probe is not None:
                self.probe.close()

    return SgdscopeCallback()


def trainer_callback(loss: Any, data: Any, **options: Any) -> Any:
    """A callback of ``transformers.Trainer`` with a ``Probe`` of the model that is trained.

    Numbers go to ``state.log_history`` and into what the trainer logs next; the probe is ``callback.probe``.

    Args:
        loss: The loss of the training, as for ``capture``.
        data: Examples of the probe, as for ``capture``; a dict with ``labels`` will do.
        options: Of ``Probe``; ``logger`` takes the numbers beside.

    Raises:
        SgdscopeError: INVALID_ARGUMENT where transformers is not installed.
    """
    base = _imported(("transformers",), "transformers", "pip install transformers").TrainerCallback
    given = options.pop("logger", None)

    class SgdscopeCallback(base):  # type: ignore[misc, valid-type]
        """See ``trainer_callback``."""

        probe: Optional[Probe] = None

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            latest: dict[str, float] = {}
            self._latest = latest

            def log(values: dict[str, float], step: int) -> None:
                latest.update(values)
                state.log_history.append({**values, "step": step})

            logger = log if given is None else _all_of([log, given])
            self.probe = Probe(kwargs["model"], loss, kwargs["optimizer"], data, logger=logger, **options)

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if self.probe is not None:
                self.probe.step()

        def on_log(self, args: Any, state: Any, control: Any, logs: Optional[dict[str, float]] = None, **_: Any) -> None:
            if logs is not None and self.probe is not None:
                logs.update(self._latest)
                self._latest.clear()

        def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if self.probe is not None:
                self.probe.close()

    return SgdscopeCallback()


def _all_of(loggers: list[Any]) -> Any:
    """One function for several loggers; ``None`` for none."""
    logs = [log for log in map(log_to, loggers) if log is not None]
    if not logs:
        return None

    def log_all(values: dict[str, float], step: int) -> None:
        for log in logs:
            log(values, step)

    return log_all


def _imported(names: tuple[str, ...], what: str, how: str) -> Any:
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise SgdscopeError("INVALID_ARGUMENT", "callback", f"{what} is not installed", how)
