"""Mutated studies: whatever stands in a file, the answer is a study or problems with places inside the file."""

import copy
import json
import random
import re

import numpy as np
import pytest

import crashsim
from crashsim.config.library import PACKAGE
from crashsim.config.reader import read_text
from crashsim.config.starter import starter
from crashsim.config.study import load_study
from crashsim.errors import ConfigError, LibraryError

MUTANTS = 8_000
MUTANTS_PER_TEST = 2_000

OWN = """\
name: own
vehicles:
  a:
    mass: 900 kg
    restraint: belt-airbag
    engine: {mass: 100 kg, gap: 30 cm, stiffness: 5 MN/m, unloading: 20 MN/m, firewall_gap: 5 cm, firewall_stiffness: 1 MN/m,
      firewall_unloading: 5 MN/m, mount_stiffness: 200 kN/m, mount_damping: 1 kN*s/m}
    occupant: {size: 5f, head_mass: 4 kg, airbag: {full_time: 40 ms, gap: 10 cm}}
    front: &
      curve: [{crush: 0 m, force: 0 kN}, {crush: 20 cm, force: 200 kN}, {crush: 50 cm, force: 300 kN}]
      compartment_stiffness: 3 MN/m
      unloading_stiffness: 20 MN/m
      unloading_soft_share: 0.3
  b: {use: compact, rear: {bumper_top: 60 cm}}
impacts:
  rear: {type: rear-end, speed: {a: 50 km/h, b: 0 km/h}, sweep: {zip: [{speed.a: [30 km/h, 60 km/h], vehicles.b.mass: \
[1 t, 2 t]}], vehicles.a.front.curve.1.force: {from: 150 kN, to: 250 kN, step: 50 kN}}}
  asked: {type: head-on, between: [a, b], speed: {a: 50 km/h, b: 9 m/s}, restitution: law}
risk: {occupant_age: 60 years, belted: unknown, delta_v_correction: 1.2}
output: {units: si, pulses: [{name: p, impact: rear, at: {speed.a: 30 km/h, vehicles.a.front.curve.1.force: 200 kN}}]}
""".replace(": &\n", ":\n")

# Without comments and without an asked restitution, whose check is slow: what counts is the number of mutants.
TEACHING = re.sub(r" *#.*", "", starter("fuzz")).replace("restitution: 0.1", "restitution: speed-fit")
BASES = [TEACHING, OWN, OWN, OWN]
TREES = [json.dumps(read_text(base, "base").tree) for base in BASES]
JUNK = [
    *(None, True, False, 0, 1, -1, 3, 0.5, -0.0, 1e308, -1e308, 5e-324, 10**30, 2**63),
    *(
        "",
        " ",
        "x",
        "mph",
        "5",
        "5 mph",
        "-5 mph",
        "0 mph",
        "1e400 kg",
        "1e-300 kg",
        "1800 lb",
        "nan",
        "inf kN",
        "5,00 kg",
    ),
    *("１８００ lb", "ünïcode", "名前", "\u202e", "a" * 300, "1" * 65, "../x", "/etc/passwd", "CON", "vehicles..x."),
    *(
        "kei",
        "pickup",
        "wall",
        "a",
        "b",
        "kei-car",
        "rigid-wall",
        "head-on",
        "rear-end",
        "law",
        "speed-fit",
        "restitution",
    ),
    *("none", "5f", "unbelted", "vehicles.a.engine.mass", "vehicles.a.occupant.airbag.gap"),
    *("speed.kei", "vehicles.kei.mass", "vehicles.kei.front.plateau", "vehicles.a.front.curve.0.crush"),
    *([], {}, [[]], [{}], [None], {"": None}, {"zip": []}, {"value": "1800 lb"}, {"value": None, "tag": "J"}),
    {"use": "kei-car"},
    {"from": "0 mph", "to": "100 mph", "points": 100_000},
    {"from": "0 mph", "to": "100 mph", "points": 10**9},
    {"from": "5 mph", "to": "85 mph", "step": "1e-9 mph"},
    {"from": "85 mph", "to": "5 mph", "step": "1 mph"},
    {"from": "20 kN", "to": "500 kN", "points": 1400},
    {"from": "1 cm", "to": "2 m", "points": 1400},
    ["5 mph"] * 300,
    {f"speed.{v}": {"from": "1 mph", "to": "80 mph", "points": 1414} for v in ("kei", "pickup")},
]
WORDS = [word for word in JUNK if isinstance(word, str)]
KEYS = [
    *(
        "use",
        "mass",
        "curb_mass",
        "occupants",
        "front",
        "rear",
        "curve",
        "rigid",
        "engine",
        "occupant",
        "belt",
        "plateau",
        "crush_space",
        "value",
        "name",
    ),
    *(
        "zip",
        "sweep",
        "type",
        "at",
        "restitution",
        "speed.kei",
        "vehicles.kei.front.stiffness",
        "vehicles.kei.curb_mass",
    ),
    *("sped", "x", "é"),
]
BYTES = [
    *(
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xef\xbb\xbf",
        b"\t",
        b"\r",
        b"\n",
        b"  ",
        b": ",
        b"- ",
        b", ",
        b"{",
        b"}",
        b"[",
        b"]",
    ),
    *(b"'", b'"', b"#", b"&a ", b"*a", b"!!x ", b"<<: ", b"|", b">", b"?", b"%", b"\n---\n", b"\xf0\x9f\x92\xa5"),
    *(b"9" * 500, b"[" * 40, b"1e999", b".inf"),
]


def holders(tree):
    found, todo = [], [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict | list) and node:
            found.append(node)
            todo += node.values() if isinstance(node, dict) else node
    return found


def nudge_number(found, rng):
    """Change the digits of a text a little: most of these studies stay good."""
    places = [(h, k) for h in found for k in (h if isinstance(h, dict) else range(len(h))) if isinstance(h[k], str)]
    if places:
        holder, key = rng.choice(places)
        change = rng.choice([-7, -1, 1, 2, 10, 300])
        holder[key] = re.sub(r"\d+", lambda m: str(int(m[0]) + change), holder[key][:400])


def mutate_tree(tree, rng):
    """Delete, double, rename, replace and swap parts of a study given as plain data."""
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        found = holders(tree)
        if not found:
            return tree
        holder = rng.choice(found)
        key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        match rng.randrange(12):
            case 0:
                del holder[key]
            case 1 | 2:
                holder[key] = copy.deepcopy(rng.choice(JUNK))
            case 3 if isinstance(holder, dict):
                holder[rng.choice(KEYS)] = holder.pop(key)
            case 4 if isinstance(holder, dict):
                holder[rng.choice(KEYS)] = copy.deepcopy(rng.choice(JUNK))
            case 5:
                other = rng.choice(found)
                source = rng.choice(list(other.values()) if isinstance(other, dict) else other)
                holder[key] = copy.deepcopy(source)
            case 6 | 7 | 8 | 9 | 10:
                nudge_number(found, rng)
            case _:
                for _ in range(rng.choice([1, 1, 2, 40])):
                    holder[key] = rng.choice([[holder[key]], {"x": holder[key]}])
    return tree


def mutate_bytes(data, rng):
    """Cut, copy and overwrite parts of a text."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        i, j = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        j = min(j, i + rng.choice([1, 3, 10, 100]))
        other = rng.choice(WORDS).encode()
        replacement = rng.choice([b"", rng.choice(BYTES), data[i:j] * 2, other])
        data = data[:i] + replacement + data[j:]
    return data


def mutant(seed):
    rng = random.Random(seed)
    which = rng.randrange(len(BASES))
    if rng.random() < 0.4:
        return mutate_bytes(BASES[which].encode(), rng)
    tree = mutate_tree(json.loads(TREES[which]), rng)
    return json.dumps(tree, indent=rng.choice([None, 1]), ensure_ascii=False).encode("utf-8", "surrogatepass")


def wrong_words(problem):
    """Whether a problem is anything but one printable line without jargon."""
    line = str(problem)
    jargon = any(word in line for word in ("Input should", "Extra inputs", "valid integer", "Traceback", "pydantic"))
    return jargon or not line.isprintable() or len(line) > 1200 or not problem.message


def wrong_place(problem, lines):
    """Whether a problem stands outside its file."""
    inside = 1 <= problem.line <= len(lines) and 1 <= problem.column <= len(lines[problem.line - 1]) + 1
    return not inside and (problem.line, problem.column) != (len(lines) + 1, 1)


def lines_of(data):
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    return re.split(r"\r\n?|\n", text)


def problems_of(source):
    try:
        load_study(source)
    except ConfigError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("first", range(0, MUTANTS, MUTANTS_PER_TEST))
def test_mutants_are_studies_or_problems(first, tmp_path):
    path = tmp_path / "study.yaml"
    good = 0
    for seed in range(first, first + MUTANTS_PER_TEST):
        data = mutant(seed)
        path.write_bytes(data)
        problems = problems_of(path)
        good += not problems
        lines = lines_of(data)
        assert not [str(p) for p in problems if p.file != str(path) or wrong_words(p) or wrong_place(p, lines)], seed
        assert len({(p.line, p.column, p.path) for p in problems}) == len(problems), (seed, problems)
    assert 0.05 * MUTANTS_PER_TEST < good < 0.5 * MUTANTS_PER_TEST  # else the mutator does not test what it should


def test_mutated_mappings_are_studies_or_problems():
    for seed in range(1_000):
        rng = random.Random(seed)
        tree = mutate_tree(json.loads(rng.choice(TREES)), rng)
        assert not [str(p) for p in problems_of(tree) if p.line != 0 or wrong_words(p)], seed


@pytest.mark.parametrize("name", [*WORDS, "\0", "\ud800", "x" * 5000, "a/b", "configs"])
def test_weird_names_of_studies(name):
    with pytest.raises((ConfigError, LibraryError)):
        load_study(name)


def test_base_is_in_the_package():
    assert (PACKAGE / "data" / "starter.yaml").is_file()


@pytest.mark.slow
def test_mutants_that_validate_also_run(tmp_path):
    path, ran = tmp_path / "study.yaml", 0
    seed = 10**6
    while ran < 100:
        seed += 1
        path.write_bytes(mutant(seed))
        if problems_of(path):
            continue
        study = load_study(path)
        if sum(impact.count for impact in study.impacts) > 300:
            continue
        results = crashsim.run(study, threads=1)
        status = results.columns["status"]
        assert set(status) <= {"ok", "beyond_model"}, seed
        for name in ("delta_v", "peak_force", "dynamic_crush", "restitution"):
            assert np.isfinite(results.columns[name]).all(), (seed, name)
        ran += 1
