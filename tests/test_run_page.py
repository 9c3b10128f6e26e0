"""The page of a run: its sentences, its inputs with their evidence, and a study that can be typed again from it."""

from dataclasses import replace

import pytest

import crashsim
from crashsim.config.mapping import study_text
from crashsim.config.study import load_study
from crashsim.engine.manifest import fingerprint
from crashsim.output import html, plots
from crashsim.output.basis import GIVEN
from crashsim.output.quote import quote
from crashsim.output.run_page import LEFT_OUT, SEEN, run_page

STUDY = {
    "name": "page",
    "title": "Kei <script>alert(1)</script> & pickup",
    "question": "NO, 1e3: 'how' \"much\"? # {{x}}",
    "vehicles": {"kei": {"use": "kei-car", "mass": "850 kg"}, "pickup": {"use": "full-size-pickup"}},
    "impacts": {"head-on": {"type": "head-on", "speed": {"kei": "30 mph", "pickup": "30 mph"}}},
    "sampling": {"samples": 64},
}


@pytest.fixture(scope="module")
def results():
    return crashsim.run(STUDY)


@pytest.fixture(scope="module")
def page(results):
    return run_page(results, [], "us")


def test_the_answer_is_the_two_sentences(page, results):
    assert page.answer == tuple(quote(results, "us"))
    assert len(page.answer) == 2


def test_every_number_that_was_used_and_rests_on_judgement_is_named_so(page, results):
    found = {row.what: row for row in page.basis}
    used = {path for impact in results.meta["impacts"].values() for path in impact["numbers"]}
    judged = {path.removeprefix("vehicles.") for path in results.meta["judgement"] if path in used}
    assert judged
    assert {found[path].evidence for path in judged} == {"J", "M?"}  # judgement, and from memory and doubtful
    assert all(found[path].source for path in judged)
    assert (found["kei.mass"].value, found["kei.mass"].evidence) == ("850 kg", GIVEN)
    assert found["front of the kei"].evidence == results.meta["vehicles"]["kei"]["evidence"]
    assert any(what.startswith("risk curve: Wang 2022") for what in found)


def test_the_study_as_typed_can_be_typed_again(page, tmp_path):
    path = tmp_path / "page.yaml"
    path.write_text(page.typed, encoding="utf-8")
    assert fingerprint(load_study(str(path))) == fingerprint(load_study(STUDY))
    assert page.typed == study_text(load_study(STUDY).typed)


def test_the_figure_that_answers_comes_first(results, tmp_path):
    names = ("headline", "delta-v", "energy", "risk-head-on", "pulses", "zebra")
    files = [tmp_path / f"{name}{suffix}" for name in names for suffix in (".svg", ".png")]
    plates = run_page(results, files, "us").plates
    assert [plate.svg.stem for plate in plates] == ["risk-head-on", "delta-v", "energy", "pulses", "zebra"]
    assert all("not a crash test" in plate.caption and plate.alt for plate in plates)


def test_every_family_of_figures_has_its_words():
    assert SEEN.keys() | {LEFT_OUT} == plots.FIGURES.keys()


def test_it_is_written_as_text(page, tmp_path):
    html.write_page(replace(page, plates=()), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<title>Kei &lt;script&gt;alert(1)&lt;/script&gt; &amp; pickup</title>" in text
    assert text.count("<script>") == 1
