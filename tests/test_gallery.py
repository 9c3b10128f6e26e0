"""The gallery says what the commands say: its page, its figures, and the sentences of the studies that are quick to run again."""

from __future__ import annotations

import re

import pytest

import crashsim
from benchmarks import gallery
from crashsim.config.study import load_study
from crashsim.output.quote import quote

PAGE = gallery.PAGE.read_text(encoding="utf-8")


def test_an_entry_is_its_question_its_command_and_its_sentences() -> None:
    entry = gallery.ENTRIES[0]
    known = {"answer": ["One.", "Two."], "seconds": 3.2, "figure": "highway.svg", "page": 1_900_000}
    text = gallery.page({entry: known})
    assert "crashsim run highway" in text
    assert "> One.\n>\n> Two.\n" in text
    assert "(figures/highway.svg)" in text
    assert "| `crashsim run highway` | 3 s | 1.9 MB |" in text


def test_every_figure_is_there_and_small() -> None:
    shown = re.findall(r"\(figures/([^)]+)\)", PAGE)
    assert shown
    assert {path.name for path in gallery.FIGURES.iterdir()} == set(shown)
    for name in shown:
        assert (gallery.FIGURES / name).stat().st_size <= gallery.LARGEST


@pytest.mark.parametrize("name", ["technology", "imports"])
def test_the_page_has_the_sentences_of_today(name: str) -> None:
    results = crashsim.run(load_study(name))  # 256 samples, by the file
    for sentence in quote(results, results.meta["units"]):
        assert f"> {sentence}" in PAGE
