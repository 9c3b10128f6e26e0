"""Results: names, units, selection, tables, files that other programs open, and the public names."""

import csv
from pathlib import Path

import numpy as np
import pytest

import crashsim
from crashsim import criteria, units
from crashsim.results import Results

PUBLIC = {
    "Column", "ConfigError", "CrashsimError", "Grid", "LibraryError", "OutputError", "Problem", "Pulse", "Results",
    "Structure", "StructureError", "Study", "UnitError", "collide", "draws", "drive_occupant", "load", "load_study",
    "reduce", "run", "sensitivity",
}  # fmt: skip


@pytest.fixture(scope="module")
def results() -> Results:
    return crashsim.run(
        {
            "name": "rows",
            "title": "Rows",
            "vehicles": {
                "kei": {"use": "kei-car"},
                "pickup": {"use": "full-size-pickup"},
                "wall": {"use": "rigid-wall"},
            },
            "impacts": {
                "head-on": {
                    "type": "head-on",
                    "between": ["kei", "pickup"],
                    "speed": {"kei": "30 mph", "pickup": "30 mph"},
                    "sweep": {
                        "vehicles.kei.mass": ["1600 lb", "1800 lb"],
                        "zip": {
                            "speed.kei": ["10 mph", "30 mph", "50 mph"],
                            "speed.pickup": ["20 mph", "30 mph", "40 mph"],
                        },
                    },
                },
                "behind": {
                    "type": "rear-end",
                    "between": ["kei", "pickup"],
                    "speed": {"kei": "50 mph", "pickup": "10 mph"},
                },
                "wall": {"type": "wall", "between": ["kei", "wall"], "speed": {"kei": "56 km/h"}},
            },
            "output": {
                "pulses": [
                    {"name": "a", "impact": "head-on", "at": {"vehicles.kei.mass": "1800 lb", "speed.kei": "30 mph"}},
                    {"name": "b", "impact": "behind"},
                ]
            },
        }
    )


def test_public_names_are_locked() -> None:
    assert set(crashsim.__all__) == PUBLIC
    assert {name for name in dir(crashsim) if not name.startswith("_")} == PUBLIC
    for name in PUBLIC:
        assert getattr(crashsim, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'simulate'"):
        _ = crashsim.simulate  # type: ignore[attr-defined]


def test_rows_stand_in_c_order_with_the_axes_as_written(results: Results) -> None:
    head_on = results.sel(impact="head-on", vehicle="kei")
    assert head_on["case"].values.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(head_on["vehicles.kei.mass"].to("lb"), [1600, 1600, 1600, 1800, 1800, 1800])
    np.testing.assert_allclose(head_on["speed.kei"].to("mph"), [10, 30, 50, 10, 30, 50])
    np.testing.assert_allclose(head_on["closing_speed"].to("mph"), [30, 60, 90, 30, 60, 90])
    assert results.axes["head-on"] == [["vehicles.kei.mass"], ["speed.kei", "speed.pickup"]]


def test_a_wall_has_no_row_and_the_ends_are_named(results: Results) -> None:
    assert set(results["vehicle"].values) == {"kei", "pickup"}
    assert results["end"].sel(impact="behind", vehicle="pickup").item() == "rear"
    assert results["end"].sel(impact="behind", vehicle="kei").item() == "front"
    assert len(results.sel(impact="wall")) == 1


def test_selection_takes_quantities_as_typed(results: Results) -> None:
    column = results["delta_v"].sel(
        impact="head-on", vehicle="kei", **{"speed.kei": "30 mph", "vehicles.kei.mass": "1800 lb"}
    )
    expected = 5500 / 7300 * 60.0
    restitution = results["restitution"].sel(
        impact="head-on", vehicle="kei", **{"speed.kei": "30 mph", "vehicles.kei.mass": "1800 lb"}
    )
    assert float(column.to("mph")[0]) == pytest.approx(expected * (1 + restitution.item()), rel=1e-12)  # type: ignore[operator]


@pytest.mark.parametrize(
    "wrong, word",
    [
        ({"vehicle": "kie"}, "did you mean 'kei'"),
        ({"vehicl": "kei"}, "did you mean 'vehicle'"),
        ({"speed.kei": "fast"}, "expected a speed"),
        ({"speed.kei": "4.4704 kg"}, "expected a speed"),
        ({"speed.kei": "10.5 mph"}, "known: 16.1 km/h"),
        ({"speed.kei": None}, "got nothing"),
        ({"case": 999}, "known: 0, 1, 2"),
        ({"impact": "wall", "vehicle": "pickup"}, "known: kei"),
    ],
)
def test_wrong_selections_are_told(results: Results, wrong: dict[str, object], word: str) -> None:
    for holder in (results, results["delta_v"]):
        with pytest.raises(crashsim.CrashsimError, match=word):
            holder.sel(**wrong)
    with pytest.raises(crashsim.CrashsimError, match="did you mean 'delta_v'"):
        results["deltav"]


def test_every_metric_is_there_with_its_unit(results: Results) -> None:
    for name, metric in criteria.METRICS.items():
        assert name in results.columns
        assert results.dimensions[name] == metric.dimension
        assert metric.dimension in units.DIMENSIONS
    assert results["delta_v"].unit == "m/s"
    assert "delta_v [mph]" in results.to_table("us")
    assert "olc [g]" in results.to_table("si")


def test_rear_struck_occupants_get_rear_curves(results: Results) -> None:
    behind = results.sel(impact="behind")
    striking, struck = behind.sel(vehicle="kei"), behind.sel(vehicle="pickup")
    assert np.isfinite(struck["risk_mais3plus.wang-2022-rear"].values).all()
    assert np.isnan(striking["risk_mais3plus.wang-2022-rear"].values).all()
    assert np.isfinite(striking["risk_mais2plus.kusano-gabler-2012-belted"].values).all()
    assert np.isnan(results.sel(impact="head-on")["risk_mais2plus.kusano-gabler-2012-belted"].values).all()


def test_no_criterion_of_an_occupant_thrown_forward_against_a_seat_back(results: Results) -> None:
    behind = results.sel(impact="behind")
    for name in (
        "olc",
        "oiv",
        "ora",
        "vpi",
        "chest_3ms",
        "hic15",
        "belt_force",
        "ride_down",
        "chest_deflection",
        "contact",
    ):
        assert np.isnan(behind[name].sel(vehicle="pickup").item())
        assert np.isfinite(behind[name].sel(vehicle="kei").item())
    for name in ("asi", "peak_acceleration", "compartment_delta_v"):
        assert np.isfinite(behind[name].sel(vehicle="pickup").item())


def test_each_reading_of_a_curve_has_its_own_range(results: Results) -> None:
    """Wang's range of 5-50 mph: entered with delta-v / 1.3, and with the delta-v itself."""
    delta_v = results["delta_v"].to("mph")
    low, high = delta_v / 1.3, delta_v
    for flag, entered in (("extrapolated", low), ("uncorrected_extrapolated", high)):
        expected = (entered < 5.0) | (entered > 50.0)
        np.testing.assert_array_equal(results[f"risk_mais3plus_{flag}"].values, expected)
    assert (
        results["risk_mais3plus_extrapolated"].values != results["risk_mais3plus_uncorrected_extrapolated"].values
    ).any()


def test_risk_columns_are_ordered(results: Results) -> None:
    for level in ("risk_mais2plus", "risk_mais3plus", "risk_fatal"):
        low, line, high = (results[level + edge].values for edge in ("_low", "", "_high"))
        assert np.all((low <= line) & (line <= high))
    assert np.all(results["risk_fatal"].values <= results["risk_mais3plus"].values)
    assert np.all(results["risk_mais3plus"].values <= results["risk_mais2plus"].values)


def test_pulses_have_j211_signs_and_add_up_to_the_delta_v(results: Results) -> None:
    """The compartment of a loaded front is slowed, and pushed on a little by its occupant when the contact is over."""
    head_on, behind = results.pulses
    assert head_on.acceleration[:, np.argmax(head_on.force)].max() < 0.0
    assert behind.acceleration[0, np.argmax(behind.force)] < 0.0
    assert behind.acceleration[1].min() == 0.0
    rows = results.sel(impact="behind")
    for i, (vehicle, within) in enumerate(zip(behind.vehicles, (0.05, 1e-9), strict=True)):
        change = behind.velocity[i, -1] - behind.velocity[i, 0]
        assert abs(change) == pytest.approx(rows["delta_v"].sel(vehicle=vehicle).item(), rel=within)
        assert np.trapezoid(behind.acceleration[i], behind.time) == pytest.approx(change, rel=2e-3)
    assert behind.force.max() == pytest.approx(rows["peak_force"].values[0], rel=1e-3)
    assert not behind.engine_force.any()


def test_the_momentum_answer_stands_beside_every_case(results: Results) -> None:
    np.testing.assert_allclose(results["delta_v"].values, results["delta_v_momentum"].values, rtol=1e-12)
    assert np.max(np.abs(results["energy_residual"].values)) < 1e-4
    assert set(results["status"].values) <= {"ok", "beyond_model"}


def test_pulses_open_in_xarray(results: Results, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    results.save(tmp_path / "r")
    with xarray.open_dataset(tmp_path / "r" / "pulses.nc") as data:
        assert dict(data.sizes)["time"] == 3001
        assert data.acceleration.attrs["units"] == "m/s^2"
        assert data.vehicle_a.values.astype(str).tolist() == ["kei", "kei"]
        np.testing.assert_array_equal(data.acceleration.values[0], results.pulses[0].acceleration)
        np.testing.assert_array_equal(data.chest_acceleration.values[1], results.pulses[1].chest_acceleration)
        assert np.isnan(data.head_acceleration.values[1, 1]).all()  # struck in the rear


def test_parquet_carries_units(results: Results, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    results.save(tmp_path / "r")
    schema = parquet.read_schema(tmp_path / "r" / "results.parquet")
    assert schema.field("delta_v").metadata[b"unit"] == b"m/s"
    assert schema.field("olc").metadata[b"unit"] == b"m/s^2"


def test_summary_has_one_row_a_case_and_vehicle_with_units(results: Results, tmp_path: Path) -> None:
    results.save(tmp_path / "r")
    with (tmp_path / "r" / "summary.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == len(results)
    assert float(rows[0]["closing_speed [mph]"]) == pytest.approx(30.0)
    assert "speed.kei [mph]" in rows[0]
    assert rows[-1]["speed.kei [mph]"] == ""


def test_threads_do_not_change_a_bit(results: Results) -> None:
    one, two = (crashsim.run("urban", threads=n) for n in (1, 2))
    for name, values in one.columns.items():
        assert np.array_equal(values, two.columns[name], equal_nan=values.dtype.kind == "f"), name
