"""The evidence as text: a table for the terminal, CSV, and a page with every row, its verdict and what it is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Final

from crashsim import units
from crashsim.results.cells import write_csv
from crashsim.units import format_quantity
from crashsim.validation import evidence
from crashsim.validation.credibility import CLAIMS
from crashsim.validation.naive import STATIC_SHARE
from crashsim.validation.records import BAND, DIFFERENCE, EITHER, FACTOR, OUTSIDE, RANGE, REPORTED, WITHIN, Case, Row

HEADS: Final = ("quantity", "measured", "predicted (5 to 95 %)", "error", "naive error", "tolerance", "verdict")
COLUMNS: Final = (
    "case", "quantity", "unit", "measured", "measured_low", "measured_high", "predicted", "predicted_low", "predicted_high", "naive",
    "error_kind", "error", "naive_error", "tolerance", "verdict", "basis",
)  # fmt: skip
MARKS: Final = {WITHIN: "within", OUTSIDE: "**outside**", REPORTED: "reported"}
COMMAND: Final = """\
```
crashsim validation [--data DIR] [--out DIR] [--short] [--force] [--markdown]
```

It writes `report.md` (this page with figures), `table.csv` (every row, with its unit) and `figures/` into `runs/validation-HASH` or the folder
of `--out`, and never over anything else. The measured figures ship with crashsim as short tables (`crashsim/data/measured`), so that everybody
gets the same rows; with `--data` the raw signals of a folder are read instead, and the class laws are refitted with each test left out.
`--short` leaves out refits and figures.
"""
READING: Final = """\
Every row is one measured quantity. **Error** is that of the prediction, **naive error** that of a guess anybody could make: constant
deceleration, the median of the class of vehicle (`v^2 / 2c`), times {share} where a dynamic crush is wanted; equal shares where it is
about momentum; Wang's curve over delta-v where it is about injuries. Errors are predicted over measured less one; `x` is the ratio itself; `inside` means inside a measured range; a
tolerance with `±` is met by the factor, or within two standard errors of what was measured. The band of a
prediction spans 5 to 95 % of what vehicles of a class do, and for static crush also the scatter of static over dynamic crush. A verdict of *reported*
has no tolerance. *Fitted to it*: the model was adjusted to this very figure, so that agreement shows the shape of the law and no more;
*among those fitted*: it was one of many; *in the sample fitted, this one left out*: the model was adjusted to all others of the sample; *not
fitted*: the model had not seen it.
"""


# ---- one row ---------------------------------------------------------------------------------------------------------


def cells(row: Row) -> tuple[str, ...]:
    """A row in words, under `HEADS`."""
    return (row.quantity, _measured(row), _predicted(row), _error(row, row.error), _error(row, row.naive_error), _tolerance(row),
            row.verdict)  # fmt: skip


def _shown(row: Row, value: float) -> str:
    if row.kind == EITHER:
        return f"{100.0 * value:.3g} %"
    if row.dimension == "ratio" and row.kind == DIFFERENCE:
        return f"{100.0 * value:.1f} %"
    if row.kind == DIFFERENCE and row.dimension == "number":
        return f"{value:.2f}"
    return format_quantity(value, row.dimension, "si")


def _span(row: Row, low: float, high: float) -> str:
    """Two ends with their unit once: ``20 to 49.5 cm``."""
    text = _shown(row, high)
    unit = units.display_unit(row.dimension, "si")
    return f"{_shown(row, low).removesuffix(unit).strip()} to {text}"


def _measured(row: Row) -> str:
    if row.kind == RANGE:
        return _span(row, *row.span)
    if row.kind == EITHER:
        return f"{100.0 * row.measured:.3g} ± {50.0 * (row.span[1] - row.span[0]):.2g} %"
    return "-" if row.kind == DIFFERENCE and row.measured == 0.0 else _shown(row, row.measured)


def _predicted(row: Row) -> str:
    band = f" ({_span(row, row.low, row.high)})" if isfinite(row.low) else ""
    return _shown(row, row.predicted) + band


def _error(row: Row, error: float) -> str:
    if not isfinite(error):
        return "-"
    if row.kind in (FACTOR, EITHER):
        return f"x {error:.2f}"
    if row.kind == DIFFERENCE:
        return f"{'+' if error >= 0.0 else '-'}{_shown(row, abs(error))}"
    if row.kind == RANGE and error == 0.0:
        return "inside"
    return f"{100.0 * error:+.0f} %"


def _tolerance(row: Row) -> str:
    if row.kind == BAND:
        return "its band"
    if not isfinite(row.limit):
        return "-"
    if row.kind == RANGE:
        return "inside"
    if row.kind in (FACTOR, EITHER):
        return f"x {row.limit:g}" + " or ±" * (row.kind == EITHER)
    return _shown(row, row.limit) if row.kind == DIFFERENCE else f"{100.0 * row.limit:.0f} %"


# ---- tables ----------------------------------------------------------------------------------------------------------


def summary(cases: Sequence[Case]) -> str:
    """What a terminal shows: a line for each case, then every row that is outside."""
    lines = [_counted(cases), ""]
    width = max(len(case.name) for case in cases)
    for case in cases:
        within, outside, reported = evidence.judged(case.rows)
        lines.append(
            f"{case.name.ljust(width)}  {within:3d} within  {outside:3d} outside  {reported:3d} reported  {case.title}"
        )
    bad = [row for row in evidence.rows(cases) if row.verdict == OUTSIDE]
    lines += ["", "outside:"] if bad else []
    for row in bad:
        lines.append(f"  {row.case}: {row.quantity}: measured {_measured(row)}, predicted {_predicted(row)}, {_error(row, row.error)} "
                     f"(tolerance {_tolerance(row)}, naive {_error(row, row.naive_error)})")  # fmt: skip
    return "\n".join(lines)


def _counted(cases: Sequence[Case]) -> str:
    within, outside, reported = evidence.judged(evidence.rows(cases))
    return f"{within + outside + reported} measured quantities: {within} within tolerance, {outside} outside, {reported} reported only"


def write_table(cases: Sequence[Case], path: Path) -> None:
    """Every row as CSV, numbers in the unit of its column ``unit``."""
    rows = (_numbers(row) for row in evidence.rows(cases))
    write_csv(path, chain([COLUMNS], ([row[name] for name in COLUMNS] for row in rows)))


def _numbers(row: Row) -> Mapping[str, str]:
    unit = units.display_unit(row.dimension, "si")

    def shown(value: float) -> str:
        return f"{units.to(value, unit, row.dimension):.6g}" if isfinite(value) else ""

    def plain(value: float) -> str:
        if row.kind == DIFFERENCE:
            return shown(value)
        return f"{value:.6g}" if isfinite(value) else ""

    return {
        "case": row.case, "quantity": row.quantity, "unit": unit, "measured": shown(row.measured),
        "measured_low": shown(row.span[0]), "measured_high": shown(row.span[1]), "predicted": shown(row.predicted),
        "predicted_low": shown(row.low), "predicted_high": shown(row.high), "naive": shown(row.naive), "error_kind": row.kind,
        "error": plain(row.error), "naive_error": plain(row.naive_error), "tolerance": plain(row.limit), "verdict": row.verdict,
        "basis": row.basis,
    }  # fmt: skip


# ---- the page --------------------------------------------------------------------------------------------------------


def page(cases: Sequence[Case], figures: Mapping[str, Sequence[str]] | None = None) -> str:
    """The page of the docs: what was compared, how far one may trust it, and every row; with figures the report."""
    return (
        "\n".join(
            [*_top(cases), *(line for case in cases for line in _section(case, (figures or {}).get(case.name, ())))]
        )
        + "\n"
    )


def _top(cases: Sequence[Case]) -> Iterator[str]:
    yield "# Validation: measured crashes\n"
    yield (f"The model beside what was measured; every number here is rebuilt by one command. **{_counted(cases)}.**\n")
    yield COMMAND
    yield READING.format(share=STATIC_SHARE)
    yield "## How far one may trust it\n"
    yield from _markdown(
        ("what the model says", "held against", "within / outside / reported", "how far it goes"), _claims(cases)
    )


def _claims(cases: Sequence[Case]) -> Iterator[tuple[str, ...]]:
    for claim in CLAIMS:
        own = [row for row in evidence.rows(cases) if claim.holds(row)]
        counts = " / ".join(map(str, evidence.judged(own))) if own else "-"
        names = f"{', '.join(claim.cases)}: " if claim.cases else ""
        yield claim.what, names + claim.on, counts, claim.trust


def _section(case: Case, figures: Sequence[str]) -> Iterator[str]:
    yield f"## {case.name}: {case.title}\n"
    for basis in dict.fromkeys(row.basis for row in case.rows):
        yield f"{basis[0].upper()}{basis[1:]}:\n"
        own = [row for row in case.rows if row.basis == basis]
        yield from _markdown(HEADS, ((*cells(row)[:-1], MARKS[row.verdict]) for row in own))
    for note in case.notes:
        yield f"{note}\n"
    for figure in figures:
        yield f"![{case.title}]({figure})\n"
    yield f"Source: {case.source}\n"


def _markdown(heads: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
    yield ""
