"""What a run rests on, as plain data for the manifest: resolved study, versions, curves, warnings."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import SPEED_FIT, SQUARE, Impact, Study
from crashsim.config import library
from crashsim.config.distributions import OF_ROADS
from crashsim.engine.dummies import dummies
from crashsim.engine.risks import RiskSettings
from crashsim.momentum import CIPRIANI_RANGE, RESTITUTION_FLOOR
from crashsim.results import BEYOND_MODEL, FAILED
from crashsim.results.files import RUN
from crashsim.sampling import plain

LIBRARIES = ("numpy", "scipy", "numba", "matplotlib", "pyarrow")


def version() -> str:
    """Version of crashsim as installed."""
    return importlib.metadata.version("crashsim")


def fingerprint(study: Study) -> str:
    """Hash of everything that decides the numbers: the resolved study, the code and the library's data."""
    text = json.dumps({"version": version(), "build": build(), **resolved(study)}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def build() -> str:
    """Hash of the package's own sources and data: an edited curve or kernel is another crashsim."""
    package = Path(__file__).resolve().parent.parent
    files = sorted(
        p
        for p in package.rglob("*")
        if p.suffix in (".py", ".yaml", ".csv", ".css", ".js") and "configs" not in p.parts
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def resolved(study: Study) -> dict[str, Any]:
    """The study in SI as plain data, without comments or spelling."""
    return {
        "name": study.name,
        "title": study.title,
        "question": study.question,
        "units": study.units,
        "impacts": {impact.name: _impact(impact) for impact in study.impacts},
        "named_cases": [vars(case) for case in study.named_cases],
        "risk": dict(study.risk),
        "dummies": dummies(study),
        "sampling": vars(study.sampling) if study.sampling else None,
        "store": study.store,
        **({"modifiers": study.typed["modifiers"]} if study.variants else {}),
    }


def _impact(impact: Impact) -> dict[str, Any]:
    return {
        "type": impact.type,
        "between": list(impact.between),
        "ends": list(impact.faces),
        "restitution": impact.restitution,
        "meeting": impact.meeting,
        "numbers": dict(impact.numbers),
        "axes": [list(axis.paths) for axis in impact.axes],
        "values": [axis.values.tolist() for axis in impact.axes],
        "dimensions": [list(axis.dimensions) for axis in impact.axes],
        "random": {number.path: plain(number.distribution) for number in impact.random},
        "samples": impact.samples,
        "cases": impact.count,
    }


def inputs(study: Study) -> dict[str, Any]:
    """What a manifest says of the study and of the programs that compute it."""
    return {
        "crashsim": "results",
        "kind": RUN,
        "version": version(),
        "fingerprint": fingerprint(study),
        "seed": study.sampling.seed if study.sampling else None,
        **resolved(study),
        "vehicles": study.vehicles,
        "roads": {name: library.find("roads", name).tree for name in _roads(study)},
        "judgement": list(study.judgement),
        "typed": study.typed,
        "versions": {"python": platform.python_version(), **{n: importlib.metadata.version(n) for n in LIBRARIES}},
        "platform": platform.platform(terse=True),
    }


def _roads(study: Study) -> list[str]:
    """Names of the roads on which speeds of a study are drawn."""
    return [path.removeprefix(OF_ROADS) for path in study.judgement if path.startswith(OF_ROADS)]


def describe(study: Study, columns: Mapping[str, NDArray[Any]], risk: RiskSettings) -> dict[str, Any]:
    """The manifest of a run, but for wall time and file hashes."""
    return {
        **inputs(study),
        "risk_curves": {c.name: {"title": c.title, "tag": c.tag, "source": c.source, "population": c.population}
                        for c in risk.curves if any(n.endswith(f".{c.name}") for n in columns)},
        "injury_functions": {f.name: {"title": f.title, "tag": f.tag, "source": f.source, "region": f.region}
                             for f in risk.functions if any(n.endswith(f".{f.name}") for n in columns)},
        "delta_v_correction": {"factor": risk.factor, "source": risk.factor_source},
        "status": _status_counts(columns),
        "warnings": _warnings(study, columns),
    }  # fmt: skip


def _first_rows(columns: Mapping[str, NDArray[Any]]) -> NDArray[np.intp]:
    """The first row of every case."""
    changed = (columns["case"][1:] != columns["case"][:-1]) | (columns["impact"][1:] != columns["impact"][:-1])
    return np.flatnonzero(np.append(True, changed))


def _status_counts(columns: Mapping[str, NDArray[Any]]) -> dict[str, int]:
    """Number of cases of each status."""
    names, counts = np.unique(columns["status"][_first_rows(columns)], return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _warnings(study: Study, columns: Mapping[str, NDArray[Any]]) -> list[str]:
    """What a reader must know before quoting a number."""
    found = []
    first = _first_rows(columns)
    total = len(first)

    def count(mask: NDArray[np.bool_]) -> int:
        return int(mask[first].sum())

    fitted = np.isin(columns["impact"], [i.name for i in study.impacts if i.restitution == SPEED_FIT])
    if n := count(fitted & (columns["closing_speed"] > CIPRIANI_RANGE[1])):
        found.append(f"in {n} of {total} cases restitution comes from a low-speed fit beyond its 7 m/s, where it is followed "
                     f"down to a floor of {RESTITUTION_FLOOR:.2f} (judgement)")  # fmt: skip
    if n := count(fitted & (columns["restitution_asked"] > columns["restitution_cap"])):
        found.append(f"in {n} of {total} cases the low-speed fit asks for more restitution than the force law can give; the "
                     "largest possible was used")  # fmt: skip
    if n := count(columns["status"] == FAILED):
        found.append(f"{n} of {total} cases failed: contact lasts longer than the 300 ms that are computed, or momentum or energy is "
                     "not kept; do not use them")  # fmt: skip
    if n := count(columns["status"] == BEYOND_MODEL):
        found.append(
            f"{n} of {total} cases are beyond the model (a compartment is pushed in further than its law holds): "
            "their delta-v stands, their pulses, crush and intrusion do not"
        )
    met = np.isin(columns["impact"], [i.name for i in study.impacts if i.meeting != SQUARE])
    if n := count(columns["bumpers_miss"] & ~met):
        found.append(
            f"in {n} of {total} cases the bumper beams miss each other in height: underride or override is possible "
            "and is not modelled (height_offset: bumpers would)"
        )
    if n := count(met):
        found.append(f"in {n} of {total} cases overlap, ride height or sill act on the structures by declared heuristics (tag J), none "
                     "of them validated")  # fmt: skip
    if n := int(columns["overridden"].sum()):  # one vehicle of a case at most
        found.append(f"in {n} of {total} cases one vehicle is overridden: less than half of the force paths meet in height, or the "
                     "bumper passes above the sill and meets the door alone")  # fmt: skip
    if n := count(columns["slid_past"]):
        found.append(f"in {n} of {total} cases the fronts slide past each other and a part of the closing speed is kept: a "
                     "share taken from small overlap tests, not computed")  # fmt: skip
    if study.judgement:
        found.append(
            f"{len(study.judgement)} inputs rest on engineering judgement (tag J): sweep them before relying on a result"
        )
    return found
