"""What a page (``report.html``) says, as records; ``html`` writes it.  Everything in them is plain text, never markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Plate:
    """A figure of a page: its SVG file, a caption that can be quoted, and in words what is to be seen (for those who cannot)."""

    svg: Path
    caption: str
    alt: str


@dataclass(frozen=True)
class Table:
    """A table of a page: texts; ``rows`` as long as ``head``; notes stand below it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Basis:
    """An input that the answer rests on: what, its value with unit, its evidence (a tag, or measured, class, judgement), source."""

    what: str
    value: str
    evidence: str
    source: str


@dataclass(frozen=True)
class Page:
    """A question and its answer on one page.

    Attributes
    ----------
    title, question :
        As in the study.
    answer : tuple of str
        Two sentences to quote: what happens to both vehicles, with numbers, units and both bands; the risk of both.
    more : tuple of str
        Further findings, one sentence each.
    plates, tables, basis :
        In the order of the page.
    unsaid : tuple of str
        What it does not say.
    warnings : tuple of str
        What a reader must know before quoting.
    typed : str
        The inputs as typed (the file).
    command : str
        How to run it again.
    version, fingerprint : str
        Of crashsim, and of the inputs.
    details : mapping of str to tuple of str
        Further headings with sentences, such as how a rule of thumb was made.
    """

    title: str
    question: str
    answer: tuple[str, ...]
    plates: tuple[Plate, ...]
    tables: tuple[Table, ...]
    basis: tuple[Basis, ...]
    unsaid: tuple[str, ...]
    typed: str
    command: str
    version: str
    fingerprint: str
    more: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    details: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
