"""PyTorch's optimizers as those of the theory: rates in its units, and the frozen preconditioner where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer, RMSprop, SGD

from .errors import SgdscopeError

ACCEPTED = "torch.optim.SGD, Adam, AdamW and RMSprop"


@dataclass(frozen=True)
class JudgedOptimizer:
    """What the theory judges in the place of an optimizer of PyTorch.

    Attributes:
        kind: ``"sgd"``, ``"heavy-ball"``, ``"nesterov"`` or ``"ema"``, in the coordinates in which it steps plainly.
        momentum: β, or ``None``.
        learning_rate: PyTorch's learning rate of the first group.
        rate_factor: What it is multiplied with beside the factor of the loss: 1 − dampening of a heavy ball.
        weight_decay: PyTorch's coupled weight decay.
        preconditioner: By ``id`` of a parameter: a tensor of its shape, or a number; absent parameters do not move. ``None`` where
            all parameters move alike.
        moving: ``id`` of the parameters that move.
        pytorch: Its name and settings as PyTorch has them, plain JSON.
        steps: Steps that it has taken, where it counts them.
        assumptions: In sentences.
    """

    kind: str
    momentum: Optional[float]
    learning_rate: float
    rate_factor: float
    weight_decay: float
    preconditioner: Optional[dict[int, Any]]
    moving: frozenset[int]
    pytorch: dict[str, Any]
    steps: Optional[int]
    assumptions: tuple[str, ...]


def optimizer_of(optimizer: Optimizer) -> JudgedOptimizer:
    """What the theory judges in the place of an optimizer.

    Groups with different learning rates η_g are a preconditioner P = η₀/η_g. Adam, AdamW and RMSprop are judged with their second
    moment frozen, P = √v̂ + ε; Adam's momentum is then an average (``ema``).

    Raises:
        SgdscopeError: UNSUPPORTED_OPTIMIZER, INVALID_ARGUMENT, argument ``optimizer``.
    """
    optimizer = inner_optimizer(optimizer)
    kind = type(optimizer)
    if kind not in (SGD, Adam, AdamW, RMSprop):
        raise _refused(f"expected one of {ACCEPTED}, got {kind.__name__}")
    groups: list[dict[str, Any]] = optimizer.param_groups
    if any(bool(group.get("maximize", False)) for group in groups):
        raise _refused("expected maximize=False, got True: it leaves every minimum")
    if kind is SGD:
        return _sgd(groups)
    return _adaptive(optimizer, kind.__name__)


def inner_optimizer(optimizer: Any) -> Optimizer:
    """The optimizer itself, inside of the wrappers of trainers, which keep it as ``optimizer``."""
    while isinstance(getattr(optimizer, "optimizer", None), Optimizer):
        optimizer = optimizer.optimizer
    if not isinstance(optimizer, Optimizer):
        raise _refused(f"expected one of {ACCEPTED}, got {type(optimizer).__name__}")
    return optimizer


def _refused(problem: str, advice: Optional[str] = None) -> SgdscopeError:
    return SgdscopeError("UNSUPPORTED_OPTIMIZER", "optimizer", problem, advice)


def _common(groups: list[dict[str, Any]], name: str) -> Any:
    """A setting that all groups must share."""
    first, *rest = [group[name] for group in groups]
    for k, other in enumerate(rest):
        if other != first:
            raise _refused(
                f"expected groups with one {name}, got {first} in group 0 and {other} in group {k + 1}",
                "groups may differ in lr",
            )
    return float(first) if isinstance(first, Tensor) else first


def _rates(groups: list[dict[str, Any]]) -> tuple[float, dict[int, float]]:
    """η of the first group that moves, and η₀/η_g by parameter; what has η = 0 does not move."""
    rates = [float(group["lr"]) for group in groups]
    moving = [rate for rate in rates if rate > 0]
    if not moving:
        raise SgdscopeError("INVALID_ARGUMENT", "optimizer", "expected a learning rate above 0, got 0 in every group")
    first = moving[0]
    return first, {
        id(parameter): first / rate
        for group, rate in zip(groups, rates)
        for parameter in group["params"]
        if rate > 0 and parameter.requires_grad
    }


def _group_words(groups: list[dict[str, Any]]) -> tuple[str, ...]:
    rates = sorted({float(group["lr"]) for group in groups})
    if len(rates) == 1:
        return ()
    return (
        f"Parameter groups have learning rates {', '.join(f'{rate:g}' for rate in rates)}: that of the first group is judged, "
        "the others move with it in proportion.",
    )


def _sgd(groups: list[dict[str, Any]]) -> JudgedOptimizer:
    momentum, dampening, nesterov = (float(_common(groups, "momentum")), float(_common(groups, "dampening")), False)
    nesterov = bool(_common(groups, "nesterov"))
    decay = float(_common(groups, "weight_decay"))
    rate, ratios = _rates(groups)
    alike = all(ratio == 1 for ratio in ratios.values())
    if decay > 0 and not alike:
        raise _refused(
            f"expected no weight decay beside groups with different learning rates, got weight_decay={decay:g}: "
            "the theory has no preconditioned weight decay"
        )
    words = list(_group_words(groups))
    kind, factor = "sgd", 1.0
    if momentum != 0:
        kind = "nesterov" if nesterov else "heavy-ball"
        if dampening != 0 and dampening == momentum:
            kind = "ema"
        elif dampening != 0:
            if not dampening < 1:
                raise _refused(f"expected dampening below 1, got {dampening:g}: no gradient is left")
            factor = 1 - dampening
            words.append(
                f"dampening={dampening:g} is a learning rate {factor:g} times as large, exactly but for the first step."
            )
    return JudgedOptimizer(
        kind=kind,
        momentum=None if momentum == 0 else momentum,
        learning_rate=rate,
        rate_factor=factor,
        weight_decay=decay,
        preconditioner=None if alike else dict(ratios),
        moving=frozenset(ratios),
        pytorch={
            "name": "SGD",
            "lr": rate,
            "momentum": momentum,
            "dampening": dampening,
            "nesterov": nesterov,
            "weight_decay": decay,
        },
        steps=None,
        assumptions=tuple(words),
    )


def _adaptive(optimizer: Optimizer, name: str) -> JudgedOptimizer:
    groups: list[dict[str, Any]] = optimizer.param_groups
    rate, ratios = _rates(groups)
    decays = [float(group["weight_decay"]) for group in groups]
    words = list(_group_words(groups))
    decoupled = name == "AdamW" or bool(groups[0].get("decoupled_weight_decay", False))
    if max(decays) > 0 and not decoupled:
        raise _refused(
            f"expected {name} without weight decay, got weight_decay={max(decays):g}: "
            "the theory has no preconditioned weight decay",
            "AdamW's, which is decoupled, is left out and said",
        )
    if max(decays) > 0:
        words.append(
            f"AdamW's decoupled weight decay of up to {max(decays):g} is left out: a step shrinks parameters by the factor "
            f"1 − {rate * max(decays):.3g} beside what is judged."
        )
    shared = ("eps", "betas", "amsgrad") if name != "RMSprop" else ("eps", "alpha", "momentum", "centered")
    settings = {key: _common(groups, key) for key in shared}
    square, steps = _second_moments(optimizer, name, settings)
    if not square:
        raise SgdscopeError(
            "INVALID_ARGUMENT",
            "optimizer",
            f"expected {name} after at least one step, got one without second moments",
            "pass the optimizer that trained the model, or one with its state_dict loaded",
        )
    preconditioner = {key: ratio * square[key] for key, ratio in ratios.items() if key in square}
    for values in preconditioner.values():
        if not bool((values > 0).all()) or not bool(torch.isfinite(values).all()):
            raise SgdscopeError(
                "INVALID_ARGUMENT", "optimizer", f"expected √v̂ + ε of {name} to be positive and finite, got other numbers"
            )
    average = name != "RMSprop"
    momentum = float(settings["betas"][0]) if average else float(settings["momentum"])
    words.append(
        f"{name} is judged with its second moment frozen as it stands, P = √v̂ + ε"
        + (" of the centred second moment" if settings.get("centered") else "")
        + (
            ", and its first moment as an average without the correction of its bias, which is over after a few dozen steps."
            if average
            else (" and the momentum of a heavy ball." if momentum > 0 else ".")
        )
    )
    return JudgedOptimizer(
        kind=("ema" if average else "heavy-ball") if momentum > 0 else "sgd",
        momentum=momentum if momentum > 0 else None,
        learning_rate=rate,
        rate_factor=1.0,
        weight_decay=0.0,
        preconditioner=preconditioner,
        moving=frozenset(preconditioner),
        pytorch={
            "name": name,
            "lr": rate,
            **{key: list(value) if isinstance(value, (tuple, list)) else value for key, value in settings.items()},
            "weight_decay": max(decays),
        },
        steps=steps,
        assumptions=tuple(words),
    )


def _second_moments(optimizer: Optimizer, name: str, settings: dict[str, Any]) -> tuple[dict[int, Tensor], Optional[int]]:
    """√v̂ + ε in Float64 by ``id`` of a parameter, and the steps taken; parameters without a gradient so far are absent."""
    found: dict[int, Tensor] = {}
    most: Optional[int] = None
    eps = float(settings["eps"])
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            state = optimizer.state.get(parameter, {})
            if "exp_avg_sq" not in state and "square_avg" not in state:
                continue
            steps = int(state["step"])
            most = steps if most is None else max(most, steps)
            if name == "RMSprop":
                v = state["square_avg"].double()
                if settings["centered"]:
                    v = v - state["grad_avg"].double() ** 2
                found[id(parameter)] = v.clamp(min=0).sqrt() + eps
                continue
            v = state["max_exp_avg_sq" if settings["amsgrad"] else "exp_avg_sq"].double()
            correction = 1 - float(settings["betas"][1]) ** steps
            found[id(parameter)] = (v / correction).sqrt() + eps
    return found, most
