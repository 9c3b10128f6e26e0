"""`crashsim compare`: the crash is the engine's, the table and the figure say what it found and nothing else."""

import dataclasses
import json

import matplotlib as mpl
import numpy as np
import pytest
from click.testing import CliRunner

from crashsim import geometry, structure
from crashsim.cli import cli
from crashsim.config.classes import vehicle_class
from crashsim.engine.comparison import meet, study
from crashsim.errors import CrashsimError, LibraryError, UnitError
from crashsim.output import style
from crashsim.output.compare import compare
from crashsim.output.comparison import as_data, height_match, sides, told, write
from crashsim.results import BEYOND_MODEL
from crashsim.units import MPH

ALTO, PICKUP = "suzuki-alto-2001", "ford-f-150-2001"


@pytest.fixture(scope="module")
def meeting():
    return meet(ALTO, PICKUP, "60 mph")


@pytest.fixture(scope="module")
def wild():
    """Beyond the model, and one front measured, the other judged."""
    return meet("kei-car", "midsize-camry-2018", "140 mph")


def drawn(results, system="si"):
    with style.sheet_style():
        return compare(results, system)


def texts(figure):
    return " ".join(" ".join(t.get_text().split()) for t in figure.findobj(mpl.text.Text))


# ---- the crash -----------------------------------------------------------------------------------------------------


def test_each_has_half_the_closing_speed(meeting):
    rows = meeting.columns
    assert rows["vehicle"].tolist() == [ALTO, PICKUP]
    assert rows["closing_speed"] == pytest.approx([60 * MPH] * 2, rel=1e-15)
    assert rows["impact_speed"] == pytest.approx([30 * MPH] * 2, rel=1e-15)


def test_momentum_and_common_force(meeting):
    pair = sides(meeting)
    assert pair[0].mass * pair[0].row["delta_v"] == pytest.approx(pair[1].mass * pair[1].row["delta_v"], rel=1e-9)
    forces = [float(structure.crush_force(side.front, np.array([side.crush]))[0]) for side in pair]
    assert forces[0] == pytest.approx(forces[1], rel=1e-3)  # one force pushes in both
    assert max(forces) == pytest.approx(pair[0].row["peak_force"], rel=2e-3)


def test_a_vehicle_against_itself_shares_alike():
    first, second = sides(meet("kei-car", "kei-car.yaml", "40 mph"))
    assert (first.column, second.column) == ("kei-car", "kei-car-2")
    assert first.crush == pytest.approx(second.crush, rel=1e-9)
    assert first.row["delta_v"] == pytest.approx(second.row["delta_v"], rel=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "speed", "error", "message"),
    [
        ("kei-carr", "compact", "70 mph", LibraryError, "did you mean 'kei-car'"),
        ("compact", "rigid-wall", "70 mph", LibraryError, "rigid-wall is a wall"),
        ("../kei-car", "compact", "70 mph", LibraryError, "not a path"),
        ("kei-car", "compact", "70", UnitError, "bare number"),
        ("kei-car", "compact", "0 mph", UnitError, "above 0"),
        ("kei-car", "compact", "-5 mph", UnitError, "above 0"),
        ("kei-car", "compact", "600 mph", UnitError, "at most 537 mph"),
    ],
)
def test_what_cannot_meet(first, second, speed, error, message):
    with pytest.raises(error, match=message):
        study(first, second, speed)


# ---- bands and heights -----------------------------------------------------------------------------------------------


def test_band_is_that_of_the_class(meeting):
    for side, name in zip(sides(meeting), ("kei-car", "full-size-pickup"), strict=True):
        spread = vehicle_class(name).front.spread
        assert side.spread == spread > 1.0
        assert side.band == pytest.approx((spread**-1.645, spread**1.645), rel=1e-12)
        assert side.band_words == f"5-95 % of the class {name}"


def test_band_of_a_front_of_its_own(wild):
    judged, measured = sides(wild)
    assert (judged.evidence, measured.evidence) == ("judgement", "measured")
    assert judged.band == (0.7, 1.3)
    assert measured.band == (1.0, 1.0)
    assert measured.band_words == "none"


def test_height_match_is_by_the_middles_of_the_beams(meeting, wild):
    pair = sides(meeting)
    offset = (0.455 + 0.680) / 2 - (0.406 + 0.508) / 2
    assert height_match(pair) == pytest.approx(float(geometry.height_match(offset)), abs=1e-12)
    assert height_match((pair[1], pair[0])) == pytest.approx(height_match(pair), abs=1e-12)
    assert height_match(sides(wild)) == 1.0
    front = {k: v for k, v in pair[0].vehicle["front"].items() if k != "bumper_top"}
    unknown = dataclasses.replace(pair[0], vehicle={**pair[0].vehicle, "front": front})
    assert height_match((unknown, pair[1])) is None


# ---- the table -------------------------------------------------------------------------------------------------------


def test_data_are_the_results(meeting):
    data = as_data(meeting)
    for vehicle, side in zip(data["vehicles"], sides(meeting), strict=True):
        assert vehicle["impact_mass"] == {"value": side.mass, "tag": "S"}
        assert vehicle["evidence"] == "class"
        for name in ("delta_v", "intrusion", "risk_mais3plus"):
            assert vehicle["crash"][name] == side.row[name]
        assert vehicle["crush_space"]["value"] == float(side.front.crush_space)
        assert vehicle["mean_force"]["value"] > 1e5
        assert vehicle["kw400"]["tag"] == "M?"
    assert data["meeting"]["status"] == "ok"


def test_table_has_everything_that_was_asked(meeting):
    text = told(meeting, "us")
    for words in ("Suzuki Alto 2001 (as tested) against Ford F-150 2001 (as tested)", "2,055 lb [S]", "full-size-pickup, 2001",
                  "KW400", "mean force", "crush space", "bumper beam", "restraint", "belt-airbag", "closing, 30 mph",
                  "height match of the bumper beams: 0.56", "model result, not a crash test"):  # fmt: skip
        assert words in text
    widths = {len(line) for line in text.splitlines()}
    assert max(widths) < 130


def test_curb_mass_shows_both_tags():
    found = as_data(meet("honda-n-box-2017", "compact", "30 mph"))["vehicles"][0]
    assert found["impact_mass"] == {"value": 890.0 + 2 * 75.0, "tag": "S+J"}


def test_nothing_of_the_pulse_is_told_beyond_the_model(wild):
    assert wild.columns["status"].tolist() == [BEYOND_MODEL] * 2
    for vehicle in as_data(wild)["vehicles"]:
        crash = vehicle["crash"]
        assert crash["delta_v"] > 0.0
        assert {crash[n] for n in ("peak_acceleration", "dynamic_crush", "intrusion", "chest_3ms")} == {None}
    assert "beyond the model" in told(wild, "si")


# ---- the figure ------------------------------------------------------------------------------------------------------


def test_figure_says_what_it_shows(meeting):
    found = texts(drawn(meeting))
    assert "Suzuki Alto 2001 (as tested) against Ford F-150 2001 (as tested)" in found
    assert "head-on at 97 km/h (60 mph) closing, 48 km/h (30 mph) each, full overlap" in found
    assert f"front of {ALTO}: class evidence, band of its forces 5-95 % of the class kei-car" in found
    assert "model result, not a crash test" in found
    assert "judgement inputs (tag J)" in found
    assert "safety cell of suzuki-alto-2001 holds is an assumption" in found


def test_lines_are_those_of_the_crash(meeting):
    fronts, velocities, crush, change = drawn(meeting).axes[:4]
    pair = sides(meeting)
    for side, line in zip(pair, (line for line in fronts.lines if len(line.get_xdata()) > 100), strict=True):
        x, f = np.asarray(line.get_xdata()) * 1e-2, np.asarray(line.get_ydata()) * 1e3
        assert f == pytest.approx(structure.crush_force(side.front, x), rel=1e-9)
    first, second = (np.asarray(line.get_ydata()) / 3.6 for line in velocities.lines[:2])
    assert first[0] == pytest.approx(30 * MPH)
    assert second[0] == pytest.approx(-30 * MPH)
    total = pair[0].mass * first + pair[1].mass * second
    assert np.ptp(total) < 0.02 * pair[0].mass * 60 * MPH  # occupants move by themselves
    for ax, name, unit in ((crush, "dynamic_crush", 1e-2), (change, "delta_v", 1 / 3.6)):
        ends = {round(p.get_x() + p.get_width(), 6) for p in ax.patches}
        for side in pair:
            assert round(side.row[name] / unit, 6) in ends


def test_words_stay_in_their_panels(meeting, wild):
    for results in (meeting, wild):
        figure = drawn(results, "us")
        for ax in figure.axes[2:4]:
            frame = ax.get_window_extent()
            for text in ax.texts:
                assert frame.x0 <= text.get_window_extent().x0
                assert text.get_window_extent().x1 <= frame.x1


def test_files_are_the_same_twice(meeting, tmp_path):
    paths = write(meeting, tmp_path / "one", "si")
    assert [p.name for p in paths] == [f"{ALTO}-against-{PICKUP}{s}" for s in (".svg", ".png", ".json")]
    again = write(meeting, tmp_path / "two", "si")
    assert [p.read_bytes() for p in paths] == [p.read_bytes() for p in again]
    assert json.loads(paths[2].read_text(encoding="utf-8")) == as_data(meeting)


def test_folder_that_cannot_be_written(meeting, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CrashsimError, match="cannot be written"):
        write(meeting, tmp_path / "file", "si")


# ---- the command -----------------------------------------------------------------------------------------------------


def test_command(tmp_path, meeting):
    runner = CliRunner()
    plain = runner.invoke(cli, ["compare", ALTO, PICKUP, "--speed", "60 mph", "--units", "us"], catch_exceptions=False)
    assert plain.exit_code == 0
    assert plain.output.strip() == told(meeting, "us").strip()
    options = ["--json", "--speed", "60 mph", "--out", str(tmp_path / "here")]
    asked = runner.invoke(cli, ["compare", ALTO, PICKUP, *options], catch_exceptions=False)
    assert json.loads(asked.stdout) == as_data(meeting)
    assert len(list((tmp_path / "here").iterdir())) == 3
