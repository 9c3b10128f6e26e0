"""Figures drawn by several processes: the same names and bytes as by one."""

import crashsim
from crashsim.output import plots, workers

STUDY = {
    "name": "many",
    "vehicles": {"kei": {"use": "kei-car"}, "wall": {"use": "rigid-wall"}},
    "impacts": {"wall": {"type": "wall", "speed": {"kei": "40 km/h"}}},
    "output": {"pulses": [{"name": "a b", "impact": "wall"}, {"name": "a-b", "impact": "wall"}]},
}


def test_two_processes_write_what_one_writes(tmp_path, monkeypatch):
    results = crashsim.run(STUDY)
    few = {name: plots.FIGURES[name] for name in ("headline", "force-crush")}
    monkeypatch.setattr(plots, "FIGURES", few)  # here; a process that draws has them all
    one = plots.write_figures(results, tmp_path / "one", "si")
    monkeypatch.setattr(workers, "ENOUGH", 0)
    two = workers.write_figures(results, tmp_path / "two", "si", 2)
    assert [path.name for path in two] == [path.name for path in one]
    assert [path.name for path in one[2::2]] == ["force-crush-a-b.svg", "force-crush-a-b-2.svg"]
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == sorted(path.name for path in one)
    for a, b in zip(one, two, strict=True):
        assert a.read_bytes() == b.read_bytes()
