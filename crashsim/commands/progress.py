"""How far a long computation is: one line on stderr with the rate and the time left, silent when piped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

EVERY = 0.2  # s


@contextmanager
def progress(title: str, total: int, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A function that is told the crashes done and the crashes in all; None when nothing is to be shown."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    click.echo(f"crashsim: {title}: {total:,} crashes (the first run compiles for a few seconds)", err=True)
    meter = Meter(time.monotonic)
    try:
        yield lambda done, whole: _show(meter.line(done, whole))
    finally:
        click.echo("", err=True)


def _show(line: str) -> None:
    if line:
        click.echo(f"\r\033[K{line}", nl=False, err=True)


class Meter:
    """The line of a computation; ``clock`` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._begin: tuple[float, int] | None = None
        self._last = -EVERY

    def line(self, done: int, total: int) -> str:
        """What to show now; empty when that would be too often.  The rate counts from the first call: what was done before is not of this run."""
        now = self._clock()
        if self._begin is None:
            self._begin = (now, done)
        if now - self._last < EVERY and done < total:
            return ""
        self._last = now
        begin, before = self._begin
        line = f"{done:,} of {total:,} crashes ({100 * done // max(total, 1)} %)"
        if now <= begin or done <= before:
            return line
        rate = (done - before) / (now - begin)
        left = f", {spoken((total - done) / rate)} left" if done < total else f" in {spoken(now - begin)}"
        return f"{line}, {rate:,.0f} a second{left}"


def spoken(seconds: float) -> str:
    """A time in words: ``40 s``, ``12 min``, ``3.5 h``, ``2.1 days``."""
    for limit, size, unit in ((100.0, 1.0, "s"), (100.0 * 60.0, 60.0, "min"), (48.0 * 3600.0, 3600.0, "h")):
        if seconds < limit:
            value = seconds / size
            return f"{value:.0f} {unit}" if value >= 9.95 or size < 3600.0 else f"{value:.1f} {unit}"
    return f"{seconds / 86400.0:.1f} days"
