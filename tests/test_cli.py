"""The commands as a user types them, in a process of their own where start-up matters."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from crashsim.cli import FAILED_CASES, WRONG_INPUT, cli

SMALL = """
name: small
title: Small study
vehicles:
  kei: {use: kei-car}
  pickup: {use: full-size-pickup}
impacts:
  head-on:
    type: head-on
    speed: {kei: 20 mph, pickup: 20 mph}
    restitution: 0.1
    sweep:
      speed.kei: [10 mph, 20 mph, 30 mph]
"""

FORBIDDEN = {"numba", "scipy", "matplotlib", "pyarrow", "numpy", "pydantic", "yaml"}


def crashsim(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "crashsim", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment}, timeout=240
    )


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder in which the small study has been run, and what that said."""
    place = tmp_path_factory.mktemp("ran")
    (place / "small.yaml").write_text(SMALL)
    return place, crashsim("run", "small.yaml", cwd=place)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom crashsim.cli import cli\n"
        f"try:\n    cli.main({arguments!r})\nexcept SystemExit as stop:\n    assert not stop.code\n"
        f"print(sorted({FORBIDDEN!r} & {{name.split('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["check", "highway"], ["list", "vehicles"], ["show", "kei-car"]])
def test_light_commands_do_without_the_heavy_libraries(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom crashsim.cli import cli\n"
        f"cli.main({arguments!r}, standalone_mode=False)\n"
        "heavy = {'numba', 'scipy', 'matplotlib', 'pyarrow'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_run_writes_everything_and_says_so(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    place, done = ran
    assert done.returncode == 0, done.stderr
    (folder,) = (place / "runs").iterdir()
    assert done.stdout.rstrip().endswith(f"written: runs/{folder.name}")
    assert done.stderr == ""
    names = {p.name for p in folder.iterdir()}
    assert names == {"report.md", "report.html", "summary.csv", "results.parquet", "bands.csv", "bands.parquet", "samples.parquet", "pulses.nc",
                     "manifest.json", "figures"}  # fmt: skip
    figures = {p.name for p in (folder / "figures").iterdir()}
    assert {"delta-v.svg", "delta-v.png"} <= figures
    report = (folder / "report.md").read_text()
    for name in figures:
        assert name.endswith(".svg") or f"figures/{name}" in report

    again = crashsim("run", "small.yaml", cwd=place)
    assert again.returncode == 0
    assert "already done" in again.stdout
    assert [line for line in again.stdout.splitlines() if "written" not in line][:-1] == done.stdout.splitlines()[:-1]


def test_run_from_any_folder_by_name_and_by_path(tmp_path: Path) -> None:
    done = crashsim("run", "wall_56kmh", "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    again = crashsim("run", "configs/wall_56kmh.yaml", cwd=tmp_path)
    assert again.returncode == 0
    assert "already done" in again.stdout


def test_json_is_the_headline_alone(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    done = crashsim("run", "small.yaml", "--json", cwd=ran[0])
    headline = json.loads(done.stdout)
    kei = next(row for row in headline["cases"] if row["vehicle"] == "kei")
    pickup = next(row for row in headline["cases"] if row["vehicle"] == "pickup")
    assert kei["delta_v"] / pickup["delta_v"] == pytest.approx(5500 / 1800, rel=1e-12)
    assert headline["note"] == "model result, not a crash test"
    assert len(headline["answer"]) == 2
    assert all(vehicle in headline["answer"][0] for vehicle in ("kei", "pickup"))


def test_two_runs_give_the_same_bytes(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    place, _ = ran
    (one,) = (place / "runs").iterdir()
    two = place / "two"
    assert crashsim("run", "small.yaml", "--quiet", "--out", "two", cwd=place).returncode == 0
    files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file() and p.name != "manifest.json")
    assert files == sorted(p.relative_to(two) for p in two.rglob("*") if p.is_file() and p.name != "manifest.json")
    assert [f for f in files if (one / f).read_bytes() != (two / f).read_bytes()] == []
    first, second = (json.loads((folder / "manifest.json").read_text()) for folder in (one, two))
    assert {k: v for k, v in first.items() if k != "wall_time_s"} == {
        k: v for k, v in second.items() if k != "wall_time_s"
    }


def test_a_wrong_study_lists_every_problem_and_writes_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(SMALL.replace("20 mph, pickup", "20 mhp, pickup").replace("use: kei-car", "use: kei-cra"))
    done = crashsim("run", str(bad), cwd=tmp_path)
    assert done.returncode == WRONG_INPUT
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert any("bad.yaml:5:14: vehicles.kei.use" in line and "did you mean 'kei-car'" in line for line in lines)
    assert any("unknown speed unit 'mhp'; did you mean 'mph'" in line for line in lines)
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.yaml"]


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["runn", "highway"], "run"),
        (["run", "highwy"], "did you mean 'highway'"),
        (["show", "kei-cra"], "did you mean 'kei-car'"),
        (["check", "no-such.yaml"], "no such file"),
        (["list", "vehicle"], "vehicles"),
        (["run", "highway", "--unit", "si"], "--units"),
    ],
)
def test_wrong_use_is_exit_2_with_the_nearest_name(arguments: list[str], expected: str, tmp_path: Path) -> None:
    done = crashsim(*arguments, cwd=tmp_path)
    assert done.returncode == WRONG_INPUT
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_failed_cases_show_in_the_exit_status(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from crashsim.engine import local

    monkeypatch.setattr(local, "ENERGY_LIMIT", -1.0)  # every ledger is off
    monkeypatch.chdir(tmp_path)
    status = cli.main(["run", str(study)], standalone_mode=False)
    assert status == FAILED_CASES
    assert "cases failed: contact lasts longer than the 300 ms" in " ".join(capsys.readouterr().out.split())


def test_lists_and_shows_name_sources(tmp_path: Path) -> None:
    runner = CliRunner()
    for kind in ("vehicles", "restraints", "occupants", "risk", "studies"):
        names = [row["name"] for row in json.loads(runner.invoke(cli, ["list", kind, "--json"]).output)]
        assert names == sorted(names) or kind == "vehicles"  # those are sorted by class and mass
        for name in names:
            shown = runner.invoke(cli, ["show", name])
            assert shown.exit_code == 0
            assert "source" in shown.output or kind == "studies" or name == "rigid-wall"


def test_new_writes_a_good_study_with_its_schema_and_never_overwrites(tmp_path: Path) -> None:
    assert crashsim("new", "mine", cwd=tmp_path).returncode == 0
    assert {p.name for p in tmp_path.iterdir()} == {"mine.yaml", "study.schema.json"}
    assert crashsim("check", "mine.yaml", cwd=tmp_path).returncode == 0
    before = (tmp_path / "mine.yaml").read_text()
    again = crashsim("new", "mine", cwd=tmp_path)
    assert again.returncode == WRONG_INPUT
    assert "already exists" in again.stderr
    assert (tmp_path / "mine.yaml").read_text() == before
