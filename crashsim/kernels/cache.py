"""Compiling with a cache that may be read-only, full or damaged: one warning and a right answer, never a failure.

Every kernel stays in one file: numba's cache does not see edits in other files that a cached function calls.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import NullCache

Function = TypeVar("Function", bound=Callable[..., object])
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}  # IEEE: a bad number spoils its own case only
_COMPILED: list[Any] = []


def compiled(function: Function) -> Function:
    """``numba.njit`` with the options of all kernels, cached where a place for the cache can be found."""
    try:
        dispatcher = njit(cache=True, **OPTIONS)(function)
    except RuntimeError as error:  # numba: "no locator available" when no folder can be written
        _warn(error)
        dispatcher = njit(**OPTIONS)(function)
    _COMPILED.append(dispatcher)
    return cast(Function, dispatcher)


def first_call(call: Callable[[], object]) -> None:
    """Make the call that compiles a kernel or loads it; when the cache gets in the way, do without it from then on."""
    try:
        call()
    except Exception as error:  # a damaged cache raises whatever pickle and LLVM raise; a full disk OSError
        _warn(error)
        for dispatcher in _COMPILED:
            if hasattr(dispatcher, "_cache"):
                _remove(dispatcher)
                dispatcher._cache = NullCache()
        call()


def _remove(dispatcher: Any) -> None:
    """Delete a kernel's cache files, so that the next process starts with a sound cache."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        folder, stem = Path(dispatcher.stats.cache_path), f"{Path(dispatcher.__code__.co_filename).stem}."
        for path in folder.glob(f"{stem}{dispatcher.__name__}-*.nb?"):
            path.unlink()


def _warn(error: Exception) -> None:
    text = f"the cache of compiled code cannot be used ({type(error).__name__}: {error}); compiling without it"
    warnings.warn(text, RuntimeWarning, stacklevel=3)
