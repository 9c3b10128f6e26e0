"""The evidence: errors and verdicts, the shipped figures against the raw ones, and what must not drift.

After a change that moves results on purpose, write the stored rows and the page of the docs anew, and say in the changelog
what moved them:

    python tests/test_validation.py
"""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.backends.backend_agg import FigureCanvasAgg

from crashsim.cli import cli
from crashsim.errors import CrashsimError, OutputError
from crashsim.output import evidence as written
from crashsim.output import style, validation
from crashsim.validation import camry, evidence, groups, measured, naive
from crashsim.validation.credibility import CLAIMS
from crashsim.validation.records import (
    BAND,
    DIFFERENCE,
    FACTOR,
    OUTSIDE,
    RANGE,
    REPORTED,
    WITHIN,
    Case,
    Row,
)
from crashsim.validation.walls import wall_tests

DATA = Path(__file__).parents[2] / "shared" / "data"
PAGE = Path(__file__).parents[1] / "docs" / "validation.md"
STORED = Path(__file__).parent / "validation_stored.csv"
DRIFT = 0.02  # of a prediction: more needs a reason in the changelog

raw = pytest.mark.skipif(
    not (DATA / measured.TESTS).exists(), reason="the raw measured data are not beside the repository"
)


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    return evidence.run(short=True)


# ---- what must not drift -----------------------------------------------------------------------------------------------


def drift_rows(cases: tuple[Case, ...]) -> list[dict[str, str]]:
    return [
        {
            "case": r.case,
            "quantity": r.quantity,
            "basis": r.basis,
            "predicted": f"{r.predicted:.6g}",
            "verdict": r.verdict,
        }
        for r in evidence.rows(cases)
    ]


def test_no_prediction_drifts(cases) -> None:
    with STORED.open(encoding="utf-8", newline="") as handle:
        stored = list(csv.DictReader(handle))
    found = drift_rows(cases)
    keys = ("case", "quantity", "basis")
    assert [[row[k] for k in keys] for row in found] == [[row[k] for k in keys] for row in stored]
    for now, then in zip(found, stored, strict=True):
        assert float(now["predicted"]) == pytest.approx(float(then["predicted"]), rel=DRIFT, abs=1e-3), now
        assert now["verdict"] == then["verdict"], now


def test_the_page_of_the_docs_is_what_the_command_writes(cases) -> None:
    assert PAGE.read_text(encoding="utf-8") == written.page(cases)


def test_what_is_promised_holds(cases) -> None:
    """Fits repeat their test, the Alto is within 15 %, left-out errors beat the naive guess as wanted."""
    by_name = {case.name: case for case in cases}
    for name in ("C1", "C2", "C3", "C8", "momentum"):
        assert [row.quantity for row in by_name[name].rows if row.verdict == OUTSIDE] == []


# ---- rows --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row, error, verdict",
    [
        (Row("C", "q", "length", 0.5, 0.55, limit=0.1 + 1e-12), 0.1, WITHIN),
        (Row("C", "q", "length", 0.5, 0.56, limit=0.1), 0.12, OUTSIDE),
        (Row("C", "q", "length", 0.5, 0.56), 0.12, REPORTED),
        (Row("C", "q", "number", 140, 90, kind=FACTOR, limit=1.6), 90 / 140, WITHIN),
        (Row("C", "q", "number", 140, 85, kind=FACTOR, limit=1.6), 85 / 140, OUTSIDE),
        (Row("C", "q", "speed", 0.0, -1.5, kind=DIFFERENCE, limit=1.0), -1.5, OUTSIDE),
        (Row("C", "q", "length", 0.6, 0.5, kind=RANGE, limit=0.0, span=(0.5, 0.7)), 0.0, WITHIN),
        (Row("C", "q", "length", 0.6, 0.4, kind=RANGE, limit=0.0, span=(0.5, 0.7)), -0.2, OUTSIDE),
        (Row("C", "q", "length", 0.6, 0.9, kind=BAND, low=0.5, high=1.0), 0.5, WITHIN),
        (Row("C", "q", "length", 0.4, 0.9, kind=BAND, low=0.5, high=1.0), 1.25, OUTSIDE),
    ],
)
def test_errors_and_verdicts(row: Row, error: float, verdict: str) -> None:
    assert row.error == pytest.approx(error, rel=1e-12)
    assert row.verdict == verdict
    assert np.isnan(row.naive_error)


def test_a_row_in_words() -> None:
    row = Row("C", "static crush", "length", 0.278, 0.3, limit=0.15, low=0.2, high=0.4, naive=0.384)
    assert written.cells(row)[1:] == ("27.8 cm", "30 cm (20 to 40 cm)", "+8 %", "+38 %", "15 %", "within")
    ranged = Row("C", "q", "length", 0.6, 0.9, kind=RANGE, limit=0.0, span=(0.559, 0.81), naive=0.6)
    assert written.cells(ranged)[1:] == ("55.9 to 81 cm", "90 cm", "+11 %", "inside", "inside", "outside")
    off = Row("C", "q", "speed", 0.0, 0.5, kind=DIFFERENCE, limit=1.0)
    assert written.cells(off)[1:] == ("-", "1.8 km/h", "+1.8 km/h", "-", "3.6 km/h", "within")


def test_the_naive_guess_is_constant_deceleration() -> None:
    a = naive.deceleration("cars")
    assert float(naive.static_crush("cars", 15.0)) == pytest.approx(15.0**2 / (2 * a), rel=1e-12)
    time = np.linspace(0.0, 0.3, 3001)
    speed = naive.velocity("cars", 15.0, time)
    assert np.trapezoid(speed, time) == pytest.approx(15.0**2 / (2 * naive.STATIC_SHARE * a), rel=1e-4)


def test_every_case_is_claimed_once_or_more(cases) -> None:
    assert {name for claim in CLAIMS for name in claim.cases} == {case.name for case in cases}


# ---- measured figures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(measured.FOLDER.glob("*.csv")), ids=lambda path: path.stem)
def test_every_table_says_where_it_comes_from(path: Path) -> None:
    assert "Source: " in measured.source(path.stem)
    assert measured.table(path.stem)


def test_units_stand_in_the_names_of_columns(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("# Source: nobody\nname,speed_kmh,crush_mm,model_year,peak_g\nA,36,250,2001,\n", encoding="utf-8")
    assert measured.read(path) == [{"name": "A", "speed": 10.0, "crush": 0.25, "model_year": 2001.0}]
    with pytest.raises(CrashsimError, match=r"b\.csv: cannot be read: No such file"):
        measured.read(tmp_path / "b.csv")


def test_the_shipped_pulse_gives_the_published_figures() -> None:
    """41.7 g at 64.2 ms, 741 mm, 73.5 ms, 2.31 m/s of rebound and 18.17 m/s of delta-v at 150 ms."""
    pulse = measured.camry_pulse()
    travel = pulse.displacement
    assert -pulse.acceleration.min() / 9.80665 == pytest.approx(41.7, abs=0.05)
    assert pulse.time[pulse.acceleration.argmin()] == pytest.approx(64.2e-3, abs=0.3e-3)
    assert travel.max() == pytest.approx(0.741, abs=5e-4)
    assert pulse.time[travel.argmax()] == pytest.approx(73.5e-3, abs=1e-4)
    assert pulse.velocity[-1] == pytest.approx(-2.31, abs=0.01)
    assert pulse.velocity[0] - pulse.velocity[-1] == pytest.approx(18.17, abs=0.01)


@raw
def test_the_shipped_pulse_is_the_raw_one() -> None:
    shipped, measured_one = measured.camry_pulse(), measured.camry_pulse(DATA)
    assert np.abs(shipped.velocity - measured_one.velocity).max() < 0.01
    assert np.abs(shipped.acceleration - measured_one.acceleration).max() < 0.9 * 9.80665


@raw
def test_the_shipped_wall_tests_are_the_raw_ones() -> None:
    rows = {record["test_no"]: record for record in measured.read(DATA / measured.TESTS)}
    for test in measured.table("wall-tests"):
        row = rows[test["test"]]
        assert (test["mass"], test["speed"], test["width"]) == (row["mass"], row["speed"], row["width"])
        assert test["crush"] == row["c_avg"]


@raw
def test_the_shipped_summaries_are_those_of_the_raw_tests() -> None:
    tests, _ = wall_tests(DATA)
    for shipped, found in zip(measured.table("wall-groups"), groups.reduced(tests), strict=True):
        assert shipped["group"] == found["group"]
        for name in groups.BY_GROUP[1:]:
            assert shipped[name] == pytest.approx(found[name], rel=1e-3, abs=1e-4), name
    crush = {record["test"]: record["crush"] for record in groups.left_out(tests, groups.selected())}
    assert {r["test"]: r["crush"] for r in measured.table("wall-left-out")} == pytest.approx(crush, abs=1e-4)


@raw
def test_the_shipped_recorders_are_the_raw_ones() -> None:
    """Delta-v and time to 90 % of it, from the recorded curves, to a step of the recorder."""
    shown = next(case for case in (evidence.recorders.case(DATA),)).shown
    for record in shown["records"]:
        time, lost = shown["recorded"][record["case"]]
        assert lost.max() == pytest.approx(record["delta_v"], rel=0.02, abs=0.4)
        assert time[np.argmax(lost >= 0.9 * lost.max())] == pytest.approx(record["duration"], abs=0.0101)


@raw
def test_the_shipped_fit_is_the_one_of_the_raw_record() -> None:
    shipped, found = (camry.refitted(data)["front"] for data in (None, DATA))
    assert len(shipped["curve"]) == len(found["curve"])
    for one, two in zip(shipped["curve"], found["curve"], strict=True):
        for name in ("crush", "force"):
            values = [float(point[name]["value"].split()[0].replace(",", "")) for point in (one, two)]
            assert values[0] == pytest.approx(values[1], rel=0.02)


@raw
def test_raw_data_give_the_same_table(cases) -> None:
    for shipped, found in zip(evidence.rows(cases), evidence.rows(evidence.run(DATA, short=True)), strict=True):
        assert (shipped.quantity, shipped.verdict) == (found.quantity, found.verdict)
        assert shipped.measured == pytest.approx(found.measured, rel=0.005)
        assert shipped.predicted == pytest.approx(found.predicted, rel=0.005, abs=1e-3)


# ---- figures, files, command -----------------------------------------------------------------------------------------------


def test_every_case_has_a_figure_and_no_text_leaves_it(cases) -> None:
    by_name = {case.name: case for case in cases}
    assert {case for _, own, _ in validation.FIGURES for case in own} == set(by_name)
    for name, _, draw in validation.FIGURES:
        with style.sheet_style():
            figure = draw(by_name)
            figure.draw_without_rendering()
            renderer = FigureCanvasAgg(figure).get_renderer()
            page = figure.bbox.padded(1.0)
            for text in [*figure.texts, *(t for legend in figure.legends for t in legend.get_texts())]:
                box = text.get_window_extent(renderer)
                assert page.x0 <= box.x0 <= box.x1 <= page.x1, (name, text.get_text())
                assert page.y0 <= box.y0 <= box.y1 <= page.y1, (name, text.get_text())
            for ax in figure.axes:
                box = ax.get_tightbbox(renderer)
                assert page.x0 <= box.x0 <= box.x1 <= page.x1, name
                assert not any(
                    isinstance(t, mpl.text.Text) and "nan" in t.get_text() for t in ax.findobj(mpl.text.Text)
                )


@pytest.fixture
def command(cases, monkeypatch, tmp_path):
    """The command with the cases of this module, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evidence, "run", lambda *_, **__: cases)

    def run(*arguments: str):
        return CliRunner().invoke(cli, ["validation", *arguments])

    return run


def test_the_command_writes_once_and_never_over_something_else(command, tmp_path) -> None:
    done = command("--short", "--out", "here")
    assert done.exit_code == 0, done.output
    assert "outside:" in done.output
    assert done.output.endswith("written: here\n")
    assert sorted(p.name for p in (tmp_path / "here").iterdir()) == ["manifest.json", "report.md", "table.csv"]
    assert command("--short", "--out", "here").output == "already done: here\n"
    assert "holds other results" in str(command("--out", "here").exception)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "notes.txt").write_text("mine")
    for arguments in (("--out", "own"), ("--out", "own", "--force")):
        refused = command("--short", *arguments).exception
        assert isinstance(refused, OutputError)
        assert "files that crashsim did not write" in str(refused)
    study = CliRunner().invoke(cli, ["run", "wall_56kmh", "--out", "here"]).exception
    assert str(study) == "here: holds the evidence of crashsim validation, not a run; choose another folder with --out"


def test_the_table_has_every_row_in_the_unit_it_names(command, cases, tmp_path) -> None:
    command("--short", "--out", "here")
    with (tmp_path / "here" / "table.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == sum(len(case.rows) for case in cases)
    alto = next(row for row in rows if row["case"] == "C3")
    assert (alto["measured"], alto["unit"], alto["tolerance"], alto["error_kind"]) == (
        "27.83",
        "cm",
        "0.15",
        "relative",
    )
    assert float(alto["error"]) == pytest.approx(float(alto["predicted"]) / 27.83 - 1, abs=1e-4)


def test_markdown_is_the_page_and_writes_nothing(command, cases, tmp_path) -> None:
    assert command("--markdown").output == written.page(cases)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_the_raw_files_is_named(tmp_path) -> None:
    with pytest.raises(
        CrashsimError, match=r"nowhere: is not a folder; --data expects one with nhtsa_full_frontal_crush\.csv"
    ):
        evidence.run(tmp_path / "nowhere")
    (tmp_path / measured.TESTS).touch()
    with pytest.raises(CrashsimError, match=rf"has no {', '.join(evidence.FILES[1:])}; without --data the shipped"):
        evidence.run(tmp_path)


if __name__ == "__main__":
    fresh = evidence.run(short=True)
    PAGE.write_text(written.page(fresh), encoding="utf-8")
    with STORED.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, drift_rows(fresh)[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(drift_rows(fresh))
