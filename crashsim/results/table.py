"""What a study found: one row per case and vehicle under names, units and labels; pulses for the named cases.

Everything is SI inside.  Outputs only read this; nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crashsim import units
from crashsim.criteria import METRICS, RISKS
from crashsim.errors import CrashsimError, did_you_mean
from crashsim.results.grid import Grid, gridded
from crashsim.results.lazy import ParquetColumns
from crashsim.results.selection import count, matching, picked

if TYPE_CHECKING:
    from types import NotImplementedType

Array = NDArray[Any]

OK, BEYOND_MODEL, FAILED = "ok", "beyond_model", "failed"


@dataclass(frozen=True)
class Column:
    """One quantity over rows, with its unit and the labels of its rows; ``np.asarray(column)`` gives the numbers."""

    name: str
    values: Array
    dimension: str
    labels: Mapping[str, Array]
    label_dimensions: Mapping[str, str] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """SI unit of ``values``; empty for ratios and texts."""
        return units.si_unit(self.dimension)

    def to(self, unit: str) -> Array:
        """The numbers in another unit of the same dimension: ``column.to("mph")``."""
        return np.asarray(units.to(self.values, unit, self.dimension))

    def sel(self, **labels: object) -> Column:
        """The rows that carry these labels: ``sel(vehicle="kei", impact="head-on")``; quantities as text or SI number."""
        rows = matching(self.labels, self.label_dimensions, labels)
        kept = picked(self.labels, rows)
        return Column(self.name, self.values[rows], self.dimension, kept, self.label_dimensions)

    def item(self) -> float | str:
        """The only value; an error when there are several or none."""
        if self.values.size != 1:
            raise CrashsimError(f"{self.name} has {self.values.size} rows here, not one; select further")
        value = self.values.item()
        return value if isinstance(value, str) else float(value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values.tolist())

    def __repr__(self) -> str:
        shown = np.array2string(self.values, threshold=6, precision=6)
        return f"<{self.name} [{self.unit or '-'}] {shown}>"

    def __eq__(self, other: object) -> bool | NotImplementedType:
        if not isinstance(other, Column):
            return NotImplemented
        return self.name == other.name and np.array_equal(self.values, other.values)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Pulse:
    """Histories of a named case on one time grid; vehicle arrays have shape (2, times).

    Signs are those of SAE J211 in each vehicle's own axes: +x forward, so a frontal pulse is negative.

    Attributes
    ----------
    time : array
        [s], from first contact on.
    acceleration, velocity : arrays (2, times)
        Of the compartment [m/s^2], [m/s].
    crush : array (2, times)
        Of the loaded end [m].
    force, engine_force : arrays (times,)
        Between the two structures, and between the two engines [N].
    chest_acceleration, head_acceleration, belt_force : arrays (2, times)
        Of the occupant [m/s^2], [N]; NaN where there is none.
    """

    name: str
    impact: str
    vehicles: tuple[str, str]
    time: Array
    acceleration: Array
    velocity: Array
    crush: Array
    force: Array
    engine_force: Array
    chest_acceleration: Array
    head_acceleration: Array
    belt_force: Array
    status: str = OK


@dataclass(frozen=True)
class Results:
    """Rows of a study.

    Attributes
    ----------
    columns : mapping
        Equal-length arrays by name: labels (impact, case, vehicle, partner, end, status), the swept paths, the metrics of
        ``criteria.METRICS``, and risks (``risk_mais3plus``, ``risk1_joint_ais3plus``, their ``_low`` and ``_high``, ...).
    dimensions : mapping
        Dimension of each numeric column ("" for labels and flags).
    pulses : sequence of Pulse
        Histories of the named cases.
    meta : mapping
        Study, resolved inputs, versions, warnings: what the manifest holds.
    bands : Results, optional
        Where numbers of the study are distributions: a row for each point of a grid and vehicle with ``NAME.mean``, ``.sd``,
        ``.min``, ``.max``, ``.p05``, ``.p25``, ``.p50``, ``.p75``, ``.p95`` over the samples, how many of them count
        (``NAME.count``) and how many are ``ok``, ``beyond_model`` and ``failed``.
    samples : Results, optional
        The rows of all samples with the numbers drawn, unless they are too many; ``case`` counts points of the grid and
        samples, the samples innermost.
    totals, histograms : Results, optional
        Of a large run, the same statistics over all cases of each impact, whatever is swept or drawn, and the counts of each
        quantity in bins of 1/256 of itself.
    """

    columns: Mapping[str, Array]
    dimensions: Mapping[str, str]
    pulses: Sequence[Pulse] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    bands: Results | None = None
    samples: Results | None = None
    totals: Results | None = None
    histograms: Results | None = None

    LABELS = ("impact", "case", "vehicle", "partner", "end", "status", "bumpers_miss", "overridden", "slid_past")

    def __getitem__(self, name: str) -> Column:
        if name not in self.columns:
            raise CrashsimError(f"no column {units.echo(name)}{did_you_mean(name, self.columns)}")
        return Column(name, self.columns[name], self.dimensions.get(name, ""), self.labels, self.dimensions)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return count(self.columns)

    @property
    def labels(self) -> Mapping[str, Array]:
        """The columns that name a row: labels and swept paths."""
        swept = {path for impact in self.meta["impacts"].values() for axis in impact["axes"] for path in axis}
        names = [name for name in self.columns if name in self.LABELS or name in swept]
        if isinstance(self.columns, ParquetColumns):
            return self.columns.only(names)
        return {name: self.columns[name] for name in names}

    @property
    def axes(self) -> dict[str, list[list[str]]]:
        """Swept paths of each impact: one list per axis."""
        return {name: impact["axes"] for name, impact in self.meta["impacts"].items()}

    def sel(self, **labels: object) -> Results:
        """The rows that carry these labels."""
        return self.where(matching(self.labels, self.dimensions, labels))

    def where(self, rows: Array) -> Results:
        """The rows of a boolean mask, or those at the places given."""
        return replace(self, columns=picked(self.columns, rows))

    def grid(self, name: str, impact: str | None = None, vehicle: str | None = None) -> Grid:
        """A column of one vehicle in one impact, shaped by what is swept: ``grid("delta_v", "head-on", "kei")``.

        Shape: the lengths of the axes as the study writes them, the samples last where the rows are those of samples.  Of a large
        dataset only this column and three labels are read.  ``impact`` and ``vehicle`` may be left out where there is one.

        Raises CrashsimError for an unknown name, and when rows of the impact are not here (some were selected, or only a sample
        of them is stored).
        """
        return gridded(self, name, impact, vehicle)

    def to_table(self, system: str = "si") -> dict[str, Array]:
        """Columns for a spreadsheet: units in the headers, in the display units of a system (``si`` or ``us``)."""
        table: dict[str, Array] = {}
        for name, values in self.columns.items():
            dimension = self.dimensions.get(name, "")
            unit = units.display_unit(dimension, system) if dimension else ""
            header = f"{name} [{unit}]" if unit else name
            table[header] = np.asarray(units.to(values, unit, dimension)) if unit else values
        return table

    def save(self, folder: str | Path) -> Path:
        """Write ``summary.csv``, ``results.parquet``, ``pulses.nc`` and ``manifest.json`` into a new folder; returns it."""
        from crashsim.results import files

        return files.save(self, Path(folder))


def label(name: str) -> str:
    """Words for a column: the metric's label, or the name itself."""
    known = METRICS | RISKS
    return known[name].label if name in known else name
