"""Result folders: whole or not at all, never over something else."""

import contextlib
import hashlib
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
    other = study(impacts=OTHER)
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


def test_a_folder_with_other_files_is_refused_even_by_force(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "report.md").write_text("precious")
    with pytest.raises(crashsim.OutputError, match="files that crashsim did not write"):
        is_done(folder, study())
    with pytest.raises(crashsim.OutputError, match="files that crashsim did not write"):
        write(study(), folder)
    assert (folder / "report.md").read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


OTHER = {"wall": {"type": "wall", "speed": {"kei": "50 km/h"}}}


def test_force_replaces_results_but_keeps_the_users_own_files(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write(study(), folder)
    (folder / "notes.txt").write_text("mine")
    (folder / "own").mkdir()
    (folder / "own" / "link").symlink_to("nowhere")
    write(study(impacts=OTHER), folder)
    assert is_done(folder, study(impacts=OTHER))
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "own" / "link").is_symlink()
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_a_users_file_in_the_way_of_a_new_one_stops_the_replacement(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write(study(), folder)
    manifest = (folder / "manifest.json").read_text()
    stripped = json.loads(manifest)
    del stripped["files"]["summary.csv"]  # as if the old run had had no such file
    (folder / "manifest.json").write_text(json.dumps(stripped))
    (folder / "summary.csv").write_text("mine")
    with pytest.raises(crashsim.OutputError, match=r"summary\.csv: is not of the run"):
        write(study(impacts=OTHER), folder)
    assert (folder / "summary.csv").read_text() == "mine"
    assert json.loads((folder / "manifest.json").read_text()) == stripped


def test_a_replacement_that_was_cut_off_can_be_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "r"
    write(study(), folder)
    (folder / "notes.txt").write_text("mine")
    real = Path.replace

    def cut_off(self: Path, target: Path) -> Path:
        if self.name == "manifest.json":
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "replace", cut_off)
    with pytest.raises(KeyboardInterrupt):
        write(study(impacts=OTHER), folder)
    monkeypatch.undo()
    with pytest.raises(crashsim.OutputError, match="did not finish"):
        is_done(folder, study(impacts=OTHER))
    write(study(impacts=OTHER), folder)
    assert is_done(folder, study(impacts=OTHER))
    assert (folder / "notes.txt").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_a_damaged_manifest_is_refused_before_anything_moves(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write(study(), folder)
    (folder / "manifest.json").write_text("{")
    before = sorted(p.name for p in folder.iterdir())
    with pytest.raises(crashsim.OutputError, match="cannot be read"):
        write(study(), folder)
    assert sorted(p.name for p in folder.iterdir()) == before


def test_the_current_folder_is_no_place_for_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for place in (Path(), Path(".."), Path("../here")):
        with pytest.raises(crashsim.OutputError, match="current folder"):
            write(study(), place)


def test_rows_saved_from_python_are_not_a_run(tmp_path: Path) -> None:
    crashsim.run(study()).save(tmp_path / "r")
    with pytest.raises(crashsim.OutputError, match="saved from Python"):
        is_done(tmp_path / "r", study())


def test_an_edited_curve_is_another_build(monkeypatch: pytest.MonkeyPatch) -> None:
    from crashsim.engine import manifest

    before = folder_of(study())
    monkeypatch.setattr(manifest, "build", lambda: "edited")
    assert folder_of(study()) != before


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
    results.save(str(tmp_path / "r"))
    loaded = crashsim.load(str(tmp_path / "r"))
    assert list(loaded.columns) == list(results.columns)
    for name, values in results.columns.items():
        np.testing.assert_array_equal(loaded.columns[name], values)
    assert loaded.dimensions == dict(results.dimensions)
    assert loaded.pulses[0].vehicles == results.pulses[0].vehicles
    np.testing.assert_array_equal(loaded.pulses[0].acceleration, results.pulses[0].acceleration)
    with pytest.raises(crashsim.OutputError, match="is not empty"):
        results.save(tmp_path / "r")


def test_load_refuses_what_was_not_written(tmp_path: Path) -> None:
    with pytest.raises(crashsim.OutputError, match="no results here"):
        crashsim.load(tmp_path)
    crashsim.run(study()).save(tmp_path / "r")
    (tmp_path / "r" / "results.parquet").write_bytes(b"PAR1")
    with pytest.raises(crashsim.OutputError, match="not the file that was written"):
        crashsim.load(tmp_path / "r")
    for text in ("{", "[]", "{}", '{"crashsim": "other"}', "[" * 100_000):
        (tmp_path / "r" / "manifest.json").write_text(text)
        with pytest.raises(crashsim.OutputError, match=r"cannot be read|not a manifest"):
            crashsim.load(tmp_path / "r")


@pytest.mark.parametrize("name", ["results.parquet", "pulses.nc"])
def test_a_lying_file_is_one_clear_error(tmp_path: Path, name: str) -> None:
    """Right hash, wrong content: every cut and many flips end in OutputError and nothing else."""
    crashsim.run(study()).save(tmp_path / "r")
    whole = (tmp_path / "r" / name).read_bytes()
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text())
    rng = np.random.default_rng(5)
    for _ in range(40):
        data = bytearray(whole[: rng.integers(len(whole))])
        for at in rng.integers(max(len(data), 1), size=8):
            data[at : at + 1] = rng.bytes(1)
        (tmp_path / "r" / name).write_bytes(data)
        manifest["files"][name] = hashlib.sha256(data).hexdigest()
        (tmp_path / "r" / "manifest.json").write_text(json.dumps(manifest))
        with contextlib.suppress(crashsim.OutputError):
            crashsim.load(tmp_path / "r")
