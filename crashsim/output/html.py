"""A page as one file that asks nothing of anyone: styles, the script that sorts tables and figures stand in it.

Its policy lets nothing else run or load.  Every text is escaped by `markup.tag`; figures go through `svg.inlined`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from crashsim.output.library import TAG_WORDS
from crashsim.output.markup import Markup, joined, tag
from crashsim.output.page import Basis, Page, Plate, Table
from crashsim.output.svg import inlined

LIMIT: Final = 3_000_000  # bytes: what does not fit is named with its file
SURROGATE: Final = "Model result, not a crash test: a lumped model is a calibrated surrogate."
SHOWN: Final = 12  # rows of what it rests on that are not folded away
EVIDENCE: Final = {**TAG_WORDS, "class": "law fitted to its class"}
STRENGTH: Final = {
    "S": "strong",
    "C": "strong",
    "measured": "strong",
    "as typed": "strong",
    "class": "middle",
    "M": "middle",
}  # others: weak
_UNIT: Final = re.compile(r"(?<=\d) (?=(?:%|mph|km/h|g|in|lb|lbf|kg|kN|kJ|mm|cm|ms)(?![\w]))")
_NUMERIC: Final = re.compile(r"[-−+±<>≤≥~]?\s?[\d.]|[-–]?$")


def write_page(page: Page, path: Path) -> None:
    """Write a page as one HTML file of at most 3 MB; figures beyond that are named with their file.

    Raises OutputError when a figure cannot be read or is none.
    """
    path.write_text(rendered(page, path.parent), encoding="utf-8")


def rendered(page: Page, folder: Path) -> str:
    """The page as HTML; ``folder`` is where it will stand, for the names of files."""
    room = LIMIT - len(_document(page, []).encode())
    figures = []
    for number, plate in enumerate(page.plates, 1):
        figure = _plate(plate, number)
        size = len(figure.encode()) + 1
        if size > room:
            figure = _named(plate, folder)
            size = len(figure.encode()) + 1
        figures.append(figure)
        room -= size
    return _document(page, figures)


def _document(page: Page, figures: Sequence[Markup]) -> str:
    body = tag("body", tag("a", "Skip to the answer", class_="skip", href="#answer"), _header(page),
               tag("main", joined(*_sections(page, figures))), _footer(page), tag("script", _asset("page.js")))  # fmt: skip
    return f"<!doctype html>\n{tag('html', _head(page), body, lang='en')}\n"


def _head(page: Page) -> Markup:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy()),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href="data:,"),
        tag("title", page.title),
        tag("style", _asset("page.css")),
    )


def policy() -> str:
    """The content security policy: this style, this script, pictures that stand in the file, and nothing else."""
    return (f"default-src 'none'; style-src '{_mark('page.css')}'; script-src '{_mark('page.js')}'; img-src data:; "
            "base-uri 'none'; form-action 'none'")  # fmt: skip


@cache
def _asset(name: str) -> Markup:
    """A file of the package that stands in the page as it is."""
    return Markup(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def _mark(name: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(_asset(name).encode()).digest()).decode()


# ---- the parts of a page -----------------------------------------------------------------------------------------------


def _header(page: Page) -> Markup:
    question = [tag("p", page.question, class_="question")] if page.question else []
    return tag("header", tag("p", SURROGATE, class_="surrogate"), tag("h1", page.title), *question)


def _sections(page: Page, figures: Sequence[Markup]) -> Iterator[Markup]:
    """The sentences to quote with the first figure, what else was found, caveats, and then the evidence."""
    yield _section("answer", "Answer", *(tag("p", _prose(said), class_="quote") for said in page.answer), *figures[:1])
    if page.more:
        yield _section("also", "Also found", _list(page.more))
    if page.warnings:
        yield _section("before", "Before quoting", _list(page.warnings))
    if figures[1:]:
        yield _section("figures", "More figures", *figures[1:])
    if page.tables:
        yield _section(
            "numbers", "In numbers", *(_table(table, f"table-{n}") for n, table in enumerate(page.tables, 1))
        )
    if page.basis:
        yield _section("basis", "What it rests on", *_basis(page.basis))
    if page.unsaid:
        yield _section("unsaid", "What it does not say", _list(page.unsaid))
    for number, (heading, sentences) in enumerate(page.details.items(), 1):
        yield _section(f"detail-{number}", heading, _list(sentences))
    yield _section("typed", "Inputs as typed", _typed(page.typed, "inputs as typed"))
    yield _section("again", "Run it again", _typed(page.command, "command"))


def _section(name: str, heading: str, *parts: Markup) -> Markup:
    return tag("section", tag("h2", heading, id=f"{name}-head"), *parts, id=name, aria_labelledby=f"{name}-head")


def _typed(plain: str, what: str) -> Markup:
    return tag("pre", tag("code", plain), tabindex="0", role="group", aria_label=what)


def _footer(page: Page) -> Markup:
    return tag("footer", tag("p", f"crashsim {page.version}, inputs {page.fingerprint[:10]}. {SURROGATE}"))


def _list(sentences: Sequence[str]) -> Markup:
    return tag("ul", *(tag("li", _prose(sentence)) for sentence in sentences))


def _prose(plain: str) -> str:
    """A text whose numbers stay on one line with their units."""
    return _UNIT.sub("\u00a0", plain)


# ---- figures -------------------------------------------------------------------------------------------------------------


def _plate(plate: Plate, number: int) -> Markup:
    drawing = inlined(plate.svg, f"f{number}-", plate.alt)
    scroll = tag("div", drawing, class_="scroll", tabindex="0", role="group", aria_label=f"Figure {number}")
    return tag("figure", scroll, tag("figcaption", _prose(plate.caption)), id=f"figure-{number}")


def _named(plate: Plate, folder: Path) -> Markup:
    """What stands for a figure that does not fit: its caption and its file."""
    file = plate.svg.relative_to(folder) if plate.svg.is_relative_to(folder) else plate.svg
    place = tag("a", str(file), href=quote(file.as_posix()))
    return tag(
        "figure", tag("p", plate.alt), tag("figcaption", _prose(plate.caption), " Too large for this page: ", place)
    )


# ---- tables --------------------------------------------------------------------------------------------------------------


def _table(table: Table, name: str) -> Markup:
    numeric = [all(_NUMERIC.match(row[i].strip()) for row in table.rows) for i in range(len(table.head))]
    looks = [{"class_": "number"} if found else {} for found in numeric]
    heads = [tag("th", words, scope="col", **look) for words, look in zip(table.head, looks, strict=True)]
    rows = [[tag("td", _prose(cell), **look) for cell, look in zip(row, looks, strict=True)] for row in table.rows]
    notes = [tag("p", _prose(note), class_="note") for note in table.notes]
    return tag("div", tag("h3", table.title, id=name), _scrolled(heads, rows, name), *notes)


def _basis(basis: Sequence[Basis]) -> Iterator[Markup]:
    """What the answer rests on first of all, and the rest of it folded away."""
    heads = [tag("th", words, scope="col") for words in ("input", "value", "evidence", "source")]
    rows = [
        [tag("td", b.what), tag("td", _prose(b.value)), tag("td", _badge(b.evidence)), tag("td", b.source)]
        for b in basis
    ]
    yield _scrolled(heads, rows[:SHOWN], "basis-head")
    if rest := rows[SHOWN:]:
        yield tag("details", tag("summary", f"{len(rest)} more inputs"), _scrolled(heads, rest, "basis-head"))


def _scrolled(heads: Sequence[Markup], rows: Sequence[Sequence[Markup]], name: str) -> Markup:
    """A table that sorts, in a box that scrolls by itself where it is wider than the page."""
    body = tag("tbody", joined(*(tag("tr", *cells) for cells in rows)))
    table = tag("table", tag("thead", tag("tr", *heads)), body, class_="sorts", aria_labelledby=name)
    return tag("div", table, class_="scroll", tabindex="0", role="group", aria_labelledby=name)


def _badge(evidence: str) -> Markup:
    """A grade with its meaning in words: ``J engineering judgement``."""
    words = f"{evidence} {EVIDENCE.get(evidence, '')}".strip()
    return tag("span", words, class_=f"badge {STRENGTH.get(evidence, 'weak')}")
