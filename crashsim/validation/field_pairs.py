"""C15: how much more often the driver of the lighter vehicle is injured, by the ratio of the masses.

The field's exponent is that of crashes with exactly one injured driver: odds that it is the lighter's = mu^u.  A curve over delta-v
predicts it from masses and closing speed alone, over the field's own closing speeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.config import library
from crashsim.momentum import delta_v
from crashsim.risk import RiskCurve
from crashsim.validation.field import CENTRAL, OWN, ensemble, risk
from crashsim.validation.field_crashes import CLOSING, truck_factors
from crashsim.validation.field_data import arrays, of, pairs
from crashsim.validation.measured import Record, source, table
from crashsim.validation.records import AMONG, DIFFERENCE, FACTOR, PREDICTED, Case, Row

Floats = NDArray[np.float64]
Risk = Callable[[Floats], Floats]  # MAIS3+ by recorded delta-v [m/s]

ERRORS: Final = 2.0  # standard errors of the field's exponent that are within tolerance
CURVES: Final = ("malliaris-1997-zero", "malliaris-1997-one-frontal")
TRUCK: Final = "factor on the odds with a light truck as partner beyond mass"
IN_SAMPLE: Final = ("nass-1997-2008-belted", "nass-1997-2008-belted-unweighted")
SPEEDS: Final = np.asarray(np.linspace(20.0, 140.0, 25) / 3.6, np.float64)  # m/s, closing as recorded, for the figure


def case(data: Path | None = None) -> Case:
    """Exponents by the published curves and by crashsim's own, beside those of the field; and what a light truck adds."""
    records = pairs(data)
    curves = library.risk_curves()
    fits = table("field-exponents")
    found = predictions(curves)
    cells = of(records, drivers="both belted")
    (field,) = of(fits, drivers="both belted", outcome="mais3")
    naive = exponent(cells, found[CENTRAL])
    rows = []
    for name, words, basis, limit in _listed(curves):
        value = exponent(cells, found[name])
        rows.append(
            _row(
                f"exponent of MAIS3+, both belted: {words}",
                field,
                value,
                basis,
                limit,
                nan if name == CENTRAL else naive,
            )
        )
    for name in (CENTRAL, "mean"):
        words = f"{_title(curves, name)}, speeds of the crashes with one injured driver"
        value = exponent(cells, found[name], injured=True)
        rows.append(_row(f"exponent of MAIS3+, both belted: {words}", field, value, PREDICTED, ERRORS, naive))
    (every,) = of(fits, drivers="all", outcome="mais3")
    value = exponent(of(records, drivers="all"), found[CENTRAL])
    rows.append(_row(f"exponent of MAIS3+, all drivers: {_title(curves, CENTRAL)}", every, value, PREDICTED, nan, nan))
    rows += _truck(field, every)
    notes = (
        f"Closing speeds are the sums of both recorded delta-v of {sum(c['pairs'] for c in cells):,.0f} pairs with both drivers belted; "
        f"delta-v follows from masses. The field's exponent is that of {field['crashes']:.0f} crashes with exactly one driver injured, "
        f"{field['exponent']:.2f} ± {field['exponent_error']:.2f}; from the pairs with known delta-v it is {field_exponent(cells):.2f}. "
        "Tolerance: two standard errors.",
        "Counts are unweighted. A curve over recorded delta-v needs no correction here, since it takes the speeds as recorded; the "
        "closing-speed curve among the published ones takes corrected speeds.",
        "crashsim's own curves come from occupants among whom these drivers are: in-sample. A power law of the odds gives one exponent "
        "at all speeds, Wang's logistic curve one that grows with speed, so that a match over a mix of speeds proves little.",
        f"A light truck as partner adds to the odds beyond mass: {_told(field)} with both belted, {_told(every)} of all drivers, ± two "
        "standard errors, with age in the model. "
        f"The model's is that of a 1,500 kg car against a pickup of 2,000 kg over that against a car of 2,000 kg, closing at {3.6 * CLOSING * library.winsmash().nominal:.0f} km/h. By "
        "delta-v stiffness, overlap and height explain next to nothing of it; by dummy measures the stiffer front and the height explain "
        "about as much as the field has. Height and overlap are declared heuristics: an order of magnitude, no proof.",
    )
    shown: dict[str, Any] = {"cells": cells, "curves": curves, "risks": found, "fits": fits}
    shown["trucks"] = [row for row in rows if row.quantity.startswith(TRUCK)]
    return Case(
        "C15",
        "Lighter against heavier: the exponent of the mass ratio",
        source("field-pairs"),
        tuple(rows),
        notes,
        shown,
    )


def _listed(curves: Mapping[str, RiskCurve]) -> list[tuple[str, str, str, float]]:
    """Name, words, basis and tolerance [standard errors] of each curve."""
    published = [(name, _title(curves, name), PREDICTED, ERRORS) for name in (CENTRAL, "mean", *CURVES, "lubbe-2022")]
    return published + [(name, f"{_title(curves, name)} (in-sample)", AMONG, ERRORS) for name in IN_SAMPLE]


def _title(curves: Mapping[str, RiskCurve], name: str) -> str:
    return curves[name].title if name in curves else "mean of the published curves by their weights"


def _row(words: str, field: Record, value: float, basis: str, limit: float, naive: float) -> Row:
    return Row(
        "C15",
        words,
        "number",
        field["exponent"],
        value,
        basis,
        DIFFERENCE,
        limit=limit * field["exponent_error"],
        naive=naive,
    )


def _truck(field: Record, every: Record) -> list[Row]:
    """Odds that a light truck as partner adds beyond mass: in the field, by delta-v and by dummy measures."""
    factors = truck_factors()
    rows = []
    for settings, (by_delta_v, by_dummy) in factors.items():
        for words, value in (("by delta-v", by_delta_v), ("by dummy measures", by_dummy)):
            rows.append(Row("C15", f"{TRUCK}, both belted: {words}, {settings}", "number", float(np.exp(field["truck"])), value,
                            PREDICTED, FACTOR))  # fmt: skip
    alone = Row("C15", f"{TRUCK}, all drivers: by any curve over delta-v alone", "number", float(np.exp(every["truck"])), 1.0,
                PREDICTED, FACTOR)  # fmt: skip
    return [alone, *rows]


def _told(field: Record) -> str:
    middle, low, high = (np.exp(field["truck"] + q * field["truck_error"]) for q in (0.0, -2.0, 2.0))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def predictions(curves: Mapping[str, RiskCurve]) -> dict[str, Risk]:
    """What each curve makes of a recorded delta-v, and ``mean``, the ensemble of the published ones."""
    factor = library.winsmash().nominal
    names = (CENTRAL, *CURVES, "lubbe-2022", *IN_SAMPLE, *OWN.values())

    def by(name: str) -> Risk:
        return lambda recorded: risk(curves[name], recorded, factor=factor)

    return {
        **{name: by(name) for name in names},
        "mean": lambda recorded: ensemble(curves, recorded, belted=True, published=True, factor=factor),
    }


def exponent(cells: Sequence[Record], injury: Risk, *, injured: bool = False) -> float:
    """Exponent that a curve predicts for cells of mass ratio and closing speed, as the field's own is fitted.

    Each cell has its expected crashes with one injured driver, ``P1 (1 - P2) + P2 (1 - P1)`` of its pairs, and among them the share
    in which it is the lighter's; ``injured`` takes the crashes with one injured driver that were counted in the place of the expected.
    """
    ratio, closing, n, light, heavy = arrays(
        cells, "mass_ratio", "closing_speed", "pairs", "lighter_only", "heavier_only"
    )
    lighter, heavier = both(ratio, closing, injury)
    one, other = lighter * (1.0 - heavier), heavier * (1.0 - lighter)
    return conditional(np.log(ratio), one / (one + other), light + heavy if injured else n * (one + other))


def both(ratio: Floats, closing: Floats, injury: Risk) -> tuple[Floats, Floats]:
    """Risk of the driver of the lighter and of the heavier vehicle of each pair."""
    return injury(delta_v(1.0, ratio, closing)), injury(delta_v(ratio, 1.0, closing))


def conditional(log_ratio: Floats, share: Floats, number: Floats) -> float:
    """Exponent of largest likelihood, ``logit(share) = u log_ratio`` without intercept, by Newton's method."""
    u = 0.0
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-u * log_ratio))
        step = float((number * log_ratio * (share - p)).sum() / (number * log_ratio**2 * p * (1.0 - p)).sum())
        u += step
        if abs(step) < 1e-12:
            break
    return u


def field_exponent(cells: Sequence[Record]) -> float:
    """The field's own exponent from cells; it differs from that of the crashes by what the cells blur."""
    ratio, light, heavy = arrays(cells, "mass_ratio", "lighter_only", "heavier_only")
    return conditional(np.log(ratio), light / np.maximum(light + heavy, 1.0), light + heavy)
