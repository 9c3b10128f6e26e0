"""Numbers drawn unasked are not kept in large stores; they follow from study and case alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import crashsim
from crashsim.engine import groups, store
from crashsim.engine.possible import always_possible
from crashsim.sampling import Uniform

TREE = {
    "name": "draws",
    "vehicles": {
        "kei": {"use": "kei-car", "front": {"plateau": {"normal": {"mean": "230 kN", "sd": "25 kN", "from": "150 kN", "to": "310 kN"}}}},
        "pickup": {"use": "full-size-pickup"},
    },
    "impacts": {"head-on": {"type": "head-on", "speed": {"kei": "25 mph", "pickup": "25 mph"}}},
    "sampling": {"samples": 512},
    "output": {"store": "all"},
}  # fmt: skip
ASKED = "vehicles.kei.front.plateau"


def columns(loaded, wanted=None):
    """The rows of the first group."""
    kept = []
    of = store.task(loaded)
    groups.compute(of.plan, of.plan.groups[0], keep=kept.append, wanted=wanted)
    return of, kept[0]


def test_a_large_store_keeps_what_the_study_asked_for(monkeypatch):
    loaded = crashsim.load_study(TREE)
    of, rows = columns(loaded)
    everything = set(of.schemas[store.SAMPLES].names)
    monkeypatch.setattr(store, "MOST_KEPT", 100)
    few = set(store.task(loaded).schemas[store.SAMPLES].names)
    drawn = {number.path for number in loaded.impacts[0].random}
    assert ASKED in few
    assert everything - few == drawn - {ASKED}
    _, fewer = columns(loaded, few)
    assert all(
        np.array_equal(fewer[name], rows[name], equal_nan=name not in ("impact", "vehicle", "partner", "end", "status"))
        for name in few
    )
    assert not (everything - few) & fewer.keys()


def test_what_is_left_out_is_computed_again():
    loaded = crashsim.load_study(TREE)
    _, rows = columns(loaded)
    here = rows["vehicle"] == "kei"
    again = crashsim.draws(loaded, "head-on", first=100, last=300)
    assert set(again) == {number.path for number in loaded.impacts[0].random}
    assert all(np.array_equal(values, rows[path][here][100:300]) for path, values in again.items())


def test_cases_and_impacts_that_are_not_there():
    with pytest.raises(crashsim.CrashsimError, match=r"did you mean .head-on"):
        crashsim.draws(TREE, "head-onn")
    with pytest.raises(crashsim.CrashsimError, match="expected some of 0 to 512"):
        crashsim.draws(TREE, last=513)


def test_restraints_are_known_to_be_possible_element_by_element():
    loaded = crashsim.load_study(TREE)
    assert always_possible(loaded.impacts[0])
    path = "vehicles.kei.occupant.airbag.fire_time"  # up to long after the bag is full
    late = [replace(n, distribution=Uniform(0.02, 0.2)) if n.path == path else n for n in loaded.impacts[0].random]
    assert path in {number.path for number in late}
    assert not always_possible(replace(loaded.impacts[0], random=tuple(late)))
