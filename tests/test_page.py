"""The page: whatever a study says is text there, nothing runs, nothing is loaded, and everybody can read it."""

import re
import shutil
import subprocess
import threading
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
from injections import PAYLOADS, RUN
from matplotlib.figure import Figure

from crashsim.errors import OutputError
from crashsim.output import html, style
from crashsim.output.markup import Markup, tag
from crashsim.output.page import Basis, Page, Plate, Table
from crashsim.output.svg import inlined

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
FIELDS = 20
MARK = "data-pwned"


class Read(HTMLParser):
    """What a parser sees of a page: its elements with the names of their attributes, the values of these, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, ...]] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.elements.append(("comment",))

    handle_decl = handle_pi = unknown_decl = handle_comment


def drawing(path, *labels):
    """A figure with texts as its labels, as any figure is saved."""
    with style.sheet_style():
        figure = Figure(figsize=(6.0, 4.0))
        ax = figure.subplots()
        ax.fill_between([0.0, 1.0], [0.0, 1.0], hatch="//", label="x")
        ax.imshow([[0.0, 1.0]])
        for label in labels:
            figure.text(0.1, 0.1, style.clean(label) or "-")
    return style.save(figure, path)


def page(plate, texts):
    """A page with a text of each kind, again and again from ``texts``."""
    each = iter(texts)
    few = lambda n: tuple(next(each) for _ in range(n))  # noqa: E731
    table = Table(next(each), ("a", *few(1)), (("1", *few(1)), ("2", *few(1))), few(1))
    return Page(next(each), next(each), few(2), (Plate(plate, *few(2)),), (table,), (Basis(*few(4)),), few(1), next(each), next(each),
                "0.1.0", "f" * 64, few(1), few(1), {next(each): few(1)})  # fmt: skip


def plain(text):
    """A payload as a reader must see it: by the rule for what is unseen, written once more."""
    ends = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("\ufffd" if _unseen(c) else c for c in ends)


def _unseen(character):
    control = (character < " " and character not in "\t\n") or "\x7f" <= character <= "\x9f"
    turns = character in "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
    return control or turns or "\ud800" <= character <= "\udfff"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def plate(folder):
    return drawing(folder / "plate.svg", *PAYLOADS)


@pytest.fixture(scope="module")
def dot(folder):
    """The smallest figure there is."""
    path = folder / "dot.svg"
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><path d='M 0 0'/></svg>")
    return path


@pytest.fixture(scope="module")
def hostile(folder, plate):
    """Every payload in every field, one page after the other."""
    rotated = [[*PAYLOADS[i:], *PAYLOADS[:i]] for i in range(0, len(PAYLOADS), FIELDS)]
    return [html.rendered(page(plate, texts), folder) for texts in rotated]


# ---- text is text --------------------------------------------------------------------------------------------------------


def test_no_text_makes_an_element_or_an_attribute(hostile, plate, folder):
    harmless = Read(html.rendered(page(plate, ["x"] * 99), folder)).elements
    for text in hostile:
        assert Read(text).elements == harmless


def test_every_payload_is_there_to_read(dot, folder):
    """In each kind of field."""
    for payload in PAYLOADS:
        found = Read(html.rendered(page(dot, [payload] * 99), folder))
        whole = "".join(found.texts).replace("\u00a0", " ").count(plain(payload))
        assert whole >= FIELDS - 2  # the alternative text and the head of the document stand in attributes and a title
        assert ("aria-label", plain(payload)) in found.attributes


def test_a_label_in_a_figure_is_text_too(plate):
    told = {" ".join(plain(text).split()) for text in Read(inlined(plate, "f-", "x")).texts}
    assert len(told & {" ".join(style.clean(p).split()) for p in PAYLOADS}) > 0.9 * len(PAYLOADS)


def test_only_markup_passes_as_markup():
    assert tag("p", "<b>", Markup("<i></i>"), class_='"') == '<p class="&quot;">&lt;b&gt;<i></i></p>'


@pytest.mark.parametrize("inside", [
    "<script>1</script>", "<foreignObject/>", "<a/>", "<g onload='1'/>", "<image xlink:href='https://example.invalid/x'/>",
    "<use xlink:href='data:image/svg+xml,x'/>", "<path style='fill: url(https://example.invalid/x)'/>", "<path style='x: y'/>",
    "<rect fill='url(https://example.invalid/x)'/>", "<animate/>", "<image href='x'/>", "<path style='fill: URL(x)'/>",
])  # fmt: skip
def test_a_figure_that_does_more_than_draw_is_refused(inside, tmp_path):
    path = tmp_path / "x.svg"
    head = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 1 1'>"
    path.write_text(f"{head}<path d='M 0 0'/></svg>")
    assert "<path" in inlined(path, "f-", "x")
    path.write_text(f"{head}{inside}</svg>")
    with pytest.raises(OutputError, match="not a figure that a page can hold"):
        inlined(path, "f-", "x")


def test_nothing_but_the_pages_own_style_and_script_may_run(folder):
    text = html.rendered(page(drawing(folder / "harmless.svg"), ["x"] * 99), folder)
    assert "default-src 'none'" in html.policy()
    assert "unsafe" not in html.policy()
    assert not re.search(r"https?:|url\((?!#)|@import|\sstyle=|\son\w+=", text)
    assert {value for name, value in Read(text).attributes if name in ("src", "href", "srcset", "action") and not value.startswith(
        ("#", "data:image/png;base64,"))} == {"data:,"}  # fmt: skip


# ---- a browser -----------------------------------------------------------------------------------------------------------


def seen(path, *options):
    """The document as Chromium has it once the page has run."""
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=3000",
        *options,
        "--dump-dom",
        path.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


@pytest.fixture
def server():
    """A server on this machine that notes what is asked of it."""
    asked: list[str] = []

    class Note(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Note) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}", asked
        http.shutdown()


@needs_chromium
def test_no_payload_runs_or_loads_in_a_browser(plate, folder, server):
    """All of them in one page; as a control the same texts unescaped, without and with the policy."""
    address, asked = server
    loads = [f"<img src={address}/img>", f"<link rel=stylesheet href={address}/css>", f"<script src={address}/js></script>",
             f"<style>body{{background:url({address}/bg)}}</style>"]  # fmt: skip
    texts = [text.replace("https://example.invalid", address) for text in [*PAYLOADS, *loads]]
    whole = page(plate, ["x"] * 99)
    listed = Page(**{**vars(whole), "more": tuple(texts), "unsaid": tuple(texts), "typed": "\n".join(texts)})
    path = folder / "hostile.html"
    html.write_page(listed, path)
    found = seen(path)
    assert MARK not in found
    assert asked == []
    kinds = {name for name, *_ in Read(html.rendered(whole, folder)).elements} | {"li", "ul", "button"}
    assert {name for name, *_ in Read(found).elements} == kinds

    unescaped = "".join([f"<img src=x onerror={RUN}>", *loads])
    path.write_text(f"<!doctype html><html><body>{unescaped}</body></html>")
    assert MARK in seen(path)
    assert {"/img", "/css", "/js", "/bg"} <= set(asked)

    asked.clear()
    policy = tag("meta", http_equiv="Content-Security-Policy", content=html.policy())
    path.write_text(f"<!doctype html><html><head>{policy}</head><body>{unescaped}</body></html>")
    assert MARK not in seen(path)
    assert asked == []


def probed(text, script):
    """The page with a script of the test's own, which its policy would not let run."""
    without = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    assert without != text
    return without.replace("</body>", f"<script>{script}</script></body>")


@needs_chromium
def test_a_table_sorts_by_size_and_says_so(dot, folder):
    table = Table(
        "t", ("who", "risk"), (("b", "13 % (all)"), ("a", "-"), ("c", "<0.1 %"), ("d", "1,200 %"), ("e", "2 %"))
    )
    text = html.rendered(Page(**{**vars(page(dot, ["x"] * 99)), "tables": (table,), "basis": ()}), folder)
    click = "document.querySelectorAll('th button')[{}].click();"
    order = "document.title = [...document.querySelectorAll('tbody tr')].map((r) => r.cells[0].textContent).join('');"
    for clicks, expected, state in ((click.format(1), "cebda", "ascending"), (2 * click.format(1), "dbeca", "descending"),
                                    (click.format(0), "abcde", "ascending")):  # fmt: skip
        path = folder / "sorts.html"
        path.write_text(probed(text, clicks + order))
        found = seen(path)
        assert f"<title>{expected}</title>" in found
        assert found.count(f' aria-sort="{state}"') == 1


@needs_chromium
def test_a_phone_need_not_scroll_sideways(plate, folder):
    wide = Table("t", tuple(f"column {i}" for i in range(14)), (("a long word in a cell",) * 14,))
    texts = ["w" * 200] * 99
    text = html.rendered(Page(**{**vars(page(plate, texts)), "tables": (wide,)}), folder)
    told = "parent.postMessage([document.documentElement.clientWidth, document.documentElement.scrollWidth], '*');"
    (folder / "phone.html").write_text(
        probed(text, told + "document.querySelector('h1').style.width = '900px';" + told)
    )
    frame = folder / "frame.html"
    frame.write_text("<script>onmessage = (e) => { document.title += ' ' + e.data.join(' '); }</script>"
                     "<iframe src=phone.html width=390 height=800 style=border:0></iframe>")  # fmt: skip
    found = re.search(r"<title> ?(\d+) (\d+) (\d+) (\d+)</title>", seen(frame, "--allow-file-access-from-files"))
    assert found
    inner, page_width, again, stretched = map(int, found.groups())
    assert inner == again == page_width <= 390
    assert stretched > 900


# ---- size, ids, contrast ---------------------------------------------------------------------------------------------------


def test_figures_that_do_not_fit_are_named(tmp_path):
    big = tmp_path / "figures" / "big one.svg"
    big.parent.mkdir()
    path = f"<path d='{'M 0 0 L 1 1 ' * 200_000}'/>"
    big.write_text(f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'>{path}</svg>")
    small = drawing(tmp_path / "figures" / "small.svg")
    plates = tuple(Plate(svg, f"caption {i}", "alt") for i, svg in enumerate((big, big, small)))
    html.write_page(Page(**{**vars(page(small, ["x"] * 99)), "plates": plates}), tmp_path / "report.html")
    found = Read((tmp_path / "report.html").read_text())
    assert (tmp_path / "report.html").stat().st_size < html.LIMIT
    assert sum(element[0] == "svg" for element in found.elements) == 2
    assert ("href", "figures/big%20one.svg") in found.attributes
    assert {f"caption {i}" for i in (0, 2)} <= set(found.texts)


def test_ids_are_unique_and_every_reference_has_its_own(plate, folder):
    both = (Plate(plate, "a", "a"), Plate(plate, "b", "b"))
    attributes = Read(html.rendered(Page(**{**vars(page(plate, ["x"] * 99)), "plates": both}), folder)).attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    pointed = {value[1:] for name, value in attributes if name == "href" and value.startswith("#")}
    pointed |= {found for _, value in attributes for found in re.findall(r"url\(#([^)]*)\)", value)}
    pointed |= {value for name, value in attributes if name == "aria-labelledby"}
    assert any(value.startswith("f2-") for value in pointed)
    assert pointed <= set(ids)


def test_headings_and_names_for_those_who_cannot_see(plate, folder):
    found = Read(html.rendered(page(plate, ["said"] * 99), folder))
    levels = [int(name[1]) for name, *_ in found.elements if re.fullmatch(r"h\d", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert ("lang", "en") in found.attributes
    for kind, name in (("svg", "aria-label"), ("table", "aria-labelledby"), ("section", "aria-labelledby")):
        assert all(name in attributes for element, *attributes in found.elements if element == kind)
    boxes = [
        attributes for element, *attributes in found.elements if element in ("div", "pre") and "tabindex" in attributes
    ]
    assert boxes
    assert all("role" in attributes for attributes in boxes)


def colours(block):
    return {
        name: [int(value[i : i + 2], 16) / 255.0 for i in (0, 2, 4)]
        for name, value in re.findall(r"--(\w+): #(\w{6})", block)
    }


def contrast(a, b):
    """WCAG 2.1: ratio of the relative luminances, each plus 0.05."""

    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_text_is_enough_in_the_light_in_the_dark_and_on_paper():
    css = Path(html.__file__).with_name("page.css").read_text()
    blocks = [found for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL) if (found := colours(block))]
    assert len(blocks) == 3
    assert contrast((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)) == pytest.approx(21.0)
    for colour in blocks:
        for ink, paper in [("ink", "paper"), ("quiet", "paper"), ("accent", "paper"), ("ink", "shade"), ("ink", "strong"),
                           ("ink", "middle"), ("ink", "weak")]:  # fmt: skip
            assert contrast(colour[ink], colour[paper]) >= 4.5, (ink, paper)


def test_the_same_page_has_the_same_bytes(plate, folder):
    first, again = (html.rendered(page(plate, PAYLOADS), folder) for _ in range(2))
    assert first == again


def test_a_number_stays_with_its_unit(plate, folder):
    text = html.rendered(
        Page(**{**vars(page(plate, ["x"] * 99)), "answer": ("41 mph and 13 % in the kei",), "typed": "mass: 900 kg"}),
        folder,
    )
    assert "41\u00a0mph and 13\u00a0% in the kei" in text
    assert "mass: 900 kg" in text  # what is typed is typed again by copying it
