"""What there is to show in Results: curves over closing speed, structural grids, named cases, words for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crashsim import units
from crashsim.cases import impact_mass
from crashsim.results import BEYOND_MODEL, FAILED, Results

Array = NDArray[Any]

COUNTED = 0.95  # share of the samples that must count where a band is shown: of the others nothing is known


@dataclass(frozen=True)
class SpeedCurve:
    """One vehicle of an impact over closing speed: rows sorted by it, and the values at which other axes are held.

    ``spread`` has, row by row, what the samples span; None where nothing is drawn.
    """

    impact: str
    vehicle: str
    partner: str
    end: str
    rows: Results
    held: Mapping[str, float]
    spread: Results | None = None

    def values(self, name: str) -> Array:
        """A column in SI; NaN where the case failed."""
        return np.where(self.failed, np.nan, self.rows.columns[name])

    def flags(self, name: str) -> NDArray[np.bool_]:
        """A column of flags."""
        return self.rows.columns[name].astype(bool)

    def band(self, name: str, unit: float = 1.0) -> tuple[Array, Array] | None:
        """The 5 and 95 % quantiles of a column over the samples, as multiples of ``unit`` [SI]; NaN where too few of them count.

        None where nothing is drawn.
        """
        if self.spread is None or f"{name}.p05" not in self.spread.columns:
            return None
        of = self.spread.columns
        counted = of[f"{name}.count"] >= COUNTED * of["cases"]
        low, high = (np.where(counted, of[f"{name}.{end}"], np.nan) / unit for end in ("p05", "p95"))
        return low, high

    def thinned(self, most: int = 400) -> SpeedCurve:
        """At most so many of the rows, evenly taken: a line needs no more, and files stay small."""
        if len(self.rows) <= most:
            return self
        few = np.unique(np.linspace(0, len(self.rows) - 1, most).astype(int))
        return replace(self, rows=self.rows.where(few), spread=self.spread and self.spread.where(few))

    @property
    def closing_speed(self) -> Array:
        """Closing speeds [m/s], rising."""
        return self.rows.columns["closing_speed"]

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """Where the case is beyond the model."""
        return np.asarray(self.rows.columns["status"] == BEYOND_MODEL)

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Where the case failed: nothing is to be drawn."""
        return np.asarray(self.rows.columns["status"] == FAILED)


def speed_curves(results: Results, impact: str) -> list[SpeedCurve]:
    """The vehicles of an impact over closing speed; empty when its speed is not swept.

    Further axes of a grid are held at the value that the study gives, or at the nearest on the axis.
    """
    about = results.meta["impacts"][impact]
    speed = next((i for i, paths in enumerate(about["axes"]) if any(p.startswith("speed.") for p in paths)), None)
    if speed is None:
        return []
    shape = [len(values) for values in about["values"]]
    at: list[Any] = [_nearest(about, axis) for axis in range(len(shape))]
    held = {path: about["values"][axis][at[axis]][j] for axis, paths in enumerate(about["axes"]) if axis != speed
            for j, path in enumerate(paths)}  # fmt: skip
    at[speed] = np.arange(shape[speed])
    wanted = np.ravel_multi_index(np.broadcast_arrays(*at), shape)
    here = (results.columns["impact"] == impact) & np.isin(results.columns["case"], wanted)
    curves = []
    for vehicle in vehicles_of(results, impact):
        rows = _by_speed(results.where(here & (results.columns["vehicle"] == vehicle)))
        if len(rows) > 1 and np.ptp(rows.columns["closing_speed"]) > 0.0:
            partner, end = (str(rows.columns[name][0]) for name in ("partner", "end"))
            curves.append(SpeedCurve(impact, vehicle, partner, end, rows, held, _spread(results, rows)))
    return curves


def _spread(results: Results, rows: Results) -> Results | None:
    """What the samples span at the cases of one impact and vehicle, in the order of its rows; None where nothing is drawn."""
    if results.bands is None:
        return None
    of = results.bands.columns
    here = np.flatnonzero((of["impact"] == rows.columns["impact"][0]) & (of["vehicle"] == rows.columns["vehicle"][0]))
    if not here.size:
        return None
    order = np.argsort(of["case"][here])
    return results.bands.where(here[order][np.searchsorted(of["case"][here][order], rows.columns["case"])])


def _nearest(about: Mapping[str, Any], axis: int) -> int:
    """Index on an axis of the value nearest to the one that the study gives outside its sweep."""
    given = about["numbers"][about["axes"][axis][0]]
    return int(np.argmin(np.abs(np.asarray(about["values"][axis])[:, 0] - given)))


def _by_speed(rows: Results) -> Results:
    order = np.argsort(rows.columns["closing_speed"], kind="stable")
    return rows.where(order)


def speed_impacts(results: Results) -> dict[str, list[SpeedCurve]]:
    """Every impact that has curves over closing speed."""
    found = {impact: speed_curves(results, impact) for impact in results.meta["impacts"]}
    return {impact: curves for impact, curves in found.items() if curves}


def structural_grid(results: Results, impact: str) -> tuple[str, list[str]] | None:
    """The vehicle whose structure an impact varies and the two paths of its grid; None when it is no such grid."""
    about = results.meta["impacts"][impact]
    paths = [axis[0] for axis in about["axes"]]
    if len(paths) != 2 or min(len(values) for values in about["values"]) < 2:
        return None
    owners = [owner(path, about["between"]) for path in paths]
    if owners[0] is None or owners[1] is None or not all(".front." in p or ".rear." in p for p in paths):
        return None
    return owners[0], paths


def vehicles_of(results: Results, impact: str) -> list[str]:
    """The vehicles of an impact that have results: both, or the one that meets a wall."""
    here = results.columns["impact"] == impact
    known = set(results.columns["vehicle"][here].tolist())
    return [v for v in results.meta["impacts"][impact]["between"] if v in known]


def named_rows(results: Results) -> Results:
    """The rows of all named cases."""
    rows = np.zeros(len(results), dtype=bool)
    for case in results.meta["named_cases"]:
        rows |= _is_case(results, case)
    return results.where(rows)


def case_rows(results: Results, name: str) -> Iterator[dict[str, Any]]:
    """The rows of a named case, one mapping of columns for each vehicle."""
    for case in results.meta["named_cases"]:
        if case["name"] == name:
            rows = results.where(_is_case(results, case)).columns
            for i in range(len(rows["case"])):
                yield {column: values[i].item() for column, values in rows.items()}


def _is_case(results: Results, case: Mapping[str, Any]) -> NDArray[np.bool_]:
    return np.asarray((results.columns["impact"] == case["impact"]) & (results.columns["case"] == case["index"]))


def at_case(rows: Results, impact: str, vehicle: str, case: int) -> dict[str, Any]:
    """The one row of a vehicle in a case of an impact, as a mapping of columns; of Results, or of what their samples span."""
    of = rows.columns
    (i,) = np.flatnonzero((of["impact"] == impact) & (of["case"] == case) & (of["vehicle"] == vehicle))
    return {column: values[i].item() for column, values in of.items()}


def case_numbers(results: Results, name: str) -> dict[str, float]:
    """Every input of a named case by path, SI: the impact's numbers with the swept ones in place."""
    case = next(c for c in results.meta["named_cases"] if c["name"] == name)
    about = results.meta["impacts"][case["impact"]]
    numbers = dict(about["numbers"])
    index = np.unravel_index(case["index"], [len(v) for v in about["values"]]) if about["values"] else ()
    for paths, values, i in zip(about["axes"], about["values"], index, strict=True):
        numbers.update(zip(paths, values[i], strict=True))
    return numbers


# ---- words -----------------------------------------------------------------------------------------------------------


def owner(path: str, vehicles: list[str]) -> str | None:
    """The vehicle that a path ``vehicles.NAME. ...`` belongs to."""
    return next((v for v in vehicles if path.startswith(f"vehicles.{v}.")), None)


def path_words(path: str, vehicles: list[str]) -> str:
    """A path as a reader says it: ``kei front crush space``."""
    if path.startswith("speed."):
        return f"speed of {path.removeprefix('speed.')}"
    name = owner(path, vehicles)
    if name is None:
        return path.replace("_", " ")
    return f"{name} {path.removeprefix(f'vehicles.{name}.').replace('.', ' ').replace('_', ' ')}"


def held_words(curve: SpeedCurve, system: str) -> str:
    """At what the other axes of a grid are held: ``kei mass 1,800 lb``; empty when the speed is the only axis."""
    about = curve.rows.meta["impacts"][curve.impact]
    dimension = {p: d for paths, ds in zip(about["axes"], about["dimensions"], strict=True)
                 for p, d in zip(paths, ds, strict=True)}  # fmt: skip
    return ", ".join(f"{path_words(path, about['between'])} {units.format_quantity(value, dimension[path], system)}"
                     for path, value in curve.held.items())  # fmt: skip


def vehicle_words(results: Results, vehicle: str, system: str, impact: str | None = None) -> str:
    """A vehicle with its impact mass, ``kei (1,800 lb)``; without it where the study varies the mass."""
    found = set()
    for name, about in results.meta["impacts"].items():
        if vehicle in about["between"] and impact in (None, name):
            prefix = f"vehicles.{vehicle}."
            decide = {prefix + name for name in ("mass", "curb_mass", "occupants")}
            swept = any(path in decide for paths in about["axes"] for path in paths)
            found.add(np.nan if swept else float(impact_mass(about["numbers"], vehicle)))
    mass = found.pop() if len(found) == 1 else np.nan
    return f"{vehicle} ({units.format_quantity(mass, 'mass', system)})" if np.isfinite(mass) else vehicle
