"""Ratings of ISO/TS 18571 against the scores of another implementation, closed forms and a slow twin.

STORED: scores of ``objective-rating-metrics`` 1.3 (Vehicle Safety Institute, TU Graz; MIT licence) for the signals below,
computed at 10 kHz without rounding.
"""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from numpy.typing import NDArray

from crashsim.rating import Rating, best_shift, rate, warp

Floats = NDArray[np.float64]

SHORT, LONG = np.arange(1001) * 1e-4, np.arange(1501) * 1e-4  # s


def half_sine(t: Floats, duration: float, peak: float = 1.0) -> Floats:
    return peak * np.where((t >= 0) & (t <= duration), np.sin(np.pi * np.clip(t, 0, duration) / duration), 0.0)


def ringing(t: Floats, peak: float, decay: float, period: float, delay: float = 0.0) -> Floats:
    return peak * np.exp(-t / decay) * np.cos(2 * np.pi * (t - delay) / period)


SIGNALS: dict[str, tuple[Floats, Floats]] = {
    "same": (half_sine(SHORT, 0.08), half_sine(SHORT, 0.08)),
    "scaled": (half_sine(SHORT, 0.08), 1.2 * half_sine(SHORT, 0.08)),
    "late": (half_sine(SHORT, 0.06), half_sine(SHORT - 0.008, 0.06)),
    "early": (half_sine(SHORT - 0.01, 0.06), 0.9 * half_sine(SHORT - 0.004, 0.06)),
    "haversine": (np.sin(np.pi * LONG / 0.1) ** 2 * (LONG < 0.1), half_sine(LONG, 0.1, 0.9)),
    "triangle": (np.interp(LONG, [0, 0.06, 0.12, 0.15], [0, 1, 0, 0]), half_sine(LONG, 0.11, 0.8)),
    "two humps": (
        half_sine(LONG, 0.1) + 0.3 * np.sin(2 * np.pi * LONG / 0.035) * (LONG < 0.105),
        np.interp(LONG, [0, 0.02, 0.07, 0.09, 0.15], [0, 0.6, 1.1, 0, 0]),
    ),
    "ringing": (ringing(LONG, 1.0, 0.05, 0.03), ringing(LONG, 0.8, 0.06, 0.032, 0.002)),
    "velocity": (15 * np.cos(np.pi * LONG / 0.15), 15 * np.cos(np.pi * LONG / 0.14)),
    "flat": (half_sine(LONG, 0.09), np.where(LONG < 0.1, 0.6, 0.0)),
    "opposite": (half_sine(LONG, 0.09), -half_sine(LONG, 0.05)),
    "far": (half_sine(LONG, 0.03), half_sine(LONG - 0.06, 0.03)),
    "rough": (half_sine(SHORT, 0.08) + 0.1 * np.sin(2 * np.pi * SHORT * 400), half_sine(SHORT, 0.085)),
}
# corridor, phase, magnitude, slope, overall
STORED = {
    "same": [1.0, 1.0, 1.0, 1.0, 1.0],
    "scaled": [0.749161, 1.0, 0.884384, 0.9, 0.856541],
    "late": [0.601503, 0.6004, 1.0, 1.0, 0.760681],
    "early": [0.691604, 0.7003, 0.952486, 0.95, 0.797199],
    "haversine": [0.830585, 1.0, 0.962712, 0.747183, 0.874213],
    "triangle": [0.864259, 0.830113, 0.935003, 0.807634, 0.860253],
    "two humps": [0.689413, 0.926716, 0.734297, 0.539372, 0.715842],
    "ringing": [0.562615, 0.120586, 0.623384, 0.664701, 0.50678],
    "velocity": [0.878719, 0.82012, 0.998334, 0.961246, 0.907428],
    "flat": [0.542276, 0.363757, 0.230198, 0.36668, 0.409037],
    "opposite": [0.45278, 0.000666, 0.0, 0.571015, 0.295448],
    "far": [0.651854, 0.003997, 0.0, 0.0, 0.261541],
    "rough": [0.862961, 0.875125, 0.883735, 0.503504, 0.797657],
}


@pytest.mark.parametrize("name", STORED)
def test_scores_of_the_other_implementation(name: str) -> None:
    found = rate(*SIGNALS[name])
    scores = [found.corridor, found.phase, found.magnitude, found.slope, found.overall]
    assert scores == pytest.approx(STORED[name], abs=1e-3)


def test_alike_is_one() -> None:
    found = rate(*SIGNALS["same"])
    assert [found.corridor, found.phase, found.magnitude, found.slope] == [1.0, 1.0, 1.0, 1.0]
    assert found.grade == "excellent"


def test_closed_forms() -> None:
    """A scaled signal keeps its shape: slope 1 - 0.2/2; one that is 80 samples late in 1,001 has phase 1 - 80/200.2."""
    scaled, late = rate(*SIGNALS["scaled"]), rate(*SIGNALS["late"])
    assert scaled.slope == pytest.approx(0.9, abs=1e-12)
    assert late.phase == pytest.approx(1 - 80 / 200.2, abs=1e-12)
    assert best_shift(*SIGNALS["late"]) == 80
    assert best_shift(*SIGNALS["late"][::-1]) == -80
    measured = np.append(np.ones(99), -1.0)
    off = np.where(np.arange(100) < 50, 0.2, 0.0)  # between the corridors (0.05 and 0.5) over half of the record
    assert rate(measured, measured + off).corridor == pytest.approx(0.5 + 0.5 * (0.3 / 0.45) ** 2, abs=1e-12)


def test_nothing_predicted() -> None:
    found = rate(half_sine(SHORT, 0.08), np.zeros(1001))
    assert (found.phase, found.magnitude, found.slope) == (1.0, 0.0, 0.5)


def test_grades() -> None:
    for overall, grade in ((0.95, "excellent"), (0.93, "good"), (0.81, "good"), (0.79, "fair"), (0.57, "poor")):
        assert Rating(overall, overall, overall, overall).grade == grade


def test_warping_is_the_cheapest_path() -> None:
    """Against a table filled cell by cell: the cost of the path found is the least there is in the band."""
    t = np.arange(60) / 60
    one, two = np.sin(7 * t**2) + 0.1 * np.cos(40 * t), np.sin(7 * (t - 0.03) ** 2)
    width = ceil(0.1 * len(t))
    cost = np.full((61, 61), np.inf)
    cost[0, 0] = 0.0
    for i in range(60):
        for j in range(60):
            if abs(i - j) < width:
                least = min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
                cost[i + 1, j + 1] = least + (one[i] - two[j]) ** 2
    warped = warp(one, two)
    assert ((warped[0] - warped[1]) ** 2).sum() == pytest.approx(cost[60, 60], rel=1e-12)
    assert ((one - two) ** 2).sum() > 1.2 * cost[60, 60]


@pytest.mark.parametrize(
    "measured, predicted, message",
    [
        (np.arange(20.0), np.arange(19.0), "two histories of the same"),
        (np.arange(9.0), np.arange(9.0), "ten samples"),
        (np.arange(20.0), np.full(20, np.nan), "not finite"),
        (np.ones(20), np.arange(20.0), "does not change"),
    ],
)
def test_what_cannot_be_rated(measured: Floats, predicted: Floats, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rate(measured, predicted)
