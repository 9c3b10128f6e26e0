"""A record of measured signals, what can be wrong with its numbers, and text tables of them."""

from __future__ import annotations

import csv
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from crashsim.config.fields import listed, nearest
from crashsim.errors import ConfigError, Problem
from crashsim.units import DIMENSIONS, echo

Floats = NDArray[np.float64]

LARGEST_FILE: Final = 64_000_000  # bytes; in memory it takes ten times as much while it is read
TOO_LARGE: Final = 1e15  # in any unit; its square and its integral are numbers
UNEVEN: Final = 0.01  # of a time step: more is not the rounding of a file
ACCELERATION_UNITS: Final = {
    **DIMENSIONS["acceleration"],
    **dict.fromkeys(("m/(s*s)", "m/s**2", "m/s²"), 1.0),
    **dict.fromkeys(("G'S", "G"), DIMENSIONS["acceleration"]["g"]),
}
"""What one of a unit is in m/s^2: crashsim's own spellings, those of ISO-MME and those of NHTSA."""

TWO: Final = "two numbers: time, acceleration"


@dataclass(frozen=True)
class Signals:
    """Channels of one file at even times: ``time`` (n,) [s], ``values`` (channels, n) [m/s^2], the line of each sample."""

    file: str
    time: Floats
    values: Floats
    lines: tuple[int, ...]

    @property
    def step(self) -> float:
        """Time from sample to sample [s]."""
        return float((self.time[-1] - self.time[0]) / (len(self.time) - 1))


def refuse(file: str | Path, line: int, message: str) -> NoReturn:
    """Raise the ConfigError of one problem in a file of signals; line 0 is the whole file."""
    raise ConfigError([Problem(str(file), line, 1 if line else 0, "", message)])


def require_readable(file: Path) -> None:
    """Refuse what is no regular file (opening a pipe would wait for ever), or more than fits into memory with ease."""
    try:
        about = file.stat()
    except (OSError, ValueError) as error:
        refuse(file, 0, f"cannot be read: {getattr(error, 'strerror', None) or error}")
    if stat.S_ISDIR(about.st_mode):
        refuse(file, 0, "is a folder, expected a file")
    if not stat.S_ISREG(about.st_mode):
        refuse(file, 0, "is not a regular file")
    if about.st_size > LARGEST_FILE:
        refuse(file, 0, f"too large: {about.st_size:,} bytes, expected at most {LARGEST_FILE:,}")


def require_even(file: str | Path, time: Floats, lines: Sequence[int], unit: str = "s") -> None:
    """Refuse times that do not grow or are not evenly spaced; in the unit of the file."""
    if np.any(back := np.diff(time) <= 0.0):
        at = int(np.argmax(back)) + 1
        refuse(file, lines[at], f"got the time {time[at]:.9g} after {time[at - 1]:.9g}, expected times that grow")
    step = (time[-1] - time[0]) / (len(time) - 1)
    off = np.abs(time - time[0] - step * np.arange(len(time))) > UNEVEN * step
    if off.any():
        at = int(np.argmax(off))
        message = f"got the time {time[at]:.9g}, expected evenly spaced times ({step:.6g} {unit} on average)"
        refuse(file, lines[at], message)


def number(cell: str) -> float:
    """The number of a cell; NaN for anything else, such as a number that is too large to be one of a measurement."""
    try:
        found = float(cell)
    except ValueError:
        return np.nan
    return found if abs(found) < TOO_LARGE else np.nan


# ---- tables ----------------------------------------------------------------------------------------------------------


def table(file: Path, channels: Sequence[str], time: str, time_unit: str, unit: str) -> Signals:
    """A text table: two columns, time and acceleration, or columns that its first line names."""
    rows = list(_rows(file))
    if channels or time:
        names = [cell.strip() for cell in rows[0][1]] if rows else []
        wanted = [time or (names[0] if names else ""), *channels]
        for name in wanted:
            if name not in names:
                refuse(file, rows[0][0] if rows else 0, f"no column {echo(name)}{nearest(name, names)}")
        columns, width, rows = [names.index(name) for name in wanted], len(names), rows[1:]
        expected = f"{width} cells, with numbers under {listed(wanted)}"
    elif rows and len(rows[0][1]) > 2:
        names = [cell.strip() for cell in rows[0][1]]
        message = (
            f"got {len(names)} columns, expected two (time, acceleration) or the names of channels: {listed(names)}"
        )
        refuse(file, rows[0][0], message)
    else:
        columns, width, expected = [0, 1], 2, TWO
    kept, lines = numbers(file, rows, columns, width, expected)
    times, *values = np.array(kept).T
    require_even(file, times, lines, time_unit)
    scale = ACCELERATION_UNITS[unit]
    return Signals(str(file), times * DIMENSIONS["time"][time_unit], scale * np.array(values), tuple(lines))


def numbers(
    file: Path, rows: Sequence[tuple[int, list[str]]], columns: Sequence[int], width: int, expected: str
) -> tuple[list[list[float]], list[int]]:
    """The wanted columns of each row, and its line; what stands before the first number is a heading."""
    kept: list[list[float]] = []
    lines: list[int] = []
    for line, cells in rows:
        values = [number(cells[i]) for i in columns if i < len(cells)]
        if len(cells) == width and np.all(np.isfinite(values)):
            kept.append(values)
            lines.append(line)
        elif kept or np.any(np.isfinite(values)):
            refuse(file, line, f"got {echo(','.join(cells))}, expected {expected}")
    if len(kept) < 2:
        refuse(file, 0, f"got {len(kept)} lines of numbers, expected two or more: {expected}")
    return kept, lines


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Cells of every line that is not blank; the delimiter is the first of tab, semicolon and comma that there is."""
    require_readable(file)
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            head = handle.read(65536)
            handle.seek(0)
            delimiter = next((d for d in "\t;," if d in head), None)
            reader = csv.reader(handle, delimiter=delimiter) if delimiter else (line.split() for line in handle)
            for n, cells in enumerate(reader, start=1):
                if any(cell.strip() for cell in cells):
                    yield getattr(reader, "line_num", n), cells
    except UnicodeDecodeError as error:
        refuse(file, 0, f"got the byte 0x{error.object[error.start]:02X}, expected UTF-8 text")
    except (OSError, ValueError, csv.Error) as error:
        refuse(file, 0, f"cannot be read: {getattr(error, 'strerror', None) or error}")
