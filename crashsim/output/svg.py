"""A figure's SVG file as an element of a page: only what draws, ids of its own, no style attributes, less than half the size.

A page whose policy forbids style attributes draws by presentation attributes, which mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from crashsim.errors import OutputError
from crashsim.output.markup import Markup, tag

SPACE: Final = "{http://www.w3.org/2000/svg}"
HREF: Final = "{http://www.w3.org/1999/xlink}href"
FONT: Final = "DejaVu Sans, Verdana, Arial, sans-serif"
LEFT_OUT: Final = frozenset({"metadata", "style"})
DRAWS: Final = frozenset({"g", "defs", "path", "use", "clipPath", "rect", "pattern", "image", "text"})
GEOMETRY: Final = frozenset({"x", "y", "width", "height", "d", "transform", "patternUnits", "clip-path", "fill"})
PAINT: Final = frozenset({
    "fill", "fill-opacity", "fill-rule", "stroke", "stroke-opacity", "stroke-width", "stroke-linecap", "stroke-linejoin",
    "stroke-dasharray", "stroke-dashoffset", "stroke-miterlimit", "opacity", "font-size", "font-weight", "font-style", "text-anchor",
    "image-rendering",
})  # fmt: skip
IGNORED: Final = frozenset({"font-family", "mix-blend-mode"})  # one font for the whole figure; pictures that lie alone
PICTURE: Final = "data:image/png;base64,"
WIDTHS: Final = ((700.0, "narrow"), (950.0, "wide"), (inf, "broad"))  # points: how many panels stand side by side
_REFERENCE: Final = re.compile(r"url\(#([\w.-]+)\)")
_NUMBER: Final = re.compile(r"-?\d+\.\d+")
_UNTURNED: Final = re.compile(r"\s*rotate\(-?0 [^)]*\)")
_LETTER: Final = re.compile(r"\s*([A-Za-z])\s*")


def inlined(path: Path, prefix: str, label: str) -> Markup:
    """The drawing in a file as an ``svg`` element with a text for those who cannot see it; its ids begin with ``prefix``.

    Raises OutputError when the file cannot be read, or holds what a drawing does not need (scripts, links, foreign elements).
    """
    try:
        root = ElementTree.parse(path).getroot()
        box = root.attrib["viewBox"]
        used = {name for element in root.iter() for name in _references(element)}
        inside = _children(root, prefix, used)
    except (OSError, ElementTree.ParseError, KeyError, ValueError) as error:
        raise OutputError(f"{path}: not a figure that a page can hold: {error}") from None
    size = next(name for width, name in WIDTHS if float(box.split()[2]) <= width)
    return tag(
        "svg", inside, class_=size, role="img", aria_label=label, viewBox=box, font_family=FONT, stroke_linejoin="round"
    )


def _children(element: ElementTree.Element, prefix: str, used: set[str]) -> Markup:
    return Markup("".join(_drawn(child, prefix, used) for child in element))


def _drawn(element: ElementTree.Element, prefix: str, used: set[str]) -> Markup:
    name = element.tag.removeprefix(SPACE)
    if name in LEFT_OUT:
        return Markup("")
    if name not in DRAWS:
        raise ValueError(f"element {name}")
    if name == "text":
        return tag("text", element.text or "", **dict(_attributes(element, prefix, used)))
    inside = _children(element, prefix, used)
    attributes = dict(_attributes(element, prefix, used))
    if name in ("g", "defs") and not (inside and attributes):
        return inside if name == "g" or not inside else tag(name, inside)
    return tag(name, inside, **attributes)


def _references(element: ElementTree.Element) -> Iterator[str]:
    """The ids that an element points to."""
    if (link := element.get(HREF, "")).startswith("#"):
        yield link[1:]
    for value in element.attrib.values():
        yield from _REFERENCE.findall(value)


def _attributes(element: ElementTree.Element, prefix: str, used: set[str]) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        if name == "id":
            if value in used:
                yield "id", prefix + value
        elif name == HREF:
            yield "href", _link(value, prefix)
        elif name == "style":
            for declared, what in _declarations(value):
                yield declared, _own(what, prefix)
        elif name not in GEOMETRY:
            raise ValueError(f"attribute {name}")
        elif short := _short(name, _own(value, prefix)):
            yield name, short


def _own(value: str, prefix: str) -> str:
    """A value whose reference, if it is one, is to the page's own id."""
    if "url" in value.lower() and not _REFERENCE.fullmatch(value):
        raise ValueError(f"a reference to {value[:40]}")
    return _REFERENCE.sub(rf"url(#{prefix}\1)", value)


def _link(value: str, prefix: str) -> str:
    if value.startswith("#"):
        return f"#{prefix}{value[1:]}"
    if value.startswith(PICTURE):
        return "".join(value.split())
    raise ValueError(f"a link to {value[:40]}")


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for declaration in filter(None, map(str.strip, style.split(";"))):
        name, _, value = declaration.partition(": ")
        if name in PAINT:
            yield name, value
        elif name not in IGNORED:
            raise ValueError(f"style {name}")


def _short(name: str, value: str) -> str:
    """An attribute with numbers to 0.01 point (scales to 0.0001) and without turns by nothing."""
    if name == "transform":
        return _rounded(_UNTURNED.sub("", value), 4)
    return _LETTER.sub(r"\1", _rounded(value, 2)) if name == "d" else _rounded(value, 2)


def _rounded(value: str, digits: int) -> str:
    def short(found: re.Match[str]) -> str:
        text = f"{float(found[0]):.{digits}f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text

    return _NUMBER.sub(short, value)
