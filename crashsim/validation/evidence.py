"""All measured cases, one after the other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from crashsim.engine.folder import EVIDENCE
from crashsim.engine.manifest import build, version
from crashsim.errors import CrashsimError
from crashsim.results.files import sha256
from crashsim.validation import (
    camry,
    crush,
    field,
    field_crashes,
    field_pairs,
    groups,
    offset,
    pulses,
    recorders,
    shares,
)
from crashsim.validation.field_data import BINS, PAIRS, SMALL
from crashsim.validation.measured import CAMRY, RECORDERS, TESTS
from crashsim.validation.records import REPORTED, WITHIN, Case, Row

FILES: Final = (TESTS, CAMRY, RECORDERS, BINS, PAIRS, SMALL)


def run(
    data: Path | None = None, *, short: bool = False, advance: Callable[[str], None] | None = None
) -> tuple[Case, ...]:
    """Every case, from the shipped figures, or from the raw signals of a folder where it has them.

    ``short`` takes what is fitted to raw data (the Camry's curve, the class laws without each test) as it ships.
    ``advance`` is called with the name of each case before it is computed.  Raises CrashsimError for a folder without the
    files of `FILES`.
    """
    if data is not None:
        require(data)
    found: list[Case] = []
    for name, cases in _cases(data, None if short else data).items():
        if advance:
            advance(name)
        found += cases()
    return tuple(found)


def _cases(data: Path | None, refit: Path | None) -> dict[str, Callable[[], Sequence[Case]]]:
    return {
        "C1": lambda: [camry.pulse_case(data, refit)],
        "C2": lambda: [camry.occupant_case(data)],
        "C3 to C7": crush.cases,
        "C8": lambda: [groups.case(refit)],
        "C9": lambda: [pulses.case()],
        "C13": lambda: [offset.case()],
        "C14": lambda: [field.case(data)],
        "C15": lambda: [field_pairs.case(data)],
        "C16": lambda: [field_crashes.case(data)],
        "C17": lambda: [recorders.case(data)],
        "kei cars": lambda: [field_crashes.kei_case()],
        "momentum": lambda: [shares.case()],
    }


def require(data: Path) -> None:
    """Raise CrashsimError unless a folder has the raw figures that are read from it."""
    if not data.is_dir():
        raise CrashsimError(f"{data}: is not a folder; --data expects one with {', '.join(FILES)}")
    missing = [name for name in FILES if not (data / name).is_file()]
    if missing:
        raise CrashsimError(f"{data}: has no {', '.join(missing)}; without --data the shipped figures are used")


def fingerprint(data: Path | None, short: bool) -> str:
    """Hash of everything that decides the numbers: code, shipped data and the raw files that are read."""
    raw = {}
    if data is not None:
        require(data)
        raw = {name: sha256(data / name) for name in FILES}
    text = json.dumps({"version": version(), "build": build(), "short": short, "raw": raw}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def manifest(cases: Sequence[Case], mark: str) -> dict[str, Any]:
    """What a folder of evidence says of itself."""
    within, outside, reported = judged(rows(cases))
    return {"crashsim": "results", "kind": EVIDENCE, "version": version(), "fingerprint": mark, "impacts": {},
            "within": within, "outside": outside, "reported": reported}  # fmt: skip


def difference(found: Mapping[str, Any]) -> str:
    """What is not so of the evidence in a folder, in words."""
    if found.get("version") != version():
        return f"crashsim {found.get('version')}, this is {version()}"
    return "from another build or other measured data"


def rows(cases: Sequence[Case]) -> Iterator[Row]:
    """The rows of all cases."""
    return (row for case in cases for row in case.rows)


def judged(rows: Iterable[Row]) -> tuple[int, int, int]:
    """How many rows are within tolerance, outside, and reported only."""
    verdicts = [row.verdict for row in rows]
    within, reported = verdicts.count(WITHIN), verdicts.count(REPORTED)
    return within, len(verdicts) - within - reported, reported
