"""The ledger of a study: what each of its modifiers changes, alone and together, for the occupant of every vehicle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import Impact, Study, Variant
from crashsim.config import library
from crashsim.engine import local
from crashsim.engine.dummies import JOINT, dummies
from crashsim.engine.risks import RiskSettings, risk_columns, risk_settings
from crashsim.results import FAILED, OK
from crashsim.risk import CENTRAL, personal

Columns = dict[str, NDArray[Any]]
Row = dict[str, Any]

LEVEL: Final = "MAIS3+"
ONE, TWO = JOINT, "risk_mais3plus"
ROUTES: Final = (ONE, TWO)
SHARES: Final = (0.05, 0.95)
LEAST: Final = 0.95  # share of the samples that must count where a band is told


def ledger(study: Study, *, threads: int | None = None) -> list[Row]:
    """One row for each variant, impact and vehicle that is no wall; SI, plain data.

    Keys: ``impact``, ``vehicle``, ``kind`` (base, alone, together), ``names`` and ``titles`` of the modifiers that are on,
    ``status`` (``avoided`` where braking avoids the crash), ``closing_speed``, ``delta_v``, and for each of `ROUTES` the
    central value, ``_low`` and ``_high`` (functions or curves disagree), ``_p05`` and ``_p95`` (the samples) and ``_extrapolated``; ``records``, published
    factors on the number of crashes.  None for what is unknown; of an avoided crash the risks are 0.
    """
    found = []
    common = risk_settings(study)
    for variant in study.variants:
        settings = replace(common, dummies=dummies(variant.study))
        for impact in variant.study.impacts:
            found += _rows(variant, impact, settings, threads or local.cores())
    return found


def sources(study: Study) -> list[str]:
    """What the modifiers of a study borrow from others: each contrast and record that is in use, with source and tag."""
    used = {name for variant in study.variants for person in variant.people.values() for name in person}
    found = [
        f"{c.title}: {c.source} (tag {c.tag}); shares: {c.share_source} (tag {c.share_tag})"
        for name, c in library.contrasts().items()
        if name in used
    ]
    counted = any(variant.records for variant in study.variants)
    return found + ([f"braking on record: {library.braking_source()}"] if counted else [])


def _rows(variant: Variant, impact: Impact, settings: RiskSettings, threads: int) -> list[Row]:
    about: Row = {
        "impact": impact.name,
        "kind": variant.kind,
        "names": list(variant.names),
        "titles": list(variant.titles),
    }
    about |= {"records": dict(variant.records.get(impact.name, {}))}
    vehicles = [v for v, wall in zip(impact.between, impact.rigid, strict=True) if not wall]
    if impact.name in variant.avoided:
        return [{**about, "vehicle": v, "status": "avoided", "closing_speed": 0.0, "delta_v": 0.0,
                 **{f"{name}{edge}": 0.0 for name in ROUTES for edge in ("", "_low", "_high", "_p05", "_p95")}}
                for v in vehicles]  # fmt: skip
    central = local.rows(impact.central, 0, 1, None, 1)
    samples = local.rows(impact, 0, impact.count, None, threads) if impact.random else None
    rows = []
    for vehicle in vehicles:
        person = variant.people.get(vehicle, {})
        own = _of(central, vehicle)
        risks = person_risks(settings, impact, own, person)
        row: Row = {**about, "vehicle": vehicle, "status": str(own["status"][0])}
        row |= {name: float(own[name][0]) for name in ("closing_speed", "delta_v")}
        row |= {f"{name}{edge}": _finite(risks, f"{name}{edge}") for name in ROUTES for edge in ("", "_low", "_high")}
        row |= {f"{name}_extrapolated": bool(risks.get(f"{name}_extrapolated", [False])[0]) for name in ROUTES}
        row |= _spread(settings, impact, _of(samples, vehicle), person) if samples else {}
        rows.append(row)
    return rows


def person_risks(settings: RiskSettings, impact: Impact, rows: Columns, person: Mapping[str, Any]) -> Columns:
    """Risk columns of one vehicle for a person: by the age and belt of that person, the field curves for MAIS3+ as
    `personal` turns them; the band and the central value of these anew.  Route 1 is blank beyond the model.
    """
    belted = {"belted": True, "unbelted": False}.get(str(person.get("belt")), settings.belted)
    found = risk_columns(replace(settings, age=person.get("years", settings.age), belted=belted), impact, rows)
    held = rows["status"] == OK
    blank = {name: np.where(held, values, np.nan) for name, values in found.items() if name.startswith(ONE)}
    return found | blank | (_personal(settings, found, str(rows["end"][0]), person) if TWO in found else {})


def _personal(settings: RiskSettings, found: Columns, end: str, person: Mapping[str, Any]) -> Columns:
    """The band of route 2 of its members, each turned to the person."""
    contrasts = library.contrasts()
    groups = {name: group for name, group in person.items() if name in contrasts}
    curves = {f"{TWO}.{curve.name}": curve for curve in settings.curves}
    members = {
        name: personal(curve, LEVEL, found[name], groups, contrasts) for name, curve in curves.items() if name in found
    }
    stacked = np.stack(list(members.values()))
    central = members[f"{TWO}.{CENTRAL[end]}"]
    return {TWO: central, f"{TWO}_low": stacked.min(axis=0), f"{TWO}_high": stacked.max(axis=0)}


def _spread(settings: RiskSettings, impact: Impact, rows: Columns, person: Mapping[str, Any]) -> Row:
    """5 and 95 % of both routes over the samples; None where too few of them count."""
    risks = person_risks(settings, impact, rows, person)
    found: Row = {}
    for name in ROUTES:
        values = np.where(rows["status"] == FAILED, np.nan, risks.get(name, np.nan))
        good = values[np.isfinite(values)]
        ends = np.quantile(good, SHARES).tolist() if len(good) >= LEAST * len(values) else (None, None)
        found |= {f"{name}_p05": ends[0], f"{name}_p95": ends[1]}
    return found


def _of(rows: Columns, vehicle: str) -> Columns:
    here = rows["vehicle"] == vehicle
    return {name: values[here] for name, values in rows.items()}


def _finite(risks: Columns, name: str) -> float | None:
    value = float(risks[name][0]) if name in risks else np.nan
    return value if np.isfinite(value) else None
