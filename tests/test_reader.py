import os
import random
import subprocess
import sys

import pytest
import yaml

from crashsim.config import builder, reader
from crashsim.config.builder import dotted
from crashsim.config.reader import read_file, read_text
from crashsim.errors import ConfigError

SAMPLE = """\
# yaml-language-server: $schema=study.json
name: highway
vehicles:
  kei: {use: kei_truck, mass: 1800 lb}
  pickup:
    mass: "5,500 lb"
    points: [[0 cm, 0 kN], [45 cm, 300 kN]]
impact:
  restitution: 0.1
  headings:
    - 0 deg
    - angle: 10 deg
      offset: 0.25 m
sweep: {closing_speed: {from: 30 mph, to: 140 mph, count: 1e2}}
note: |
  two lines
  of text
"""


@pytest.fixture(params=["c", "python"], autouse=True)
def both_parsers(request, monkeypatch):
    monkeypatch.setattr(reader, "_LOADER", yaml.CSafeLoader if request.param == "c" else yaml.SafeLoader)


def tree(text):
    return read_text(text, "study.yaml").tree


def problems(text):
    with pytest.raises(ConfigError) as caught:
        read_text(text, "study.yaml")
    for problem in caught.value.problems:
        assert str(problem).isprintable()
        assert len(str(problem)) < 400
    return caught.value.problems


def the_problem(text):
    (problem,) = problems(text)
    return problem


# Values


def test_the_whole_tree():
    assert tree(SAMPLE) == {
        "name": "highway",
        "vehicles": {
            "kei": {"use": "kei_truck", "mass": "1800 lb"},
            "pickup": {"mass": "5,500 lb", "points": [["0 cm", "0 kN"], ["45 cm", "300 kN"]]},
        },
        "impact": {"restitution": 0.1, "headings": ["0 deg", {"angle": "10 deg", "offset": "0.25 m"}]},
        "sweep": {"closing_speed": {"from": "30 mph", "to": "140 mph", "count": 100.0}},
        "note": "two lines\nof text\n",
    }


@pytest.mark.parametrize(
    "text, value",
    [
        ("1e3", 1000.0),
        ("1.0e3", 1000.0),
        ("-1.5E-2", -0.015),
        (".5", 0.5),
        ("5.", 5.0),
        ("010", 10),
        ("-3", -3),
        ("+7", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("9" * 40, int("9" * 40)),
        ("12:30:45", "12:30:45"),
        ("2026-01-02", "2026-01-02"),
        ("1_000", "1_000"),
        ("1,000", "1,000"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("'1e3'", "1e3"),
        ('"true"', "true"),
        ('""', ""),
        ("nan", "nan"),
        ("70 mph", "70 mph"),
        ('"\\u00e9 \\t"', "é \t"),
        ("軽トラック 🚚", "軽トラック 🚚"),
    ],
)
def test_scalars_of_the_yaml_1_2_core_schema(text, value):
    got = tree(f"key: {text}")["key"]
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize("key", ["NO", "on", "12:30", "mass", "質量", "a b", "<", "1,2"])
def test_keys_that_are_text(key):
    assert tree(f"{key}: 1\n'12': 2") == {key: 1, "12": 2}


def test_utf8_byte_order_mark_and_windows_line_ends():
    document = read_text(b"\xef\xbb\xbfname: a\r\nmass: 3 kg\r\n", "study.yaml")
    assert document.tree == {"name": "a", "mass": "3 kg"}
    assert document.place(("mass",)) == (2, 7)
    assert document.place(("name",), key=True) == (1, 1)


# Places


@pytest.mark.parametrize(
    "path, value, key",
    [
        (("name",), (2, 7), (2, 1)),
        (("vehicles",), (4, 3), (3, 1)),
        (("vehicles", "kei"), (4, 8), (4, 3)),
        (("vehicles", "kei", "mass"), (4, 31), (4, 25)),
        (("vehicles", "pickup", "mass"), (6, 11), (6, 5)),
        (("vehicles", "pickup", "points", 1), (7, 28), None),
        (("vehicles", "pickup", "points", 1, 1), (7, 36), None),
        (("impact", "headings"), (11, 5), (10, 3)),
        (("impact", "headings", 0), (11, 7), None),
        (("impact", "headings", 1), (12, 7), None),
        (("impact", "headings", 1, "offset"), (13, 15), (13, 7)),
        (("sweep", "closing_speed", "to"), (14, 43), (14, 39)),
        (("note",), (15, 7), (15, 1)),
    ],
)
def test_where_values_and_keys_stand(path, value, key):
    document = read_text(SAMPLE, "study.yaml")
    assert document.place(path) == document.marks[path] == value
    assert document.key_marks.get(path) == key
    assert document.place(path, key=True) == (key or value)


@pytest.mark.parametrize(
    "path, place",
    [
        (("vehicles", "kei", "width"), (4, 3)),
        (("vehicles", "suv", "mass"), (3, 1)),
        (("impact", "headings", 1, "speed"), (12, 7)),
        (("impact", "headings", 7), (10, 3)),
        (("missing",), (2, 1)),
        ((), (2, 1)),
    ],
)
def test_a_missing_field_is_placed_at_its_nearest_ancestor(path, place):
    document = read_text(SAMPLE, "study.yaml")
    assert document.place(path) == document.place(path, key=True) == place


def test_every_scalar_stands_where_its_text_begins():
    document = read_text(SAMPLE, "study.yaml")
    lines = document.text.splitlines()

    def walk(value, path):
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for step, child in items:
            walk(child, (*path, step))
        if isinstance(value, str) and path != ("note",):
            line, column = document.place(path)
            assert lines[line - 1][column - 1 :].lstrip('"').startswith(value)
        if path in document.key_marks:
            line, column = document.key_marks[path]
            assert lines[line - 1][column - 1 :].startswith(f"{path[-1]}:")

    walk(document.tree, ())


def test_a_problem_made_for_a_path():
    problem = read_text(SAMPLE, "study.yaml").problem(("impact", "headings", 1, "offset"), "too far")
    assert str(problem) == "study.yaml:13:15: impact.headings[1].offset: too far"


def test_paths_as_text():
    assert dotted(("vehicles", "kei", "points", 3, 0)) == "vehicles.kei.points[3][0]"
    assert dotted(("a b", "x.y", "\x1b", "質量")) == "'a b'.'x.y'.'\\x1b'.質量"
    assert dotted(()) == ""
    assert len(dotted(("k" * 100,) * 32)) == 160


# Refusals


@pytest.mark.parametrize(
    "text, line, column, message",
    [
        ("a: 1\nb: 2\na: 3", 3, 1, "a: given twice, first at line 1; keep one"),
        ("v:\n  {a: 1, a: 2}", 2, 10, "v.a: given twice, first at line 2; keep one"),
        ("a: !!python/object/apply:os.system [id]", 1, 4, "a: got the tag 'tag:yaml.org,2002:python/object/apply:os.s"),
        ("a: !foo 3", 1, 4, "a: got the tag '!foo'; tags are not supported"),
        ("a: !!int 3", 1, 4, "tags are not supported"),
        ("a: ! 3", 1, 4, "tags are not supported"),
        ("!x a: 3", 1, 1, "got the tag '!x'"),
        ("a: &x 3", 1, 4, "a: got the anchor '&x'; anchors and aliases are not supported"),
        ("a: *x", 1, 4, "a: got the alias '*x', expected the value itself"),
        ("? *x\n: 3", 1, 3, "got the alias '*x'"),
        ("b: 2\n<<: {a: 1}", 2, 1, "merge keys ('<<') are not supported"),
        ("12: a", 1, 1, "got a number as a key, expected a text"),
        ("a:\n  true: b", 2, 3, "a: got true as a key"),
        ("null: b", 1, 1, "got nothing as a key"),
        ("? [a, b]\n: c", 1, 3, "got a list as a key"),
        ("? {a: b}\n: c", 1, 3, "got a mapping as a key"),
        (f"{'k' * 101}: 1", 1, 1, "too long, expected at most 100 characters"),
        ("a: 1\n---\nb: 2", 2, 1, "a second document begins here"),
        ("a: 1\n...\n---\nb: [", 3, 1, "a second document begins here"),
        ("", 1, 1, "the file is empty"),
        ("# only a comment\n", 2, 1, "the file is empty"),
        ("---\n", 2, 1, "got nothing, expected a mapping"),
        ("- a\n- b", 1, 1, "got a list, expected a mapping"),
        ("just text", 1, 1, "got a text, expected a mapping"),
        ("a: .nan", 1, 4, "a: got '.nan', expected a finite number"),
        ("a: [1, -.INF]", 1, 8, "a[1]: got '-.INF', expected a finite number"),
        ("a: 1e999", 1, 4, "a: got '1e999', which is too large for a number"),
        ("a: " + "1" * 41, 1, 4, "a: value too long: a number of 41 characters, expected at most 40"),
        ("a: " + "1" * 200_000, 1, 4, "a: value too long: 200,000 characters, expected at most 10,000"),
        ("a: " + "x" * 10_001, 1, 4, "a: value too long: 10,001 characters"),
        ("a: b\x00", 1, 5, "got the control character U+0000"),
        ("a: 1\r\nb: \x1b[31m", 2, 4, "got the control character U+001B"),
        ("a: 1\n\ud800: 2", 2, 1, "got the control character U+D800"),
        ("a: \x85", 1, 4, "got the control character U+0085"),
        ("a: \u2028", 1, 4, "got the control character U+2028"),
        ("a: \ufeff", 1, 4, "got the control character U+FEFF"),
        ('a: "\\0"', 1, 4, "a: got the control character U+0000"),
        ('a: "\\x1b"', 1, 4, "a: got the control character U+001B"),
        ("a: [1, 2\n", 2, 1, "not valid YAML"),
        ("a: 1\n b: 2", 2, 3, "not valid YAML: mapping values are not allowed"),
        ("a:\n\t- 1", 2, 1, "not valid YAML"),
        ("a: 'open", 1, 9, "not valid YAML"),
        ("a: }", 1, 4, "not valid YAML"),
        ("a: @b", 1, 4, "not valid YAML"),
        (b"a: b\nc: \xff", 2, 4, "got the byte 0xFF, expected UTF-8 text"),
        ("a: é".encode("latin-1"), 1, 4, "got the byte 0xE9"),
        ("a: 1".encode("utf-16"), 1, 1, "encoded as UTF-16, expected UTF-8"),
        ("a: 1".encode("utf-16-le"), 1, 2, "got the control character U+0000"),
        ("a: " + "é " * 600_000, 1, 1, "too large, expected at most 1,000,000 bytes"),
        ("[" * 33, 1, 33, "nested too deep, expected at most 32 levels"),
        ("[" * 100_000, 1, 33, "nested too deep"),
        ("{a: " * 100_000, 1, 129, "nested too deep"),
        ("- " * 100_000, 1, 65, "nested too deep"),
        ("? " * 1_000, 1, 65, "nested too deep"),
        ("a: [" + "1," * 50_000 + "]", 1, 99_999, "more than 50,000 values in one file"),
    ],
)
def test_refused_with_its_place(text, line, column, message):
    problem = the_problem(text)
    assert message in str(problem)
    assert (problem.line, problem.column) == (line, column)


def test_all_problems_of_a_file_at_once_and_in_its_order():
    text = "a: &x 1\nb: *x\na: 2\n<<: {c: 1}\nd: !t 5\n5: 6\n"
    assert [(p.line, p.column, p.path) for p in problems(text)] == [
        (1, 4, "a"),
        (2, 4, "b"),
        (3, 1, "a"),
        (4, 1, ""),
        (5, 4, "d"),
        (6, 1, ""),
    ]


def test_problems_found_before_a_syntax_error_are_kept():
    assert [p.line for p in problems("a: 1\na: 2\nb: [1, 2\n")] == [2, 4]


def test_a_flood_of_problems_is_cut_short():
    found = problems("a: 1\n" * 5_000)
    assert len(found) == builder.MOST_PROBLEMS + 1
    assert "too many problems" in str(found[-1])


def test_alias_bombs_end_at_the_first_anchor_or_alias():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    assert problems("\n".join(lines))[0].line == 1
    assert [p.column for p in problems("a: &x [*x]")] == [4, 8]


@pytest.mark.parametrize(
    "text",
    [
        "k" * 101 + ": 1",
        "a: !" + "t" * 5_000 + " 1",
        "a: &" + "n" * 5_000 + " 1",
        "a: *" + "n" * 5_000,
        "a: !" + "h" * 5_000 + "!x 1",
        "a: 1e" + "9" * 30,
        "%YAML 1." + "9" * 5_000 + "\n---\na: 1",
        'a: "\\UFFFFFFFF"',
        'a: "\\ud800"',
        "a: !%ff 1",
        "%TAG ! " + "x" * 5_000 + "\n---\na: !b 1",
        ("z" * 90 + ":\n" + " ") + "{" + "y" * 90 + ": .nan}",
    ],
)
def test_long_or_odd_input_is_never_echoed_at_length(text):
    for problem in problems(text):
        assert len(str(problem)) < 260
        assert not any(run * 61 in str(problem) for run in "ktnhzyx9")


def test_a_file_that_is_named_badly_is_shown_printably():
    with pytest.raises(ConfigError) as caught:
        read_text("a: *b", "\x1b[31m\n" + "d/" * 500 + "study.yaml")
    assert str(caught.value).isprintable()
    assert "/study.yaml:1:4: a: got the alias" in str(caught.value)
    assert len(str(caught.value)) < 400


# Files


def refusal(path):
    with pytest.raises(ConfigError) as caught:
        read_file(path)
    (problem,) = caught.value.problems
    assert str(problem).isprintable()
    return problem.message


def test_a_file(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(SAMPLE, encoding="utf-8")
    document = read_file(path)
    assert document == read_text(SAMPLE, str(path))
    assert document.file == str(path)
    assert document.text == SAMPLE


def test_a_missing_file_names_its_nearest_sibling(tmp_path):
    (tmp_path / "highway.yaml").touch()
    (tmp_path / "city.yaml").touch()
    assert refusal(tmp_path / "higway.yaml") == "no such file; did you mean 'highway.yaml'?"
    assert refusal(tmp_path / "zzz") == "no such file"
    assert refusal(tmp_path / "none" / "highway.yaml") == "no such file"


def test_what_is_no_readable_file(tmp_path):
    (tmp_path / "study.yaml").touch()
    assert refusal(tmp_path) == "is a folder, expected a file"
    assert refusal(tmp_path / "study.yaml" / "x").startswith("cannot be read: ")
    assert refusal(str(tmp_path / ("x" * 300))).startswith("cannot be read: ")
    assert refusal("a\x00b") == "not a possible file name"
    assert refusal("\ud800") in ("not a possible file name", "no such file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "is not a regular file"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path):
    path = tmp_path / "secret.yaml"
    path.write_text("a: 1", encoding="utf-8")
    path.chmod(0)
    assert refusal(path).startswith("cannot be read: ")


def test_an_error_of_the_system_is_one_line(tmp_path, monkeypatch):
    def fail(path, file):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(reader, "_bytes", fail)
    assert refusal(tmp_path / "study.yaml") == "cannot be read: Permission denied"


def test_a_large_file_is_not_read_whole(tmp_path):
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(10**10)  # sparse
    assert refusal(path) == "too large, expected at most 1,000,000 bytes"


# Robustness

NESTED = """
import sys, yaml
from crashsim.config import reader
from crashsim.errors import ConfigError
reader._LOADER = getattr(yaml, sys.argv[1])
for opening in ("[", "{", "{a: ", "[a: ", "- ", "? ", "a: [", "[\\n", "- - ", "? - ", "!!t [", "&x ["):
    try:
        reader.read_text(opening * (900_000 // len(opening)), "x")
    except ConfigError as error:
        print(len(error.problems))
assert not {"numpy", "pydantic", "scipy", "numba", "matplotlib"} & set(sys.modules)
"""


def test_deep_nesting_does_not_crash_the_interpreter(request):
    """In a process of its own: the C loader's composer dies of 50,000 nested lists by a segmentation fault."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", NESTED, reader._LOADER.__name__],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.split()) == 12


SPICES = [
    *"[]{}:,-?&*!|>'\"%@`#~<\t\n\r \x00\x85\u2028\ufeff\ud800",
    "\n  ", ": ", "- ", "<<: ", "*x", "&x ", "!!str ", "!!python/name:os.system ", "---\n", "...\n", ".nan", "1e999",
    "\\x00", '"\\ud800"', "9" * 50, "[" * 40, "{a: " * 40, "%YAML 3.0\n", "? ", "\U0010ffff", "null", "é",
]  # fmt: skip


def mutant(chance):
    text = SAMPLE
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(text) + 1)
        stop = min(len(text), start + chance.choice([0, 0, 1, 3, 20]))
        filling = chance.choice([chance.choice(SPICES), text[stop : stop + 30], ""])
        text = text[:start] + filling + text[stop:]
    return text


def found_in(text):
    """The problems of a text, none for a good one; any other exception is the test's failure."""
    try:
        document = read_text(text, "study.yaml")
    except ConfigError as error:
        return error.problems
    assert document.marks.keys() >= document.key_marks.keys()
    return ()


def test_mutated_files_give_a_tree_or_problems_with_places():
    chance = random.Random(20240601)
    refused = 0
    for _ in range(2_000):
        text = mutant(chance)
        found = found_in(text)
        refused += bool(found)
        lines = len(text.splitlines()) + 1
        assert all(1 <= p.line <= lines and p.column >= 1 and str(p).isprintable() for p in found)
    assert 200 < refused < 2_000


def test_mutated_bytes_give_a_tree_or_problems():
    chance = random.Random(7)
    refused = 0
    for _ in range(500):
        data = bytearray(SAMPLE.encode())
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        refused += bool(found_in(bytes(data)))
    assert 50 < refused < 500
