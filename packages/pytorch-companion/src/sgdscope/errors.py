"""The one error class of this package."""

from __future__ import annotations

from typing import Literal, Optional

ErrorCode = Literal[
    "INVALID_ARGUMENT",  # A value out of its range, or of a kind that is not taken.
    "SHAPE_MISMATCH",  # A shape does not fit the others.
    "NOT_FINITE",  # A number that must be finite is not.
    "UNSUPPORTED_LOSS",  # The theory has no counterpart of the loss, or of how it is reduced.
    "UNSUPPORTED_OPTIMIZER",  # The theory has no counterpart of the optimizer.
    "EXAMPLES_MIXED",  # The output of an example depends on the other examples of its batch.
    "RANDOM_MODEL",  # The same inputs give different outputs.
    "RANKS_DIFFER",  # Parameters or data differ among the processes of a group.
    "TOO_LARGE",  # It does not fit into the memory that is given.
    "INVALID_CAPTURE",  # A file is no capture, or contradicts itself.
    "COMMAND_NOT_FOUND",  # Node or the command sgdscope cannot be found.
    "COMMAND_FAILED",  # The command refused, or died.
]


class SgdscopeError(ValueError):
    """What cannot be done, and why.

    Attributes:
        code: One of ``ErrorCode``; recognise an error by it.
        argument: What was wrong, by the name it has in the call.
        problem: What is wrong with it.
        advice: What helps, or ``None``.
    """

    def __init__(self, code: ErrorCode, argument: str, problem: str, advice: Optional[str] = None) -> None:
        super().__init__(f"{argument}: {problem}" + ("" if advice is None else f" ({advice})"))
        self.code = code
        self.argument = argument
        self.problem = problem
        self.advice = advice
