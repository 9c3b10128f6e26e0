"""The figures of small studies: which there are, what they say, that nothing is clipped, and the same bytes twice."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import crashsim
from crashsim.output import maps, occupants, plots, pulses, risks, speeds, style, tables
from crashsim.output.headline import crossing, headline, thresholds
from crashsim.output.views import speed_curves, vehicle_words
from crashsim.results import BEYOND_MODEL, FAILED, Results
from crashsim.units import MPH

SPEEDS = {"from": "5 mph", "to": "85 mph", "points": 9}
STUDY = {
    "name": "small",
    "title": "A kei car meets a pickup",
    "vehicles": {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}, "wall": {"use": "rigid-wall"}},
    "impacts": {
        "head-on": {
            "type": "head-on",
            "between": ["kei", "pickup"],
            "speed": {"kei": "35 mph", "pickup": "35 mph"},
            "sweep": {"zip": {"speed.kei": SPEEDS, "speed.pickup": SPEEDS}},
        },
        "wall": {
            "type": "wall",
            "between": ["kei", "wall"],
            "speed": {"kei": "35 mph"},
            "sweep": {"speed.kei": SPEEDS},
        },
        "grid": {
            "type": "head-on",
            "between": ["kei", "pickup"],
            "speed": {"kei": "62 mph", "pickup": "62 mph"},
            "sweep": {
                "vehicles.kei.front.plateau": ["200 kN", "250 kN", "300 kN"],
                "vehicles.kei.front.crush_space": ["30 cm", "50 cm", "70 cm", "90 cm"],
            },
        },
    },
    "output": {
        "units": "us",
        "pulses": [
            {"name": "slow", "impact": "head-on", "at": {"speed.kei": "35 mph"}},
            {"name": "fast", "impact": "head-on", "at": {"speed.kei": "85 mph"}},
        ],
    },
}
HOSTILE = {
    "kei": "_kei $\\x$ <b>&amp; " + "with a name that goes on and on " * 2,
    "pickup": "$_pickup^2$",
    "head-on": "_head/on: 漢 $\\frac$ " + "as long a name as anyone could think of " * 2,
    "slow": "_slow\tand 100 $ more",
}


@pytest.fixture(scope="module")
def results() -> Results:
    return crashsim.run(STUDY)


@pytest.fixture(scope="module")
def written(results, tmp_path_factory) -> tuple[list[Path], dict[str, Figure]]:
    """The files of the study, and the figures that they were made from."""
    save, figures = style.save, {}

    def remembering(figure, path):
        figures[path.stem] = figure
        return save(figure, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "save", remembering)
        return plots.write_figures(results, tmp_path_factory.mktemp("run") / "figures", "us"), figures


def renamed(results: Results) -> Results:
    """The same results, but for the wall, with names that no file would be allowed to give."""
    meta = {**results.meta, "impacts": {n: i for n, i in results.meta["impacts"].items() if n != "wall"}}
    results = dataclasses.replace(results.where(results.columns["impact"] != "wall"), meta=meta)

    def words(value):
        if isinstance(value, str):
            for old, new in HOSTILE.items():
                value = new if value == old else value.replace(f".{old}", f".{new}")
            return value
        if isinstance(value, dict):
            return {words(k): words(v) for k, v in value.items()}
        return [words(v) for v in value] if isinstance(value, list | tuple) else value

    columns = {words(n): np.array(words(v.tolist())) for n, v in results.columns.items()}
    shown = [dataclasses.replace(p, name=words(p.name), impact=words(p.impact), vehicles=tuple(words(p.vehicles)))
             for p in results.pulses]  # fmt: skip
    meta = words(dict(results.meta))
    for name in ("type", "ends"):  # words of the model, not names
        for old, new in zip(results.meta["impacts"].values(), meta["impacts"].values(), strict=True):
            new[name] = old[name]
    return Results(columns, words(dict(results.dimensions)), shown, meta)


def with_failures(results: Results, case: int) -> Results:
    """One case of every impact has failed."""
    rows = results.columns["case"] == case
    columns = dict(results.columns)
    columns["status"] = np.where(rows, FAILED, columns["status"])
    for name, values in columns.items():
        metric = name in results.dimensions and values.dtype.kind == "f" and "closing" not in name
        if metric and (name not in results.labels):
            columns[name] = np.where(rows, np.nan, values)
    return Results(columns, results.dimensions, results.pulses, results.meta)


def styled(function, *arguments):
    with style.sheet_style():
        return function(*arguments)


def texts(figure) -> str:
    return " ".join(" ".join(t.get_text().split()) for t in figure.findobj(mpl.text.Text))


# ---- which figures there are ---------------------------------------------------------------------------------------

ALL = ["headline", "delta-v", "crush", "risk-head-on", "risk-wall", "routes-head-on", "routes-wall", "occupants-head-on", "occupants-wall", "pulses", "force-crush-slow",
       "force-crush-fast", "energy", "crumple-zone-grid"]  # fmt: skip


def test_every_figure_is_written(written):
    paths, _ = written
    assert [p.name for p in paths] == [f"{stem}{suffix}" for stem in ALL for suffix in (".svg", ".png")]
    for path in paths:
        if path.suffix == ".svg":
            svg = path.read_text(encoding="utf-8")
            assert "model result, not a crash test" in svg
            assert "<dc:date>" not in svg
        else:
            assert path.read_bytes().startswith(b"\x89PNG")
            assert b"Software" not in path.read_bytes()


def test_figures_built_again_give_the_same_bytes(results, written, tmp_path):
    again = {
        "headline": styled(tables.headline_table, results, "us"),
        "risk-wall": styled(risks.risk, results, "wall", "us"),
        "crumple-zone-grid": styled(maps.crumple_zone, results, "grid", "us"),
    }
    once = {path.name: path.read_bytes() for path in written[0]}
    for stem, figure in again.items():
        for suffix in plots.SUFFIXES:
            path = style.save(figure, tmp_path / f"{stem}{suffix}")
            assert path.read_bytes() == once[path.name], path.name


def test_panels_stand_where_every_process_puts_them(written):
    for figure in written[1].values():
        for ax in figure.axes:
            bounds = ax.get_position(original=True).bounds
            assert np.abs(np.array(bounds) - np.round(bounds, 6)).max() < 1e-14  # no noise of the layout's solver


def test_settings_of_the_user_neither_matter_nor_change(results, written, tmp_path):
    with mpl.rc_context({"font.size": 30, "axes.grid": False, "svg.fonttype": "path", "axes.facecolor": "pink"}):
        before = dict(mpl.rcParams)
        stem, figure = next(plots.figures(results, "us"))
        path = style.save(figure, tmp_path / f"{stem}.svg")
        assert dict(mpl.rcParams) == before
    assert path.read_bytes() == next(p for p in written[0] if p.name == path.name).read_bytes()


def test_figures_need_no_pyplot():
    code = "import sys, crashsim.output.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


def test_a_study_without_sweep_has_only_its_case():
    head_on = {k: v for k, v in STUDY["impacts"]["head-on"].items() if k != "sweep"}
    study = {**STUDY, "impacts": {"crumple-zone": head_on}, "output": {"units": "si"}}
    alone = crashsim.run(study)
    assert [stem for stem, _ in plots.figures(alone, "si")] == ["headline", "pulses", "force-crush-crumple-zone"]
    assert styled(speeds.delta_v, alone, "si") is None
    assert styled(speeds.energy, alone, "si") is None
    assert styled(risks.risk, alone, "crumple-zone", "si") is None
    assert styled(maps.crumple_zone, alone, "crumple-zone", "si") is None
    assert thresholds(alone) == []


def test_names_of_files_are_safe_and_differ():
    taken: set[str] = set()
    names = ["risk-a/b", "risk-a b", "../risk", "RISK-A-B", "漢", "CON", "x" * 300]
    stems = [plots.stem(name, taken) for name in names]
    assert len({stem.lower() for stem in stems}) == len(names)
    assert all(set(stem) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") for stem in stems)
    assert max(map(len, stems)) <= plots.LONGEST_STEM


# ---- what they say -------------------------------------------------------------------------------------------------


def test_captions_count_cases_beyond_the_model_and_failures(results):
    broken = with_failures(results, 2)
    status = {i: broken.sel(impact=i, vehicle="kei").columns["status"] for i in results.meta["impacts"]}
    beyond = {i: int((s == BEYOND_MODEL).sum()) for i, s in status.items()}
    assert beyond["head-on"] > 1  # else this test says nothing
    assert beyond["grid"] > 1
    risk = texts(styled(risks.risk, broken, "head-on", "us"))
    assert f"n = 9 cases, {beyond['head-on']} beyond the model (grey), 1 failed (not drawn)" in risk
    assert "two bands, never merged" in risk
    both = texts(styled(speeds.delta_v, broken, "us"))
    assert f"n = 18 cases, {beyond['head-on'] + beyond['wall']} beyond the model (grey), 2 failed (not drawn)" in both
    grid = texts(styled(maps.crumple_zone, broken, "grid", "us"))
    assert f"n = 12 cases, {beyond['grid']} beyond the model (grey), 1 failed (not drawn)" in grid
    for text in (risk, both, grid):
        assert f"crashsim {results.meta['version']} · model result, not a crash test" in text
        assert "judgement inputs (tag J): kei front (" in text
        assert "safety cell of kei" in text


def test_cases_beyond_the_model_are_grey_and_failures_are_gaps(results):
    broken = with_failures(results, 2)
    curve = speed_curves(broken, "head-on")[0]
    ax = styled(speeds.delta_v, broken, "us").axes[0]
    grey = [line for line in ax.lines if to_hex(line.get_color()) == style.GREY and line.get_linestyle() != "None"]
    drawn = np.zeros(9, dtype=bool)
    for line in grey:
        drawn |= np.isfinite(line.get_ydata())
    first = int(np.argmax(curve.beyond))
    assert np.array_equal(np.flatnonzero(drawn), np.arange(first - 1, 9))  # from the last good case on
    assert all(np.isnan(line.get_ydata()[2]) for line in ax.lines if len(line.get_ydata()) == 9)
    coloured = ax.lines[0]
    assert to_hex(coloured.get_color()).upper() == style.COLOURS[0]
    assert np.isnan(coloured.get_ydata()[first:]).all()


def test_the_primary_axis_follows_the_unit_system(results):
    for system, primary, factor in (("us", "mph", MPH), ("si", "km/h", 1 / 3.6)):
        ax = styled(speeds.delta_v, results, system).axes[0]
        assert ax.get_ylabel() == f"delta-v [{primary}]"
        expected = results["delta_v"].sel(impact="head-on", vehicle="kei", case=0).item() / factor
        assert ax.lines[0].get_ydata()[0] == pytest.approx(expected, rel=1e-12)
        others = {child.get_ylabel() or child.get_xlabel() for child in ax.child_axes}
        assert f"closing speed [{'km/h' if system == 'us' else 'mph'}]" in others


def test_bands_members_and_extrapolation_are_all_drawn(results):
    figure = styled(risks.risk, results, "head-on", "us")
    legend = {t.get_text().replace("\n", " ") for t in figure.legends[0].get_texts()}
    members = {n.split(".")[1] for n in results.columns if n.startswith("risk_mais3plus.") and n.count(".") == 1}
    members = {m for m in members if np.isfinite(results[f"risk_mais3plus.{m}"].sel(impact="head-on")).any()}
    titles = {results.meta["risk_curves"][m]["title"] for m in members - {"wang-2022-frontal"}}
    assert titles <= legend
    assert "central curve, front loaded: Wang 2022, frontal" in legend
    assert {"the same without the correction", "extrapolated", "beyond the model"} <= legend
    ax = figure.axes[2]  # MAIS3+ of the kei car
    outside = results["risk_mais3plus_extrapolated"].sel(impact="head-on", vehicle="kei").values
    central = results["risk_mais3plus"].sel(impact="head-on", vehicle="kei").values
    solid = [line for line in ax.lines if line.get_linewidth() == 2.6 and line.get_linestyle() == "-"]
    dashed = [line for line in ax.lines if line.get_linewidth() == 2.6 and line.get_linestyle() != "-"]
    assert outside.any()
    assert not any(np.isfinite(line.get_ydata()[outside]).any() for line in solid)
    assert np.isfinite(dashed[0].get_ydata()[outside]).all()
    assert solid[0].get_ydata()[1] == pytest.approx(central[1], rel=1e-12)


def test_the_history_encloses_the_dissipated_energy(results):
    figure = styled(pulses.force_crush, results, "slow", "si")
    for vehicle, ax in zip(("kei", "pickup"), figure.axes, strict=False):
        row = results.sel(impact="head-on", vehicle=vehicle, case=3)
        history = max((line for line in ax.lines), key=lambda line: len(line.get_xdata()))
        crush, force = np.asarray(history.get_xdata()) / 100.0, np.asarray(history.get_ydata()) * 1e3
        enclosed = np.trapezoid(force, crush)
        assert enclosed == pytest.approx(row["dissipated_energy"].item(), rel=2e-3)
        assert f"absorbed\n{row['absorbed_energy'].item() / 1e3:.0f} kJ" in [t.get_text() for t in ax.texts]


def test_the_layers_of_energy_add_up(results):
    ax = styled(speeds.energy, results, "us").axes[0]
    assert ax.get_ylim() == (0.0, 100.0)
    top = ax.lines[-1].get_ydata()
    assert np.allclose(top, 100.0, rtol=0, atol=0.1)
    shares = [line.get_ydata() for line in ax.lines]
    kei, pickup = (results.sel(impact="head-on", vehicle=vehicle) for vehicle in ("kei", "pickup"))
    energy, in_kei, in_pickup = (
        np.asarray(c) for c in (kei["energy_in"], kei["dissipated_energy"], pickup["dissipated_energy"])
    )
    assert np.allclose(shares[0], 100 * in_kei / energy, rtol=1e-9)
    assert np.allclose(shares[1], 100 * (in_kei + in_pickup) / energy, rtol=1e-9)
    assert np.allclose(shares[2] - shares[1], 100 * np.asarray(kei["restitution"]) ** 2, rtol=1e-9)
    in_restraints = 100.0 - shares[2]
    assert np.all((in_restraints > 0.5) & (in_restraints < 8.0))


def test_the_occupants_are_those_of_the_rows(results):
    figure = styled(occupants.occupants, results, "head-on", "si")
    factors = {"chest_3ms": 9.80665, "hic15": 1.0, "chest_deflection": 0.01, "excursion": 0.01}
    for ax, (name, factor) in zip(figure.axes, factors.items(), strict=False):
        for line, vehicle in zip(ax.lines[::2], ("kei", "pickup"), strict=False):
            shown = np.asarray(line.get_ydata())
            expected = results[name].sel(impact="head-on", vehicle=vehicle).values / factor
            drawn = np.isfinite(shown)
            assert drawn.any()
            np.testing.assert_allclose(shown[drawn], expected[drawn], rtol=1e-12)
    assert any("calibrated surrogate" in text.get_text().replace("\n", " ") for text in figure.texts)


def test_the_crumple_zone_map_hides_what_is_beyond_the_model(results):
    figure = styled(maps.crumple_zone, results, "grid", "si")
    here = results.sel(impact="grid", vehicle="kei")
    mesh = next(m for m in figure.axes[2].collections if np.ma.count(m.get_array()))
    shown = np.ma.masked_array(mesh.get_array())
    order = np.asarray(here.columns["olc"]).reshape(3, 4).T / 9.80665
    beyond = (here.columns["status"] == BEYOND_MODEL).reshape(3, 4).T
    assert np.array_equal(np.ma.getmaskarray(shown), beyond)
    assert np.allclose(shown.compressed(), order[~beyond])
    assert "see delta-v only" in texts(figure)
    assert "pickup: risk of MAIS3+" in texts(figure)


# ---- nothing is clipped, nothing is lost ---------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", [False, True])
def test_no_text_leaves_the_figure_and_no_block_covers_another(results, written, hostile):
    for stem, figure in plots.figures(renamed(results), "si") if hostile else written[1].items():
        with style.sheet_style():
            figure.draw_without_rendering()
            renderer = FigureCanvasAgg(figure).get_renderer()
            words = [t for t in set(figure.findobj(mpl.text.Text)) - ticks_of(figure) if t.get_text().strip()]
            boxes = {t.get_text(): t.get_window_extent(renderer) for t in words}
            blocks = [t.get_window_extent(renderer) for t in figure.texts]
            blocks += [legend.get_window_extent(renderer) for legend in figure.legends]
            blocks += [ax.get_tightbbox(renderer) for ax in figure.axes]
        page = figure.bbox.padded(1.0)
        for name, box in [*boxes.items(), *((stem, block) for block in blocks)]:
            assert page.x0 <= box.x0 <= box.x1 <= page.x1, (stem, name)
            assert page.y0 <= box.y0 <= box.y1 <= page.y1, (stem, name)
        for i, one in enumerate(blocks):
            for two in blocks[:i]:
                width = min(one.x1, two.x1) - max(one.x0, two.x0)
                height = min(one.y1, two.y1) - max(one.y0, two.y0)
                assert min(width, height) < 3.0, (stem, one, two)


def ticks_of(figure) -> set[mpl.text.Text]:
    """Labels of ticks may lie beyond their axis without being drawn; the boxes of the panels have those that are."""
    ticks = [tick for axis in figure.findobj(Axis) for tick in (*axis.majorTicks, *axis.minorTicks)]
    return {label for tick in ticks for label in (tick.label1, tick.label2)}


def test_hostile_names_stand_in_the_legend_as_typed(results):
    shown = renamed(results)
    figure = styled(speeds.delta_v, shown, "us")
    entries = [" ".join(t.get_text().split()) for t in figure.legends[0].get_texts()]
    for vehicle in (HOSTILE["kei"], HOSTILE["pickup"]):
        words = vehicle_words(shown, vehicle, "us")
        assert "(1,800 lb)" in words or "(5,500 lb)" in words
        assert " ".join(words.split()) in entries
    assert len(entries) == 5  # two vehicles, momentum twice, beyond the model
    assert " ".join(HOSTILE["head-on"].split()).replace("漢", "\ufffd") in texts(figure)


def test_long_words_are_cut_and_lines_fit():
    text = style.wrapped("short " + "w" * 200 + " end", 2.0, 9.0)
    assert all(style.text_width(line, 9.0) <= 2.0 for line in text.split("\n"))
    assert text.replace("\n", "").replace(" ", "") == "short" + "w" * 200 + "end"
    assert style.wrapped("", 2.0, 9.0) == ""


# ---- the numbers to quote ------------------------------------------------------------------------------------------


def test_headline_rows_hold_only_what_the_model_says(results):
    rows = headline(results)
    assert [(r["case"], r["vehicle"]) for r in rows] == [
        ("slow", "kei"), ("slow", "pickup"), ("fast", "kei"), ("fast", "pickup")]  # fmt: skip
    slow, fast = rows[0], rows[2]
    case = results.sel(impact="head-on", vehicle="kei", case=3)
    for name in ("closing_speed", "delta_v", "peak_acceleration", "olc", "dynamic_crush", "risk_mais3plus_high"):
        assert slow[name] == case[name].item()
    assert slow["status"] == "ok"
    assert fast["status"] == BEYOND_MODEL
    assert fast["extrapolated"]
    assert fast["delta_v"] > 0
    assert fast["risk_mais3plus"] > 0.9
    assert all(fast[name] is None for name in ("peak_acceleration", "olc", "dynamic_crush", "intrusion"))
    figure = styled(tables.headline_table, results, "us")
    assert texts(figure).count("beyond the model") == 3  # both vehicles, and the caption


def test_a_failed_case_has_no_numbers(results):
    row = headline(with_failures(results, 3))[0]
    assert row["status"] == FAILED
    assert row["closing_speed"] is not None
    assert all(row[name] is None for name in ("delta_v", "olc", "risk_mais3plus", "risk_fatal_low"))


def test_thresholds_lie_on_the_curves(results):
    rows = thresholds(results)
    assert len(rows) == 6  # kei and pickup head-on, kei into the wall; 10 % and 1 %
    for row in rows:
        curve = next(c for c in speed_curves(results, row["impact"]) if c.vehicle == row["vehicle"])
        for key, edge in (("closing_speed", ""), ("closing_speed_low", "_high"), ("closing_speed_high", "_low")):
            risk = curve.values(f"risk_mais3plus{edge}")
            if row[key] is None:
                assert risk.max() < row["risk"] or key in row["above_at_start"]
            else:
                assert np.interp(row[key], curve.closing_speed, risk) == pytest.approx(row["risk"], rel=1e-9)
    kei = rows[0]
    assert kei["closing_speed_low"] <= kei["closing_speed"] <= kei["closing_speed_high"]


def test_crossing_is_the_first_rise():
    x = np.array([0.0, 1.0, 2.0, 3.0])
    assert crossing(x, np.array([0.0, 0.2, 0.1, 0.3]), 0.1) == 0.5
    assert crossing(x, np.array([0.0, np.nan, 0.2, 0.3]), 0.1) == 1.0
    assert crossing(x, np.array([0.2, 0.3, 0.4, 0.5]), 0.1) is None
    assert crossing(x, np.array([0.1, 0.3, 0.4, 0.5]), 0.1) == 0.0
    assert crossing(x, np.zeros(4), 0.1) is None
    assert crossing(x, np.full(4, np.nan), 0.1) is None


def test_other_axes_of_a_grid_are_held_at_the_given_value():
    head_on = STUDY["impacts"]["head-on"]
    sweep = {"vehicles.kei.mass": ["700 kg", "820 kg", "900 kg"], **head_on["sweep"]}
    study = {**STUDY, "impacts": {"head-on": {**head_on, "sweep": sweep}}, "output": {"units": "si"}}
    results = crashsim.run(study)
    curve = speed_curves(results, "head-on")[0]
    assert curve.held == {"vehicles.kei.mass": 820.0}  # the library's kei car has 816 kg
    assert len(curve.rows) == 9
    assert set(curve.rows.columns["vehicles.kei.mass"]) == {820.0}
    assert "head-on at kei mass 820 kg" in texts(styled(speeds.delta_v, results, "si"))


@pytest.mark.parametrize(
    "p, text", [(0.0, "<0.1 %"), (0.00999, "1 %"), (0.123, "12 %"), (0.9899, "99 %"), (1.0, ">99 %")]
)
def test_percent_never_says_none_or_certain(p, text):
    assert tables.percent(p) == text
