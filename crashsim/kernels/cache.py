"""Compiling with a cache on disk that is never stale and never in the way.

numba's own cache knows a kernel by its file alone: an edit in another file that the kernel calls goes unseen.  It also
writes its index before the code the index points to, so that a full disk can leave a fresh index over old code.  Here
every entry is a file of its own, named by a hash of all that decides the machine code, sealed by a checksum and moved
into place when complete.  What cannot be found, read, trusted or written is compiled anew, with one warning.

    <numba's cache folder>/crashsim-<hash of all kernel sources>/<file>.<kernel>-<hash of types, processor, versions>.nbc

The sources are those of this folder, all of them: kernels import numpy, numba and each other, and nothing else.
"""
# mypy: allow-untyped-calls

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pickle
import shutil
import sys
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import caching, serialize

Function = TypeVar("Function", bound=Callable[..., object])
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}  # IEEE: a bad number spoils its own case only
FOLDERS_KEPT = 4  # newest sets of entries: going back and forth between versions does not compile anew


def compiled(function: Function) -> Function:
    """``numba.njit`` with the options of all kernels, cached where a place for the cache can be found."""
    dispatcher = numba.njit(**OPTIONS)(function)
    if hasattr(dispatcher, "_cache"):  # not where the just-in-time compiler is switched off
        dispatcher._cache = _Cache(function)
    return cast(Function, dispatcher)


def _hash_of_sources() -> str:
    """Hash of all kernel sources, empty if they cannot be read."""
    digest = hashlib.sha256()
    try:
        for path in sorted(Path(__file__).parent.glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()[:16] if Path(__file__).is_file() else ""
    except OSError:
        return ""


SOURCES = _hash_of_sources()  # now, with the imports: a later edit is not in the code that will be compiled


class _Cache(caching.NullCache):
    """What numba asks for the code of a kernel before it compiles, and hands the code to afterwards."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    @functools.cached_property
    def _numba(self) -> Any:
        """Numba's cache of the kernel, which finds the folder, keys and packs the code; our entries in place of its files."""
        if not SOURCES:
            raise OSError("the sources of the kernels cannot be read")
        cache: Any = caching.FunctionCache(self._function)
        if not isinstance(cache._cache_file, caching.IndexDataCacheFile):  # another numba than the ones known
            raise TypeError(f"numba {numba.__version__} keeps its cache in another way")
        file = Path(self._function.__code__.co_filename).stem
        cache._cache_file = _Entries(
            Path(cache.cache_path) / f"crashsim-{SOURCES}", f"{file}.{self._function.__name__}"
        )
        return cache

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Code of the kernel for the types ``sig``, or None."""
        with _or_warn():
            return self._numba.load_overload(sig, target_context)

    def save_overload(self, sig: Any, code: Any) -> None:
        """Keep the code of the kernel for the types ``sig``."""
        with _or_warn():
            self._numba.save_overload(sig, code)


class _Entries:
    """Code of one kernel for several types and processors, a file each."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def _path(self, key: object) -> Path:
        decides = repr((key, numba.__version__, sys.implementation.cache_tag))
        return self._folder / f"{self._name}-{hashlib.sha256(decides.encode()).hexdigest()[:16]}.nbc"

    def load(self, key: object) -> Any:
        """The entry, or None; raises ValueError for a damaged one."""
        try:
            sealed = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        checksum, data = sealed[:32], sealed[32:]
        if hashlib.sha256(data).digest() != checksum:
            raise ValueError(f"{self._path(key)} is damaged")  # it is written anew after the compilation
        return pickle.loads(data)

    def save(self, key: object, entry: object) -> None:
        """Write the entry; another process sees all of it or nothing."""
        if not self._folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            _remove_old(self._folder.parent)
        data = serialize.dumps(entry)
        part = self._folder / f"{uuid.uuid4().hex}.part"
        try:
            part.write_bytes(hashlib.sha256(data).digest() + data)
            part.replace(self._path(key))
        finally:
            part.unlink(missing_ok=True)


def _remove_old(place: Path) -> None:
    """Remove the entries of older sources, but for the newest few."""
    with contextlib.suppress(OSError):  # another process may be at it
        for folder in sorted(place.glob("crashsim-*"), key=os.path.getmtime)[:-FOLDERS_KEPT]:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _or_warn() -> Iterator[None]:
    """Whatever goes wrong with the cache (OSError, pickle, LLVM, another numba) costs time, never the answer."""
    try:
        yield
    except Exception as error:
        _warn_once(f"the cache of compiled code cannot be used ({type(error).__name__}: {error}); compiling without it")


_WARNED: list[str] = []


def _warn_once(text: str) -> None:
    if not _WARNED:
        _WARNED.append(text)
        warnings.warn(text, RuntimeWarning, stacklevel=2)
