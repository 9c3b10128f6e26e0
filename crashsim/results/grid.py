"""A column shaped by what is swept: one number at each point of the grid, or at each point and sample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crashsim import units
from crashsim.errors import CrashsimError

if TYPE_CHECKING:
    from crashsim.results.table import Results

SAMPLE = "sample"


@dataclass(frozen=True)
class Grid:
    """One quantity of one vehicle over the axes of an impact; ``np.asarray(grid)`` gives the numbers.

    Attributes
    ----------
    name, dimension :
        Of the quantity.
    values : array
        SI; one dimension for each axis as the study writes them, then the samples where there are any.
    dims : tuple of str
        A name for each dimension: the (first) path of an axis, and ``sample``.
    coords : mapping
        By swept path, the dimension that it runs along and its values [SI]; paths that walk together share a dimension.
    """

    name: str
    dimension: str
    values: NDArray[Any]
    dims: tuple[str, ...]
    coords: Mapping[str, tuple[str, NDArray[np.float64]]]

    @property
    def unit(self) -> str:
        """SI unit of ``values``; empty for ratios and texts."""
        return units.si_unit(self.dimension)

    def to(self, unit: str) -> NDArray[Any]:
        """The numbers in another unit of the same dimension: ``grid.to("mph")``."""
        return np.asarray(units.to(self.values, unit, self.dimension))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.values, dtype=dtype, copy=copy)


def gridded(results: Results, name: str, impact: str | None, vehicle: str | None) -> Grid:
    """A column of ``results`` as a grid: `Results.grid`."""
    impacts = results.meta["impacts"]
    if impact is None and len(impacts) > 1:
        raise CrashsimError(f"grid: which impact? (known: {', '.join(impacts)})")
    impact = next(iter(impacts)) if impact is None else impact
    wanted = {"impact": impact} | ({} if vehicle is None else {"vehicle": vehicle})
    rows = results.sel(**wanted)
    about = impacts[impact]
    shape = [len(values) for values in about["values"]]
    dims = [paths[0] for paths in about["axes"]]
    cases = np.asarray(rows.columns["case"])
    if vehicle is None and len(cases) > 1 and (cases[0] == cases[1:]).any():
        raise CrashsimError(f"grid: which vehicle? (known: {', '.join(about['between'])})")
    if len(cases) == math.prod(shape) * about["samples"] and about["samples"] > 1:
        shape, dims = [*shape, about["samples"]], [*dims, SAMPLE]
    order = np.argsort(cases, kind="stable")
    if not np.array_equal(cases[order], np.arange(math.prod(shape))):
        raise CrashsimError(
            f"grid: {len(cases):,} rows of {impact} are here, expected all {math.prod(shape):,} points of its grid, or that many "
            f"times its {about['samples']:,} samples; take what there is with sel"
        )
    coords = {path: (paths[0], np.asarray(values, dtype=float)[:, j])
              for paths, values in zip(about["axes"], about["values"], strict=True) for j, path in enumerate(paths)}  # fmt: skip
    column = rows[name]
    return Grid(name, column.dimension, column.values[order].reshape(shape), tuple(dims), coords)
