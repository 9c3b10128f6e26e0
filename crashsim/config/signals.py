"""Files of measured signals -> numbers at even times: text tables, NHTSA ASCII, ISO-MME.

====================  ==================================================================  =========================
format                files                                                               a channel is named by
====================  ==================================================================  =========================
text table            one, with a column of times; comma, semicolon, tab or blanks        the name of its column
NHTSA ASCII           ``v10146.EV5`` (what was measured) and ``v10146.093``: time, value  its curve number, 93
ISO-MME (ISO 13499)   ``test.mme``, and ``test.001`` beside it or in ``Channel``          its code; ? is any letter
====================  ==================================================================  =========================

Formats as NHTSA's Vehicle Crash Test Database publishes test 10146, and as ISO 13499 channel files of edition 1.6 are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import numpy as np

from crashsim.config.fields import listed
from crashsim.config.records import (
    ACCELERATION_UNITS,
    TWO,
    UNEVEN,
    Signals,
    number,
    numbers,
    refuse,
    require_even,
    require_readable,
    table,
)
from crashsim.units import echo

_SIGNAL_FILE: Final = re.compile(r"\.\d{3}")
_MME_KEYS: Final = ("Unit", "Sampling interval", "Time of first sample", "Number of samples")


def read_signals(
    path: str | Path, channels: Sequence[str] = (), *, time: str = "", time_unit: str = "", unit: str = ""
) -> Signals:
    """Acceleration channels of a file in one of the three formats.

    Parameters
    ----------
    path : str or Path
        The table, the ``.EV5``, the ``.mme`` or ``.chn``, or one channel file (``.001``).
    channels : sequence of str
        Which ones; may be left out where the file has one.
    time : str
        Column of the times of a table with named columns; the first when left out.
    time_unit, unit : str
        Of a table, whose file does not say them; of a channel that says its unit, the same or nothing.

    Raises
    ------
    ConfigError
        One problem with file and line: what cannot be read, is missing, not a number, not even in time, or cut short.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix in (".mme", ".chn"):
        return _together([_mme(p, unit) for p in _mme_files(file, channels)])
    if suffix == ".ev5":
        return _together([_nhtsa(file.with_suffix(f".{n:03d}"), unit) for n in _curves(file, channels)])
    if _SIGNAL_FILE.fullmatch(suffix):
        first = next(iter(_lines(file)), (0, ""))[1]
        return _mme(file, unit) if re.match(r"[A-Za-z][^:\t,]*:", first) else _nhtsa(file, unit)
    for words, given, known in (("time_unit", time_unit, "s, ms"), ("unit", unit, "g, m/s^2")):
        if not given:
            refuse(file, 0, f"a table does not say its units: expected {words} ({known})")
    return table(file, channels, time, time_unit, unit)


def _together(parts: Sequence[Signals]) -> Signals:
    """Channels of several files, which must have the same times."""
    first = parts[0]
    for part in parts[1:]:
        if part.time.shape != first.time.shape or np.abs(part.time - first.time).max() > UNEVEN * first.step:
            refuse(part.file, part.lines[0], f"expected the same times as {first.file}")
    return Signals(first.file, first.time, np.concatenate([part.values for part in parts]), first.lines)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """Number and text of every line that is not blank; UTF-8, or else the Windows code page that some laboratories write."""
    require_readable(file)
    try:
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        refuse(file, 0, f"cannot be read: {getattr(error, 'strerror', None) or error}")
    try:
        whole = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        whole = data.decode("cp1252", errors="replace")
    for n, text in enumerate(whole.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if text.strip():
            yield n, text


# ---- NHTSA -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Curve:
    """What an EV5 file says of a curve."""

    number: int
    kind: str
    axis: str
    unit: str
    first: int
    last: int
    step: float  # s
    comment: str


def _ev5(file: Path) -> list[_Curve]:
    """The curves of a test: the fields of section INSTRUMENTATION of an EV5 file."""
    curves: list[_Curve] = []
    inside = False
    for line, text in _lines(file):
        if text.startswith("-----"):
            inside = "INSTRUMENTATION" in text
            continue
        if not inside:
            continue
        cells = text.split("|")
        try:
            step = 1e-6 * float(cells[16])
            curves.append(
                _Curve(int(cells[1]), cells[2], cells[5], cells[7], int(cells[14]), int(cells[15]), step, cells[19])
            )
        except (IndexError, ValueError):
            refuse(file, line, f"got {echo(text)}, expected the fields of a curve: 1|93|AC|...|-500|2999|100|...")
    if not curves:
        refuse(file, 0, "no curves: the section INSTRUMENTATION is missing or empty (is the file whole?)")
    return curves


def _curves(file: Path, channels: Sequence[str]) -> list[int]:
    """Curve numbers of the channels wanted of an EV5 file."""
    curves = _ev5(file)
    known = {str(c.number) for c in curves}
    along_x = [f"{c.number} {c.comment.strip()}" for c in curves if c.kind == "AC" and c.axis.startswith("X")]
    for channel in channels or ("",):
        if channel not in known:
            got = f"no curve {echo(channel)}" if channel else "which curves?"
            refuse(
                file, 0, f"{got}; expected channels, the numbers of curves. Accelerations along x: {listed(along_x)}"
            )
    return [int(channel) for channel in channels]


def _nhtsa(file: Path, unit: str) -> Signals:
    """A file of one curve: time [s] and value on a line, or one value a line; the EV5 beside it says the unit."""
    ev5 = next((p for p in (file.with_suffix(".EV5"), file.with_suffix(".ev5")) if p.is_file()), None)
    about = next((c for c in _ev5(ev5) if c.number == int(file.suffix[1:])), None) if ev5 else None
    unit = _unit(file, about.unit.strip() if about else unit, unit)
    rows = [(line, text.split()) for line, text in _lines(file)]
    if about and rows and len(rows[0][1]) == 1:
        values, lines = numbers(file, rows, [0], 1, "one number")
        time = about.step * (about.first + np.arange(len(values), dtype=float))
        series = np.array(values, float)[:, 0]
    else:
        values, lines = numbers(file, rows, [0, 1], 2, TWO)
        time, series = np.array(values, float).T
    expected = about.last - about.first + 1 if about else len(lines)
    if len(lines) < expected:
        refuse(file, lines[-1], f"ends after {len(lines):,} samples, expected {expected:,} (the file is cut short)")
    require_even(file, time, lines)
    return Signals(str(file), time, ACCELERATION_UNITS[unit] * series[None, :], tuple(lines))


def _unit(file: Path, said: str, given: str, line: int = 0) -> str:
    """The unit of a channel: what its file says of it, which must be an acceleration and what the user gave."""
    if not said:
        refuse(file, 0, "the file does not say its unit: expected unit (g, m/s^2)")
    if said not in ACCELERATION_UNITS:
        refuse(file, line, f"got the unit {echo(said)}, expected an acceleration (g, m/s^2): is it the right channel?")
    if given and ACCELERATION_UNITS[given] != ACCELERATION_UNITS[said]:
        refuse(file, line, f"the file says its unit is {said}, got unit {given}: leave it out")
    return said


# ---- ISO-MME ---------------------------------------------------------------------------------------------------------


def _mme_files(file: Path, channels: Sequence[str]) -> list[Path]:
    """The channel files of an ISO-MME test whose codes are wanted."""
    if not file.is_file():
        refuse(file, 0, "no such file")
    folders = [file.parent, *sorted(p for p in file.parent.iterdir() if p.is_dir() and p.name.lower() == "channel")]
    found = sorted(p for folder in folders for p in folder.iterdir() if _SIGNAL_FILE.fullmatch(p.suffix.lower()))
    codes = {path: _code(path) for path in found}
    if not found:
        refuse(file, 0, "no channel files (.001, .002, ...) beside it or in its folder Channel")
    along_x = [code for code in codes.values() if code[12:15] == "ACX"]
    for channel in channels or ("",):
        matching = [code for code in codes.values() if fnmatchcase(code, channel.upper())]
        if len(matching) != 1:
            got = f"{len(matching) or 'no'} channels match {echo(channel)}" if channel else "which channels?"
            refuse(file, 0, f"{got}; expected the codes of channels. Accelerations along x: {listed(along_x)}")
    return [path for channel in channels for path, code in codes.items() if fnmatchcase(code, channel.upper())]


def _code(path: Path) -> str:
    """The 16 letters of a channel file."""
    for _, text in _lines(path):
        key, colon, value = text.partition(":")
        if colon and key.strip() == "Channel code":
            return value.strip().upper()
        if not colon:
            break
    return ""


def _mme(file: Path, unit: str) -> Signals:
    """A channel file: lines of ``key :value``, then one value a line."""
    header: dict[str, tuple[str, int]] = {}
    values: list[float] = []
    lines: list[int] = []
    for line, text in _lines(file):
        key, colon, value = text.partition(":")
        if colon and not values:
            header.setdefault(key.strip(), (value.strip(), line))
            continue
        sample = number(text)
        if not np.isfinite(sample):
            refuse(file, line, f"got {echo(text.strip())}, expected a number")
        values.append(sample)
        lines.append(line)
    for key in _MME_KEYS:
        if key not in header:
            refuse(file, 0, f"the header has no {key!r}: expected an ISO-MME channel file")
    step, first, count = (_header_number(file, *header[key], key) for key in _MME_KEYS[1:])
    if not step > 0.0:
        refuse(file, header[_MME_KEYS[1]][1], f"got the sampling interval {step:g} s, expected more than 0 s")
    if len(values) < max(count, 2):
        refuse(file, lines[-1] if lines else 0, f"ends after {len(values):,} samples, expected {int(count):,} (the file is cut short)")  # fmt: skip
    said, line = header["Unit"]
    scale = ACCELERATION_UNITS[_unit(file, said, unit, line)]
    return Signals(
        str(file), first + step * np.arange(len(values), dtype=float), scale * np.array([values]), tuple(lines)
    )


def _header_number(file: Path, text: str, line: int, key: str) -> float:
    found = number(text)
    if not np.isfinite(found):
        refuse(file, line, f"{key}: got {echo(text)}, expected a number")
    return found
