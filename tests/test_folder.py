"""Result folders: whole or not at all, never over something else."""

import json
from pathlib import Path

import numpy as np
import pytest

import crashsim
from crashsim.cases import Study
from crashsim.engine.folder import folder_of, is_done, writing
from crashsim.results.files import write_data, write_manifest

STUDY = {
    "name": "tiny",
    "title": "Tiny",
    "vehicles": {"kei": {"use": "kei-car"}, "wall": {"use": "rigid-wall"}},
    "impacts": {"wall": {"type": "wall", "speed": {"kei": "40 km/h"}}},
}


def study(**changes: object) -> Study:
    return crashsim.load_study({**STUDY, **changes})


def write(loaded: Study, folder: Path) -> None:
    results = crashsim.run(loaded)
    with writing(folder) as partial:
        write_data(results, partial)
        write_manifest(results.meta, partial)


def test_the_name_of_the_folder_changes_with_the_numbers_only() -> None:
    assert folder_of(study()) == folder_of(study())
    assert folder_of(study()).name.startswith("tiny-")
    faster = {"wall": {"type": "wall", "speed": {"kei": "41 km/h"}}}
    respelled = {"wall": {"type": "wall", "speed": {"kei": "40.0 kph"}}}
    assert folder_of(study(impacts=faster)) != folder_of(study())
    assert folder_of(study(impacts=respelled)) == folder_of(study())


def test_done_only_when_complete_and_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    assert not is_done(folder, study())
    folder.mkdir()
    assert not is_done(folder, study())
    write(study(), folder)
    assert is_done(folder, study())


def test_another_study_is_refused_with_the_difference(tmp_path: Path) -> None:
    write(study(), tmp_path / "r")
    other = study(impacts={"wall": {"type": "wall", "speed": {"kei": "50 km/h"}}})
    with pytest.raises(crashsim.OutputError, match=r"impacts\.wall\.numbers\.speed\.kei: 11\.1.* there, 13\.8.* here"):
        is_done(tmp_path / "r", other)


def test_another_version_is_refused(tmp_path: Path) -> None:
    write(study(), tmp_path / "r")
    path = tmp_path / "r" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": "0.0.1", "fingerprint": "x"}))
    with pytest.raises(crashsim.OutputError, match=r"crashsim 0\.0\.1, this is"):
        is_done(tmp_path / "r", study())


@pytest.mark.parametrize("damage, word", [("write_text", "changed"), ("unlink", "removed")])
def test_a_damaged_run_is_not_called_done(tmp_path: Path, damage: str, word: str) -> None:
    write(study(), tmp_path / "r")
    victim = tmp_path / "r" / "summary.csv"
    victim.unlink() if damage == "unlink" else victim.write_text("x")
    with pytest.raises(crashsim.OutputError, match=word):
        is_done(tmp_path / "r", study())


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(crashsim.OutputError, match="other files"):
        is_done(tmp_path, study())


def test_force_replaces_results_but_keeps_the_users_own_files(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write(study(), folder)
    (folder / "notes.txt").write_text("mine")
    (folder / "figures").mkdir()
    (folder / "figures" / "own.txt").write_text("mine too")
    other = study(impacts={"wall": {"type": "wall", "speed": {"kei": "50 km/h"}}})
    write(other, folder)
    assert is_done(folder, other)
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "figures" / "own.txt").read_text() == "mine too"
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    write(study(), tmp_path / "r")
    before = (tmp_path / "r" / "manifest.json").read_bytes()

    class Trouble(Exception):
        pass

    def fail() -> None:
        with writing(tmp_path / "r") as partial:
            (partial / "summary.csv").write_text("half")
            raise Trouble

    with pytest.raises(Trouble):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["r"]
    assert (tmp_path / "r" / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("name", ["file/inside", "bad\0name"])
def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(crashsim.OutputError), writing(tmp_path / name):
        pytest.fail("the folder must not open")


def test_save_and_load_give_the_same_results(tmp_path: Path) -> None:
    results = crashsim.run(study())
    results.save(tmp_path / "r")
    loaded = crashsim.load(tmp_path / "r")
    assert list(loaded.columns) == list(results.columns)
    for name, values in results.columns.items():
        np.testing.assert_array_equal(loaded.columns[name], values)
    assert loaded.dimensions == dict(results.dimensions)
    assert loaded.pulses[0].vehicles == results.pulses[0].vehicles
    np.testing.assert_array_equal(loaded.pulses[0].acceleration, results.pulses[0].acceleration)
    with pytest.raises(crashsim.OutputError, match="already holds"):
        results.save(tmp_path / "r")


def test_load_refuses_what_was_not_written(tmp_path: Path) -> None:
    with pytest.raises(crashsim.OutputError, match="no results here"):
        crashsim.load(tmp_path)
    crashsim.run(study()).save(tmp_path / "r")
    (tmp_path / "r" / "results.parquet").write_bytes(b"PAR1")
    with pytest.raises(crashsim.OutputError, match="not the file that was written"):
        crashsim.load(tmp_path / "r")
    (tmp_path / "r" / "manifest.json").write_text("{")
    with pytest.raises(crashsim.OutputError, match="cannot be read"):
        crashsim.load(tmp_path / "r")
