"""How far one may trust what the model says: claims, and the measured cases that each was held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crashsim.validation.records import Row


@dataclass(frozen=True)
class Claim:
    """Something the model says, the cases that it was held against, and how far it may be trusted.

    ``law``: of the rows of C1 those of this law alone; all when left out.
    """

    what: str
    cases: tuple[str, ...]
    on: str
    trust: str
    law: tuple[str, ...] = ()

    def holds(self, row: Row) -> bool:
        """Whether a row is one that it was held against."""
        return row.case in self.cases and (row.case != "C1" or row.quantity.endswith(self.law or ("",)))


CLAIMS: Final = (
    Claim("Delta-v of two vehicles that lock together", ("momentum",), "car against SUV, two oblique tests: ratio of both",
          "Momentum decides it. To a few percent, given masses and speeds; restitution adds 5 to 15 %."),
    Claim("Pulse of a vehicle with its own measured curve", ("C1",), "2018 Camry, 57 km/h, the test it was fitted to",
          "Velocity and crush of that impact to a few percent; other speeds and partners were not measured.", ("library", "crashsim fit")),
    Claim("Pulse of a vehicle known by its class", ("C1", "C9"), "2018 Camry; quantiles of 692 wall tests, 40 and 56 km/h",
          "Crush and peak within the class's band. One smooth hump: no spikes, no engine blow.", ("class law",)),
    Claim("Static crush at a full-width wall, by class", ("C3", "C4", "C5", "C6", "C7", "C8"), "wall tests, 23 to 64 km/h, 1979 to 2025",
          "A vehicle of 1990 or later: half are within 10 %, nine in ten within 26 %, a few 50 % and more off. Kei cars rest on one car and one van."),
    Claim("Dummies in a modern restraint", ("C2",), "two dummies of one test, the ones it was fitted to",
          "Ranking of pulses; absolute values only near 56 km/h and for that restraint."),
    Claim("Intrusion", ("C13",), "15 offset tests at 64 km/h",
          "Order of magnitude (centimetres or decimetres). The compartment is judgement; good and poor designs of a class are not told apart."),
    Claim("Duration of real crash pulses", ("C17",), "9 recorded crashes",
          "From 10 to 20 km/h to about a third. Above 70 km/h a third to two thirds too short: do not use it there."),
    Claim("Override, small overlap, side and rear", (), "nothing measured on the line of impact",
          "Declared heuristics. Sweep them; do not quote a number."),
    Claim("Injury risk over delta-v, belted, frontal", ("C14",), "national shares of MAIS3+ by delta-v, 1997 to 2008, no crash of Wang's sample",
          "Wang's curve and the weighted mean to a factor of 1.5 or the field's own errors, which are wide above 50 km/h. Older published "
          "curves are two to eight times too high below 65 km/h. Beyond 80 km/h recorded nobody knows."),
    Claim("Injury risk of those who wore no belt", ("C14",), "the same sample",
          "Curves of all belt states are far too low; only the sample's own curve fits, with each bin left out of it."),
    Claim("Who is hurt more, by the ratio of the masses", ("C15", "C16"), "front-to-front crashes; 36 of a small car with a pickup",
          "Exponent of the mass ratio within the field's errors. What a light truck adds beyond mass is not in any curve over delta-v: "
          "unbelted drivers of small cars against pickups were injured twice as often as expected."),
    Claim("Kei cars at low delta-v", ("kei cars",), "Japanese in-depth sample, mean 28.6 km/h, no difference found",
          "Consistent, and weak: the sample could not have told a ratio below about two."),
)  # fmt: skip
