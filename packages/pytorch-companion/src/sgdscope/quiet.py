"""Measuring inside of a training without a trace: modes, random states and generators are put back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import torch
from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in evaluation mode; each module is back in its own afterwards."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


@contextmanager
def random_states_kept(*sources: Any) -> Iterator[None]:
    """States of Python, NumPy and PyTorch on all devices, and of the generators of ``sources``, are those of before."""
    python, array = random.getstate(), numpy.random.get_state()
    generators = [each for each in map(_generator, _parts(sources)) if each is not None]
    states = [each.get_state() for each in generators]
    try:
        cuda = range(torch.cuda.device_count()) if torch.cuda.is_available() else range(0)
        with torch.random.fork_rng(devices=cuda):
            yield
    finally:
        random.setstate(python)
        numpy.random.set_state(array)
        for generator, state in zip(generators, states):
            generator.set_state(state)


def _parts(sources: tuple[Any, ...]) -> list[Any]:
    found = []
    for each in sources:
        found += [each, getattr(each, "sampler", None), getattr(getattr(each, "batch_sampler", None), "sampler", None)]
    return found


def _generator(source: Any) -> Any:
    generator = getattr(source, "generator", None)
    return generator if isinstance(generator, torch.Generator) else None
