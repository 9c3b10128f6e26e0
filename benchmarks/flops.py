"""Counting flops by running the formulas on numbers that count: + - * /, a comparison (so max and min) 1, a fused a b + c 2."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from crashsim.kernels import lanes

_done = 0


def _operation(name: str, *, number: bool) -> Callable[[float, float], Any]:
    plain = getattr(float, name)

    def operation(self: float, other: float) -> Any:
        global _done
        _done += 1
        found = plain(self, other)
        return Counted(found) if number and found is not NotImplemented else found

    return operation


class Counted(float):
    """A float whose arithmetic is counted, and whose results are again; a sign change is free."""

    def __neg__(self) -> Counted:
        return Counted(float.__neg__(self))


for _name in ("add", "sub", "mul", "truediv"):
    setattr(Counted, f"__{_name}__", _operation(f"__{_name}__", number=True))
    setattr(Counted, f"__r{_name}__", _operation(f"__r{_name}__", number=True))
for _name in ("lt", "le", "gt", "ge"):
    setattr(Counted, f"__{_name}__", _operation(f"__{_name}__", number=False))


def counted(value: Any) -> Any:
    """``value`` with every float in it, at any depth of tuples, made to count."""
    if isinstance(value, tuple):
        parts = [counted(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return Counted(value) if isinstance(value, float) else value


def count(function: Callable[..., object], *arguments: Any) -> int:
    """Flops of ``function(*arguments)``, an ordinary function of the kernels in its plain Python form.

    Numbers from floats among the arguments and from ``lanes.load`` and ``lanes.gather`` count; literals and what is
    computed from them alone does not.
    """
    global _done
    with _counting_forms():
        _done = 0
        function(*(counted(argument) for argument in arguments))
        return _done


@contextmanager
def _counting_forms() -> Iterator[None]:
    """The functions of ``lanes`` in forms that give numbers that count: no exact fma, nothing plain from memory."""

    def counting(plain: Callable[..., float]) -> Callable[..., Counted]:
        return lambda *arguments: Counted(plain(*arguments))

    with ExitStack() as patches:
        patches.enter_context(patch.object(lanes, "HAS_FMA", new=False))
        for name, plain in (("load", lanes.load), ("gather", lanes.gather)):
            for module in [m for key, m in sys.modules.items() if key.startswith("crashsim.kernels.")]:
                if getattr(module, name, None) is plain:
                    patches.enter_context(patch.object(module, name, counting(plain)))
        yield
