"""Measured signals: three formats of the same record read alike, and every way in which a file can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from crashsim.config.fits import PulseFile
from crashsim.config.signals import read_signals
from crashsim.errors import ConfigError
from crashsim.fitting.signals import read_pulse
from crashsim.units import G0

Floats = NDArray[np.float64]

SPEED = 15.0  # m/s
STEP = 1e-4
TIME = STEP * np.arange(-200, 1500)
WAVE = np.where((TIME > 0.0) & (TIME < 0.1), -26.0 * np.sin(np.pi * np.clip(TIME / 0.1, 0.0, 1.0)), 0.0)  # g
LEFT, RIGHT = WAVE + 0.25, WAVE - 0.05  # offsets of the transducers

MME_HEADER = """\
Channel code                :{code}
Name of the channel         :compartment
Sampling interval           :{step}
Unit                        :{unit}
Time of first sample        :-0.02
Number of samples           :{count}
Data status                 :ok
"""
EV5 = """\
# Source: somewhere
----- EV5 -----
----- TEST -----
V5|A TEST|
----- INSTRUMENTATION -----
1|1|AC|01|HDCG|ZL|SEC|G'S|2800|MFG|11/AUG/2017|1200|4|57.09|-200|1499|100|AM|P|HEAD Z
1|93|AC|NA|FLLR|XG|SEC|G'S|2800|MFG|12/APR/2017|800|21|57.09|-200|1499|100|AM|P|LEFT X
1|94|AC|NA|FLRR|XG|SEC|G'S|2800|MFG|12/APR/2017|800|21|57.09|-200|1499|100|AM|P|RIGHT X
1|95|LC|01|SHBT|NA|SEC|NWT|2800|MFG|08/AUG/2017|15000|0|0.0|-200|1499|100|AM|P|BELT
"""


def table(folder: Path, name: str = "pulse.csv", delimiter: str = ",") -> Path:
    path = folder / name
    rows = [f"{1e3 * t:.4f}{delimiter}{a:.6f}{delimiter}{b:.6f}" for t, a, b in zip(TIME, LEFT, RIGHT, strict=True)]
    path.write_text("\n".join([delimiter.join(("t_ms", "left", "right")), *rows]))
    return path


def nhtsa(folder: Path) -> Path:
    (folder / "v1.EV5").write_text(EV5)
    for number, series in ((1, WAVE), (93, LEFT), (94, RIGHT), (95, WAVE)):
        rows = [f"{t:.6f}\t{a:.6f}" for t, a in zip(TIME, series, strict=True)]
        (folder / f"v1.{number:03d}").write_text("\n".join(rows))
    return folder / "v1.EV5"


def mme(folder: Path, **changed: object) -> Path:
    (folder / "Channel").mkdir()
    (folder / "test.mme").write_text("Data format edition number  :1.6\n")
    for number, (code, series) in enumerate([("10SEATLERE00ACXA", LEFT), ("10SEATRIRE00ACXA", RIGHT)], start=1):
        header = {"code": code, "step": STEP, "unit": "m/(s*s)", "count": len(TIME)} | changed
        values = "\n".join(f"{G0 * a:.6E}" for a in series)
        (folder / "Channel" / f"test.{number:03d}").write_text(MME_HEADER.format(**header) + values + "\n")
    return folder / "test.mme"


def fails(words: str, given: PulseFile, speed: float = SPEED) -> None:
    with pytest.raises(ConfigError) as caught:
        read_pulse(given, speed)
    assert len(caught.value.problems) == 1
    assert words in str(caught.value)


def written(folder: Path, text: str) -> PulseFile:
    path = folder / "pulse.csv"
    path.write_text(text)
    return PulseFile(path, time_unit="s", unit="g")


def rows_of(time: Floats, series: Floats) -> str:
    return "\n".join(f"{t:.6f},{a:.6f}" for t, a in zip(time, series, strict=True))


# ---- the same record in three formats ----------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " "])
def test_a_table(tmp_path: Path, delimiter: str) -> None:
    found = read_signals(table(tmp_path, delimiter=delimiter), ["right"], time="t_ms", time_unit="ms", unit="g")
    np.testing.assert_allclose(found.time, TIME, atol=1e-9)
    np.testing.assert_allclose(found.values, [RIGHT * G0], atol=1e-5)
    assert found.lines[0] == 2


def test_nhtsa_and_isomme_are_the_table(tmp_path: Path) -> None:
    as_table = read_signals(table(tmp_path), ["left", "right"], time_unit="ms", unit="g")
    as_nhtsa = read_signals(nhtsa(tmp_path), ["93", "94"])
    as_mme = read_signals(mme(tmp_path), ["10SEATLE????ACX?", "10seatrire00acxa"])
    one = read_signals(tmp_path / "v1.093")
    for found in (as_nhtsa, as_mme):
        np.testing.assert_allclose(found.time, as_table.time, atol=1e-9)
        np.testing.assert_allclose(found.values, as_table.values, atol=1e-4)
    np.testing.assert_allclose(one.values[0], as_table.values[0], atol=1e-4)
    np.testing.assert_allclose(read_signals(tmp_path / "Channel" / "test.002").values[0], RIGHT * G0, atol=1e-4)


def test_nhtsa_with_one_value_a_line_takes_its_times_from_the_ev5(tmp_path: Path) -> None:
    path = nhtsa(tmp_path)
    (tmp_path / "v1.093").write_text("\n".join(f"{a:.6f}" for a in LEFT))
    found = read_signals(path, ["93"])
    np.testing.assert_allclose(found.time, TIME, atol=1e-9)
    np.testing.assert_allclose(found.values[0], LEFT * G0, atol=1e-5)


# ---- from channels to a pulse --------------------------------------------------------------------------------------------


def test_a_pulse_is_the_mean_of_its_channels_without_their_offset(tmp_path: Path) -> None:
    given = PulseFile(table(tmp_path), ("left", "right"), time_unit="ms", unit="g")
    pulse = read_pulse(given, SPEED)
    assert pulse.time[0] == 0.0
    assert pulse.step == pytest.approx(1e-3)
    lost = 26.0 * G0 * 0.1 * 2.0 / np.pi
    assert pulse.velocity[-1] == pytest.approx(SPEED - lost, abs=0.02)
    assert pulse.peak == pytest.approx(26.0 * G0, rel=5e-3)
    # speed of a half sine: v0 - (lost/2) (1 - cos(pi t/T)), zero at the time below
    stop = 0.1 / np.pi * np.arccos(1.0 - 2.0 * SPEED / lost)
    assert pulse.stop == pytest.approx(stop, abs=1e-4)
    assert "mean of 2 channels, zero from before contact, CFC60" in pulse.notes
    t = np.linspace(0.0, stop, 20001)
    assert pulse.crush == pytest.approx(np.trapezoid(SPEED - 0.5 * lost * (1 - np.cos(np.pi * t / 0.1)), t), rel=2e-3)


def test_a_zero_that_noise_hides_is_left_alone(tmp_path: Path) -> None:
    series = WAVE + np.random.default_rng(3).normal(0.0, 2.0, len(TIME))
    pulse = read_pulse(written(tmp_path, rows_of(TIME, series)), SPEED)
    assert "zero" not in pulse.notes
    assert pulse.noise == pytest.approx((2.0 * G0) ** 2 * STEP, rel=0.25)


def test_positive_deceleration(tmp_path: Path) -> None:
    path = written(tmp_path, rows_of(TIME, -WAVE)).path
    pulse = read_pulse(PulseFile(path, time_unit="s", unit="g", deceleration=True), SPEED)
    assert pulse.velocity[-1] < 0.0


def test_a_record_from_contact_on_has_no_zero(tmp_path: Path) -> None:
    after = TIME >= -1e-9
    pulse = read_pulse(written(tmp_path, rows_of(TIME[after], WAVE[after])), SPEED)
    assert np.isnan(pulse.noise)


# ---- what can be wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channels": ("lft",)}, "pulse.csv:1:1: no column 'lft'; did you mean 'left'?"),
        ({"channels": ("left",), "time": "t"}, "no column 't'"),
        ({"channels": ("left",), "unit": ""}, "a table does not say its units: expected unit (g, m/s^2)"),
        ({"channels": ("left",), "time_unit": ""}, "expected time_unit (s, ms)"),
        ({"channels": ("left",), "time_unit": "s"}, "is the time in ms?"),
        ({"channels": ("left",), "unit": "m/s^2"}, "is the unit right (g against m/s^2), and the speed?"),
        ({"channels": ("left",), "deceleration": True}, "the vehicle gains speed, from 15 to"),
        (
            {},
            "pulse.csv:1:1: got 3 columns, expected two (time, acceleration) or the names of channels: t_ms, left, right",
        ),
    ],
)
def test_wrong_words_about_a_good_table(tmp_path: Path, change: dict[str, object], words: str) -> None:
    fails(words, PulseFile(table(tmp_path), **({"time_unit": "ms", "unit": "g"} | change)))  # type: ignore[arg-type]


def test_a_table_with_holes(tmp_path: Path) -> None:
    lines = table(tmp_path).read_text().split("\n")
    given = PulseFile(tmp_path / "pulse.csv", ("left",), time_unit="ms", unit="g")
    for line, text, words in (
        (700, "50.0,nan,1.0", ":700:1: got '50.0,nan,1.0', expected 3 cells, with numbers under t_ms, left"),
        (700, "50.0", ":700:1: got '50.0', expected 3 cells"),
        (700, "49.85,1,1", ":700:1: got the time 49.85, expected evenly spaced times (0.1 ms on average)"),
        (700, lines[690], ":700:1: got the time 48.9 after 49.7, expected times that grow"),
    ):
        (tmp_path / "pulse.csv").write_text("\n".join([*lines[: line - 1], text, *lines[line:]]))
        fails(words, given)


@pytest.mark.parametrize(
    ("last", "step", "words"),
    [
        (0.04, STEP, "the record ends at 39.9 ms while the vehicle still runs at"),
        (0.15, 2.5e-3, "got 400 samples per second, expected 600 or more for CFC60"),
        (-0.001, STEP, "expected a record that begins at contact"),
    ],
)
def test_too_short_or_too_coarse(tmp_path: Path, last: float, step: float, words: str) -> None:
    time = np.arange(-0.02, last - 1e-9, step)
    fails(words, written(tmp_path, rows_of(time, np.interp(time, TIME, WAVE))))


def test_a_record_that_begins_late(tmp_path: Path) -> None:
    late = TIME > 0.01
    fails("expected a record that begins at contact", written(tmp_path, rows_of(TIME[late], WAVE[late])))


def test_the_unit_of_a_channel_file_is_its_own(tmp_path: Path) -> None:
    path = mme(tmp_path)
    fails("the file says its unit is m/(s*s), got unit g", PulseFile(path, ("*LERE*",), unit="g"))
    fails("no channels match '11HEAD*'; expected the codes of channels. Accelerations along x: 10SEATLERE00ACXA, 10SEATRIRE00ACXA", PulseFile(path, ("11HEAD*",)))  # fmt: skip
    fails("2 channels match '10SEAT*'", PulseFile(path, ("10SEAT*",)))
    fails("which channels?", PulseFile(path))
    fails("cannot be read: No such file", PulseFile(tmp_path / "none.001"))


def test_an_isomme_channel_in_the_windows_code_page(tmp_path: Path) -> None:
    path = mme(tmp_path, unit="m/s²")
    channel = tmp_path / "Channel" / "test.001"
    channel.write_bytes(channel.read_text().replace("\n", "\r\n").encode("cp1252"))
    np.testing.assert_allclose(read_signals(path, ["*LERE*"]).values[0], LEFT * G0, atol=1e-4)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"count": len(TIME) + 300}, f":1707:1: ends after 1,700 samples, expected {len(TIME) + 300:,} (the file is cut short)"),
        ({"unit": "Nm"}, ":4:1: got the unit 'Nm', expected an acceleration"),
        ({"step": 0.0}, ":3:1: got the sampling interval 0 s"),
        ({"step": "fast"}, ":3:1: Sampling interval: got 'fast', expected a number"),
    ],
)  # fmt: skip
def test_wrong_isomme_headers(tmp_path: Path, changed: dict[str, object], words: str) -> None:
    fails(words, PulseFile(mme(tmp_path, **changed), ("*LERE*",)))


def test_a_damaged_isomme_channel(tmp_path: Path) -> None:
    path = mme(tmp_path)
    channel = tmp_path / "Channel" / "test.001"
    text = channel.read_text()
    channel.write_text(text[: len(text) // 2])
    fails("the file is cut short", PulseFile(path, ("*LERE*",)))
    channel.write_text(text.replace("Unit   ", "Unity  "))
    fails("the header has no 'Unit'", PulseFile(path, ("*LERE*",)))
    channel.write_text(text + "rubbish\n")
    fails(":1708:1: got 'rubbish', expected a number", PulseFile(path, ("*LERE*",)))


def test_a_damaged_nhtsa_test(tmp_path: Path) -> None:
    path = nhtsa(tmp_path)
    fails("no curve '7'; expected channels, the numbers of curves. Accelerations along x: 93 LEFT X, 94 RIGHT X", PulseFile(path, ("7",)))  # fmt: skip
    fails("which curves?", PulseFile(path))
    fails("got the unit 'NWT', expected an acceleration", PulseFile(path, ("95",)))
    curve = tmp_path / "v1.093"
    lines = curve.read_text().split("\n")
    curve.write_text("\n".join(lines[:900]))
    fails("v1.093:900:1: ends after 900 samples, expected 1,700 (the file is cut short)", PulseFile(path, ("93",)))
    curve.write_text("\n".join([*lines[:900], "0.07\tNaN", *lines[901:]]))
    fails("v1.093:901:1: got '0.07,NaN', expected two numbers", PulseFile(path, ("93",)))
    path.write_text(EV5[: EV5.index("-----", 60)])
    fails("no curves: the section INSTRUMENTATION is missing or empty", PulseFile(path, ("93",)))
    path.write_text(EV5.replace("|100|AM|P|LEFT X", ""))
    fails('v1.EV5:7:1: got "1|93|AC|', PulseFile(path, ("93",)))
