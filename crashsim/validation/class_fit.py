"""The laws of the classes, fitted to the wall tests; ``python -m crashsim.validation.class_fit FOLDER`` prints all of it.

Eight numbers for 79 tests: the stiffness per metre of width of five groups, the growth of the pickups' with the model year,
and what a tape finds of a crush (`crashsim.classes.Tape`; a body on a frame keeps all crush beyond the offset).  Least
squares, robust (soft L1), on the relative error of static crush and the logarithm of the displacements that were measured;
a law of few tests is drawn towards a like one (`LIKE`), as tests of a class that differs by `APART` would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.classes import DECADE, Tape, static_crush
from crashsim.validation.walls import Score, WallTest, column, leave_one_out, naive, score, wall_tests

Floats = NDArray[np.float64]

CAR, MINICAR, PICKUP, FULL_SIZE, KEI_VAN = "car", "minicar", "pickup", "full-size-pickup", "kei-van"
LAWS: Final = (CAR, MINICAR, PICKUP, FULL_SIZE, KEI_VAN)
ON_FRAME: Final = (PICKUP, FULL_SIZE)
REFERENCE: Final = 2013.0  # model year to which pickups grew stiffer; later tests show no more of it
SOFT: Final = 0.1  # error from which a test counts less than its square
LIKE: Final = {MINICAR: CAR, KEI_VAN: CAR, PICKUP: FULL_SIZE}  # laws of few tests are drawn towards those of many
APART: Final = 0.25  # how far two of them are apart: standard deviation of the logarithm of their ratio (tag J)
GROUPS: Final = ("small cars", "cars", "pickups")
START: Final = np.array([log(5e5)] * len(LAWS) + [0.1, 0.8, 0.1])
LOW: Final = np.array([log(1e5)] * len(LAWS) + [-0.5, 0.3, 0.0])
HIGH: Final = np.array([log(4e6)] * len(LAWS) + [0.5, 1.0, 0.2])


def law_of(name: str) -> str:
    """Which of the laws a class has: all cars but the minicars, kei cars among them, share one."""
    return name if name in LAWS else CAR


@dataclass(frozen=True)
class Fit:
    """What was fitted: logarithms of the stiffness per metre of width by law [N/m^2], logarithm of the pickups' growth in ten years,
    the share of a car's tape and the offset of all [m].
    """

    numbers: Floats

    @property
    def stiffness(self) -> dict[str, float]:
        """Stiffness per metre of width [N/m^2] in the reference year and after, by law."""
        return {law: exp(self.numbers[i]) for i, law in enumerate(LAWS)}

    @property
    def trend(self) -> float:
        """Growth of the pickups' stiffness in ten model years, as a share."""
        return exp(self.numbers[-3]) - 1.0

    def tape(self, law: str) -> Tape:
        """The tape of a law; its scatter is not part of the fit."""
        return Tape(1.0 if law in ON_FRAME else float(self.numbers[-2]), float(self.numbers[-1]), 1.0)


def fit(tests: Sequence[WallTest]) -> Fit:
    """Fit the laws to tests; a law without a test becomes the one that it is like."""
    from scipy.optimize import least_squares

    crush, moved = column(tests, "crush"), column(tests, "displacement")
    known = np.isfinite(moved)

    def errors(numbers: Floats) -> Floats:
        dynamic, static = _predicted(numbers, tests)
        apart = [numbers[LAWS.index(law)] - numbers[LAWS.index(other)] for law, other in LIKE.items()]
        pull = (SOFT / APART) * np.array(apart)
        return np.concatenate([static / crush - 1.0, np.log(dynamic[known] / moved[known]), pull])

    found = least_squares(errors, START, bounds=(LOW, HIGH), loss="soft_l1", f_scale=SOFT, x_scale=0.1)
    return Fit(np.asarray(found.x))


def dynamic_crush(found: Fit, tests: Sequence[WallTest]) -> Floats:
    """Dynamic crush [m]: ``v sqrt(m / k)``; no test reaches the end of its class's crush space."""
    return _predicted(found.numbers, tests)[0]


def predict(known: Sequence[WallTest], asked: Sequence[WallTest]) -> Floats:
    """Static crush [m] of tests by the laws that others fit."""
    return _predicted(fit(known).numbers, asked)[1]


def _predicted(numbers: Floats, tests: Sequence[WallTest]) -> tuple[Floats, Floats]:
    """Dynamic and static crush [m]."""
    laws = [law_of(test.vehicle_class) for test in tests]
    on_frame = np.array([law in ON_FRAME for law in laws])
    years = np.minimum(column(tests, "year"), REFERENCE) - REFERENCE
    growth = np.where(on_frame, numbers[-3] * years / DECADE, 0.0)
    k = np.exp(numbers[[LAWS.index(law) for law in laws]] + growth) * column(tests, "width")
    dynamic = column(tests, "speed") * np.sqrt(column(tests, "mass") / k)
    share = np.where(on_frame, 1.0, numbers[-2])
    return dynamic, share * static_crush(Tape(1.0, float(numbers[-1]), 1.0), dynamic)


# ---- how good it is --------------------------------------------------------------------------------------------------


def standard_errors(tests: Sequence[WallTest]) -> Floats:
    """Standard errors of the numbers of `Fit`, by leaving out one test at a time (jackknife)."""
    all_but_one = np.array([fit([*tests[:i], *tests[i + 1 :]]).numbers for i in range(len(tests))])
    return np.asarray(np.sqrt((len(tests) - 1) * np.var(all_but_one, axis=0)))


def scores(tests: Sequence[WallTest]) -> dict[str, dict[str, Score]]:
    """By group: this model and the naive guess, in-sample, each test left out, and each model left out."""
    crush = column(tests, "crush")
    of = {
        "fitted": predict(tests, tests),
        "left out": leave_one_out(tests, predict),
        "model left out": leave_one_out(tests, predict, whole_model=True),
    }
    judged = [test for test in tests if test.group in GROUPS]
    guess = {"naive": naive(judged, judged), "naive, left out": leave_one_out(judged, naive)}
    found: dict[str, dict[str, Score]] = {}
    for group in GROUPS:
        here, there = (np.array([t.group == group for t in part]) for part in (tests, judged))
        found[group] = {name: score(p[here], crush[here]) for name, p in of.items()}
        found[group] |= {name: score(p[there], column(judged, "crush")[there]) for name, p in guess.items()}
    return found


def robust_deviation(values: Floats) -> float:
    """Standard deviation of a normal distribution with the same median absolute deviation."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def scatter(tests: Sequence[WallTest], found: Fit) -> dict[str, float]:
    """Robust standard deviations of logarithms: displacement about its law, and static crush about the tape's."""
    tests = [test for test in tests if np.isfinite(test.displacement)]
    moved, crush = column(tests, "displacement"), column(tests, "crush")
    tape = np.array([static_crush(found.tape(law_of(t.vehicle_class)), t.displacement) for t in tests])
    return {
        "displacement": robust_deviation(np.log(moved / dynamic_crush(found, tests))),
        "tape": robust_deviation(np.log(crush / tape)),
    }


def coverage(tests: Sequence[WallTest], found: Fit, spread: float, tape_scatter: float, sigmas: float) -> float:
    """Share of the tests within ``sigmas`` of the predicted static crush: spread of the class and scatter of the tape together.

    A factor f on all forces moves dynamic crush by ``f^-1/2``, and so the logarithm of static crush by x / (2 (x - offset)).
    """
    dynamic, static = _predicted(found.numbers, tests)
    amplified = 0.5 * dynamic / (dynamic - found.tape(CAR).offset)
    deviation = np.hypot(amplified * log(spread), log(tape_scatter))
    return float(np.mean(np.abs(np.log(column(tests, "crush") / static)) < sigmas * deviation))


def report(folder: Path) -> str:
    """The fit, its errors and the tests that were left out or changed, as text."""
    tests, left_out = wall_tests(folder)
    found, errors = fit(tests), standard_errors(tests)
    lines = [f"{len(tests)} tests; static = {found.tape(CAR).share:.3f} (+- {errors[-2]:.3f}; on a frame 1) x (dynamic - "
             f"{found.tape(CAR).offset:.3f} m (+- {errors[-1]:.3f}))"]  # fmt: skip
    lines += [
        f"{law:17} {k / 1e3:6.0f} kN/m^2, +- {e:.1%}"
        for (law, k), e in zip(found.stiffness.items(), errors, strict=False)
    ]
    lines += [f"pickups {found.trend:+.1%} in ten model years to {REFERENCE:.0f}, +- {errors[-3]:.1%}"]
    for group, row in scores(tests).items():
        lines += [f"{group} (n {sum(t.group == group for t in tests)})"]
        lines += [f"  {name:16} mean absolute error {s.size:6.1%}, bias {s.bias:+6.1%}" for name, s in row.items()]
    lines += [f"scatter: {scatter(tests, found)}"]
    lines += [f"{t.number} {t.model}: {note}" for t in tests for note in t.notes]
    return "\n".join(lines + [f"{number} left out: {why}" for number, why in left_out.items()])


if __name__ == "__main__":
    import sys

    sys.stdout.write(report(Path(sys.argv[1])) + "\n")
