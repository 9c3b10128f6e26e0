"""Everyone against everyone: every pair is the crash that a run computes, seen from both sides; who pays follows."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from crashsim import run
from crashsim.cli import cli
from crashsim.config.questions.matrix import load_matrix
from crashsim.engine.matrix import DUMMY, FIELD, matrix
from crashsim.errors import ConfigError, LibraryError
from crashsim.output import matrix as output
from crashsim.output.matrix_maps import maps

MASSES = {"light": "800 kg", "middle": "1200 kg", "heavy": "2400 kg"}


def question(**more):
    return {
        "name": "few",
        "vehicles": {"heavy": {"use": "full-size-pickup", "mass": MASSES["heavy"]}, "light": {"use": "kei-car", "mass": MASSES["light"]},
                     "middle": {"use": "compact", "mass": MASSES["middle"]}},
        "crash": {"type": "head-on", "speed": {"first": "12 m/s", "second": "12 m/s"}},
        "sampling": {"samples": 16},
        **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def asked():
    return load_matrix(question())


@pytest.fixture(scope="module")
def found(asked):
    return matrix(asked, threads=1)


# ---- numbers -----------------------------------------------------------------------------------------------------------


def test_the_lightest_comes_first_and_both_see_one_crash(found):
    assert found.names == ("light", "middle", "heavy")
    np.testing.assert_allclose(found.mass, [800.0, 1200.0, 2400.0])
    apart = ~np.eye(3, dtype=bool)
    for both in found.values.values():
        np.testing.assert_array_equal(both[1][apart], both[0].T[apart])
    like = found.values["delta_v"][:, [0, 1, 2], [0, 1, 2]]
    np.testing.assert_allclose(like[0], like[1])
    assert found.crashes == 6 * 16


def test_delta_v_goes_by_the_inverse_masses(found):
    own, partner = found.values["delta_v"]
    np.testing.assert_allclose(own / partner, found.mass[None, :] / found.mass[:, None], rtol=1e-9)


def test_a_pair_is_the_crash_that_a_run_computes(found):
    vehicles = {
        name: {"use": use, "mass": MASSES[name]} for name, use in (("light", "kei-car"), ("heavy", "full-size-pickup"))
    }
    results = run(
        {
            "name": "one",
            "vehicles": vehicles,
            "impacts": {"x": {"type": "head-on", "speed": dict.fromkeys(vehicles, "12 m/s")}},
        }
    )
    for name in ("delta_v", "intrusion", FIELD, f"{FIELD}_low", f"{FIELD}_high", DUMMY):
        for role, vehicle in enumerate(("light", "heavy")):
            assert found.values[name][role, 0, 2] == pytest.approx(
                float(results[name].sel(vehicle=vehicle).item()), rel=1e-9
            )


def test_who_pays_is_the_ratio_of_the_two_risks(found):
    ratio = found.who_pays()
    np.testing.assert_allclose(ratio * ratio.T, 1.0)
    assert ratio[0, 2] == found.values[FIELD][0, 0, 2] / found.values[FIELD][0, 2, 0] > 1.0
    assert found.mean_risk()[0] == pytest.approx((found.values[FIELD][0, 0, 1] + found.values[FIELD][0, 0, 2]) / 2)


def test_the_samples_span_a_band(found):
    low, high = found.values["delta_v.p05"][0], found.values["delta_v.p95"][0]
    assert np.all(low < high)
    none = matrix(load_matrix(question(sampling={"samples": 1})), threads=1)
    assert np.isnan(none.values["delta_v.p05"]).all()
    np.testing.assert_array_equal(none.values["delta_v"], found.values["delta_v"])


def test_the_row_strikes_the_column_where_it_is_not_the_same_to_both():
    crash = {"type": "rear-end", "speed": {"first": "15 m/s", "second": "0 m/s"}}
    struck = matrix(load_matrix(question(crash=crash, order="risk", sampling={"samples": 1})), threads=1)
    assert struck.crashes == 9
    light, heavy = struck.names.index("light"), struck.names.index("heavy")
    assert struck.values["delta_v"][1, light, heavy] < struck.values["delta_v"][1, heavy, light]  # of what is struck
    assert np.isnan(struck.values[DUMMY][1]).all()  # no dummy is offered for it
    assert list(struck.mean_risk()) == sorted(struck.mean_risk(), reverse=True)
    assert "risk-partner" in [shown.name for shown in maps(struck, "si")]


def test_what_is_beyond_the_model_keeps_its_delta_v_alone():
    crash = {"type": "head-on", "speed": {"first": "35 m/s", "second": "35 m/s"}}
    fast = matrix(load_matrix(question(crash=crash, sampling={"samples": 1})), threads=1)
    assert fast.beyond[0, 2]
    assert np.isfinite(fast.values["delta_v"][0, 0, 2])
    assert np.isfinite(fast.values[FIELD][0, 0, 2])
    assert np.isnan(fast.values["intrusion"][0, 0, 2])
    assert np.isnan(fast.values[DUMMY][0, 0, 2])
    assert "beyond the model" in " ".join(output.findings(fast, "si"))


# ---- files -------------------------------------------------------------------------------------------------------------


def test_two_sentences_with_both_bands(found, asked):
    first, second = output.answer(found, asked, "si")
    assert first.startswith("Head-on at 43 km/h each, the light (800 kg) takes a delta-v of")
    assert "published curves disagree" in second
    assert "inputs 5-95 %" in second
    low, high = (100 * found.values[f"{FIELD}{edge}"][0, 0, 2] for edge in ("_low", "_high"))
    assert f"{low:.2g} to {high:.2g} %" in second


def test_the_command_writes_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.yaml").write_text(json.dumps(question()), encoding="utf-8")  # YAML reads JSON
    command = ["matrix", "few.yaml", "--out", "out"]
    first, again = (CliRunner().invoke(cli, command, catch_exceptions=False).output for _ in range(2))
    assert again == first.replace("written: out", "already done: out")
    rows = list(csv.DictReader((tmp_path / "out" / "pairs.csv").read_text().splitlines()))
    assert [(r["vehicle"], r["partner"]) for r in rows[:2]] == [("light", "light"), ("light", "middle")]
    assert len(rows) == 9
    data = json.loads(CliRunner().invoke(cli, [*command, "--json"], catch_exceptions=False).stdout)
    assert len(data["answer"]) == 2
    assert [row["vehicle"] for row in data["against"]] == ["light", "middle", "heavy"]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    assert data["answer"][0] in page
    assert page.count("<figure") == 5


# ---- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, where, words",
    [
        ({"vehicles": {"a": {"use": "kei-cra"}, "b": {"use": "compact"}}}, "vehicles.a.use", "kei-car"),
        ({"vehicles": {"a": {"use": "kei-car"}, "w": {"use": "rigid-wall"}}}, "vehicles.w", "a wall goes nowhere"),
        ({"quote": ["light", "lihgt"]}, "quote[1]", "no vehicle called 'lihgt'"),
        ({"quote": ["light", "light"]}, "quote", "expected two vehicles"),
        ({"crash": {"type": "head-on", "speed": {"first": "10 m/s"}}}, "crash.speed.second", "missing"),
        ({"order": "size"}, "order", "expected mass or risk"),
    ],
)
def test_problems_have_their_place(change, where, words):
    with pytest.raises(ConfigError) as error:
        load_matrix(question(**change))
    (problem,) = error.value.problems
    assert problem.path == where
    assert words in problem.message


def test_an_unknown_name_is_answered():
    with pytest.raises(LibraryError, match="shipped: matrix"):
        load_matrix("matrxi")


def test_the_shipped_matrix_is_whole():
    shipped = load_matrix("matrix")
    assert len(shipped.pairs) == len(shipped.vehicles) * (len(shipped.vehicles) + 1) / 2
    assert shipped.mutual
