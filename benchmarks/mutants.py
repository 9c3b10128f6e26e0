"""Mutated files of every kind that crashsim reads: a seed gives the same bytes everywhere.

A mutant begins as a sound file, either a short one, of a few lines and quick to read, or a whole one: those that are
shipped, the one that ``crashsim new`` writes, and one with every part of a vehicle.  Its bytes are cut, copied and
overwritten, or its tree has parts deleted, renamed, replaced by junk, exchanged, and its numbers nudged.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from crashsim.config.library import study_folder
from crashsim.config.reader import read_text
from crashsim.config.starter import starter

STUDY, FIT, RECONSTRUCTION, DESIGN, FLEET, MATRIX, SPEED_LIMIT, TESTS = KINDS = (
    "study", "fit", "reconstruction", "design", "fleet", "matrix", "speed limit", "crash tests",
)  # fmt: skip
FOLDERS: Final = {
    STUDY: "*.yaml", FIT: "fits/*.yaml", RECONSTRUCTION: "reconstructions/*.yaml",
    **{kind: f"questions/{kind.replace(' ', '_')}.yaml" for kind in (DESIGN, FLEET, SPEED_LIMIT, TESTS)},
}  # fmt: skip
WHOLE: Final = 0.005  # share of mutants of whole files, which take ten to fifty times as long to read as short ones
OF_BYTES: Final = 0.7  # share of mutants whose bytes are changed, not the tree

WITH_EVERYTHING: Final = """\
name: own
vehicles:
  a:
    mass: 900 kg
    restraint: belt-airbag
    engine: {mass: 100 kg, gap: 30 cm, stiffness: 5 MN/m, unloading: 20 MN/m, firewall_gap: 5 cm, firewall_stiffness: 1 MN/m,
      firewall_unloading: 5 MN/m, mount_stiffness: 200 kN/m, mount_damping: 1 kN*s/m}
    occupant: {size: 5f, head_mass: 4 kg, airbag: {full_time: 40 ms, gap: 10 cm}}
    front:
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
"""
# That which is shipped holds 276 pairs, a study each.
SMALL_MATRIX: Final = """\
name: m
vehicles: {kei: {use: kei-car, mass: 1800 lb}, pickup: {use: full-size-pickup}, own: {use: compact, front: {crush_space: 60 cm}}}
crash: {type: head-on, speed: {first: 25 mph, second: 25 mph}}
quote: [kei, pickup]
order: risk
sampling: {samples: 64, seed: 1}
"""
# Without comments and without an asked restitution, whose check is slow: what counts is the number of mutants.
TEACHING: Final = re.sub(r" *#.*", "", starter("fuzz")).replace("restitution: 0.1", "restitution: speed-fit")

FRONT = "{stiffness: 1.2 MN/m, plateau: 270 kN, crush_space: 48 cm, compartment_stiffness: 3 MN/m, unloading_stiffness: 20 MN/m}"
SHORT: Final = {
    STUDY: (
        f"name: w\nvehicles: {{a: {{mass: 900 kg, front: {FRONT}}}, b: {{use: rigid-wall}}}}\nimpacts: {{w: {{type: wall, speed: "
        "{a: 50 km/h}}}\n",
        f"name: h\nvehicles:\n  a: {{mass: 1800 lb, front: {FRONT}}}\n  b: {{curb_mass: 1.4 t, occupants: 2, front: {FRONT}}}\n"
        "impacts:\n  h: {type: head-on, speed: {a: 30 mph, b: 30 mph}, restitution: speed-fit, sweep: {speed.a: [10 mph, 20 mph]}}\n"
        "output: {units: us, pulses: [{name: p, impact: h, at: {speed.a: 20 mph}}]}\n",
        f"name: d\nvehicles: {{a: {{mass: {{normal: {{mean: 900 kg, sd: 20 kg}}, tag: J}}, front: {FRONT}}}, b: {{use: rigid-wall}}}}\n"
        "impacts: {w: {type: wall, speed: {a: {uniform: {from: 40 km/h, to: 60 km/h}}}}}\n"
        "sampling: {samples: 64, seed: 1, spreads: []}\nrisk: {occupant_age: 60 years, belted: true}\n",
    ),
    FIT: (
        "name: f\nvehicle: {title: F, class: compact car, width: 1.7 m}\ntests:\n"
        "  a: {mass: 1300 kg, speed: 40 km/h, crush: [30 cm, 35 cm, 30 cm], source: s}\n"
        "  b: {mass: 1300 kg, speed: 56 km/h, crush: [45 cm, 50 cm], source: s}\n",
        "name: p\ntests: {a: {mass: 1.3 t, speed: 35 mph, pulse: {file: none.csv, time_unit: ms, unit: g}}}\n",
    ),
    RECONSTRUCTION: (
        "name: r\ntype: wall\nvehicles: {a: {mass: 900 kg, crush: [20 cm, 25 cm], width: 1.4 m, stiffness: {A: 60 kN/m, B: 780 kN/m^2}}}\n",
        "name: t\ntype: head-on\nvehicles:\n  a: {mass: 900 kg, crush: [30 cm, 35 cm], width: 1.4 m, pdof: 5 deg, stiffness: {tests: "
        "[{speed: 35 mph, mass: 950 kg, crush: [40 cm, 45 cm], width: 1.4 m}], b0: 5 mph}}\n  b: {mass: {uniform: {from: 1.9 t, to: 2.1 t}}, "
        "crush: [20 cm, 25 cm], width: 1.8 m, stiffness: {crash3: pickup}}\nrestitution: speed-fit\nsampling: {samples: 256}\n",
    ),
}  # fmt: skip


class Base(NamedTuple):
    """A sound file that mutants begin as."""

    kind: str
    text: str
    tree: str  # the same as JSON


class Mutant(NamedTuple):
    """The bytes of a changed file, and what it was."""

    kind: str
    data: bytes


# ---- what is put into files ------------------------------------------------------------------------------------------

JUNK: Final[list[Any]] = [
    None, True, False, 0, 1, -1, 3, 0.5, -0.0, 1e308, -1e308, 5e-324, 10**30, 2**63,
    "", " ", "x", "mph", "5", "5 mph", "-5 mph", "0 mph", "1e400 kg", "1e-300 kg", "1800 lb", "nan", "inf kN", "5,00 kg",
    "１８００ lb", "ünïcode", "名前", "\u202e", "a" * 300, "1" * 65, "../x", "/etc/passwd", "CON", "vehicles..x.",
    "kei", "pickup", "wall", "a", "b", "kei-car", "rigid-wall", "head-on", "rear-end", "law", "speed-fit", "restitution",
    "none", "5f", "unbelted", "vehicles.a.engine.mass", "vehicles.a.occupant.airbag.gap",
    "speed.kei", "vehicles.kei.mass", "vehicles.kei.front.plateau", "vehicles.a.front.curve.0.crush",
    [], {}, [[]], [{}], [None], {"": None}, {"zip": []}, {"value": "1800 lb"}, {"value": None, "tag": "J"},
    {"use": "kei-car"},
    {"from": "0 mph", "to": "100 mph", "points": 100_000},
    {"from": "0 mph", "to": "100 mph", "points": 10**9},
    {"from": "5 mph", "to": "85 mph", "step": "1e-9 mph"},
    {"from": "85 mph", "to": "5 mph", "step": "1 mph"},
    {"from": "20 kN", "to": "500 kN", "points": 1400},
    {"from": "1 cm", "to": "2 m", "points": 1400},
    {"normal": {"mean": "0 mph", "sd": "1e300 mph"}}, {"uniform": {"from": "1 kg", "to": "1 kg"}}, {"lognormal": {}},
    ["5 mph"] * 300,
    {f"speed.{v}": {"from": "1 mph", "to": "80 mph", "points": 1414} for v in ("kei", "pickup")},
]  # fmt: skip
WORDS: Final = [word for word in JUNK if isinstance(word, str)]
KEYS: Final = [
    "use", "mass", "curb_mass", "occupants", "front", "rear", "curve", "rigid", "engine", "occupant", "belt", "plateau",
    "crush_space", "value", "name", "zip", "sweep", "type", "at", "restitution", "speed.kei", "vehicles.kei.front.stiffness",
    "vehicles.kei.curb_mass", "sped", "x", "é",
]  # fmt: skip
BYTES: Final = [
    b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\t", b"\r", b"\n", b"  ", b": ", b"- ", b", ", b"{", b"}", b"[", b"]",
    b"'", b'"', b"#", b"&a ", b"*a", b"!!x ", b"<<: ", b"|", b">", b"?", b"%", b"\n---\n", b"\xf0\x9f\x92\xa5",
    b"9" * 500, b"[" * 40, b"1e999", b".inf",
]  # fmt: skip


# ---- mutants ---------------------------------------------------------------------------------------------------------


def _base(kind: str, text: str) -> Base:
    return Base(kind, text, json.dumps(read_text(text, kind).tree))


@cache
def short_bases() -> tuple[Base, ...]:
    """Files of a few lines."""
    return tuple(_base(kind, text) for kind, texts in SHORT.items() for text in texts)


@cache
def whole_bases() -> tuple[Base, ...]:
    """Files as users have them: two studies, and one of every shipped file."""
    own = [(STUDY, TEACHING), *[(STUDY, WITH_EVERYTHING)] * 3]
    shipped = [(kind, path) for kind, pattern in FOLDERS.items() for path in sorted(study_folder().glob(pattern))]
    texts = [(kind, re.sub(r" *#.*", "", path.read_text(encoding="utf-8"))) for kind, path in shipped]
    return tuple(_base(kind, text) for kind, text in [*own, *texts, (MATRIX, SMALL_MATRIX)])


def mutant(seed: int, whole: float = WHOLE) -> Mutant:
    """Mutant number ``seed``; ``whole``: the share of those that begin as whole files."""
    rng = random.Random(seed)
    base = rng.choice(whole_bases() if rng.random() < whole else short_bases())
    if rng.random() < OF_BYTES:
        return Mutant(base.kind, mutated_bytes(base.text.encode(), rng))
    tree = mutated_tree(json.loads(base.tree), rng)
    text = json.dumps(tree, indent=rng.choice([None, 1]), ensure_ascii=False)
    return Mutant(base.kind, text.encode("utf-8", "surrogatepass"))


def mutated_tree(tree: Any, rng: random.Random) -> Any:
    """A tree of plain data with parts deleted, doubled, renamed, replaced and exchanged."""
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        found = _holders(tree)
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
                holder[key] = copy.deepcopy(rng.choice(list(other.values()) if isinstance(other, dict) else other))
            case 6 | 7 | 8 | 9 | 10:
                _nudge_number(found, rng)
            case _:
                for _ in range(rng.choice([1, 1, 2, 40])):
                    holder[key] = rng.choice([[holder[key]], {"x": holder[key]}])
    return tree


def _holders(tree: Any) -> list[Any]:
    """All mappings and lists of a tree that hold something."""
    found, todo = [], [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict | list) and node:
            found.append(node)
            todo += node.values() if isinstance(node, dict) else node
    return found


def _nudge_number(found: Sequence[Any], rng: random.Random) -> None:
    """Change the digits of a text a little: most of these files stay good."""
    places = [(h, k) for h in found for k in (h if isinstance(h, dict) else range(len(h))) if isinstance(h[k], str)]
    if places:
        holder, key = rng.choice(places)
        change = rng.choice([-7, -1, 1, 2, 10, 300])
        holder[key] = re.sub(r"\d+", lambda m: str(int(m[0]) + change), holder[key][:400])


def mutated_bytes(data: bytes, rng: random.Random) -> bytes:
    """Bytes with parts cut, copied and overwritten."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        i, j = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        j = min(j, i + rng.choice([1, 3, 10, 100]))
        other = rng.choice(WORDS).encode()
        data = data[:i] + rng.choice([b"", rng.choice(BYTES), data[i:j] * 2, other]) + data[j:]
    return data
