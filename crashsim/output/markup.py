"""HTML as text that cannot be broken: whatever is not made by `tag` is escaped."""

from __future__ import annotations

from html import escape
from typing import Final

EMPTY: Final = frozenset({"meta", "link", "path", "use", "rect", "image"})  # elements that hold nothing
# What no reader sees but a parser, a terminal or the order of the letters obeys: controls, direction marks, lone surrogates.
_UNSEEN: Final = (
    *range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A),
    *range(0xD800, 0xE000), 0xFEFF, 0xFFFE, 0xFFFF,
)  # fmt: skip
_SEEN: Final = dict.fromkeys(_UNSEEN, "\ufffd")


class Markup(str):
    """Text that is HTML already; made by `tag`, or of files of the package."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str) -> Markup:
    """``<name attributes>children</name>``: plain text is escaped, Markup is not; ``aria_label`` is the attribute aria-label."""
    inside = "".join(child if isinstance(child, Markup) else text(child) for child in children)
    head = "".join(f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{head}/>" if name in EMPTY else f"<{name}{head}>{inside}</{name}>")


def joined(*parts: Markup) -> Markup:
    """Elements one after the other, each on a line of its own."""
    return Markup("\n".join(parts))


def text(plain: str) -> str:
    """Plain text for any place between tags or in quotes; what is unseen becomes the replacement character."""
    return escape(plain.replace("\r\n", "\n").replace("\r", "\n").translate(_SEEN), quote=True)
