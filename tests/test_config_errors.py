"""What a user reads after a mistake: one line for each, with its place, what stood there and what was expected."""

import re

import pytest

from crashsim.config.study import load_study
from crashsim.errors import ConfigError

STUDY = """\
name: study
vehicles:
  kei:
    use: kei-car
    mass: 1800 lb
  pickup: {use: full-size-pickup, mass: 5500 lb}
  wall: {use: rigid-wall}
impacts:
  head-on:
    type: head-on
    between: [kei, pickup]
    speed: {kei: 55 mph, pickup: 55 mph}
    sweep:
      speed.kei: {from: 5 mph, to: 85 mph, step: 5 mph}
output:
  pulses:
    - {name: fast, impact: head-on, at: {speed.kei: 55 mph}}
"""

OWN_FRONT = """\
    front:
      curve:
        - {crush: 0 cm, force: 0 kN}
        - {crush: 20 cm, force: 200 kN}
        - {crush: 40 cm, force: 300 kN}
      compartment_stiffness: 3 MN/m
      unloading_stiffness: 20 MN/m
"""

# (text of STUDY, what stands in its place, every problem as line:column: path: message)
MISTAKES = [
    (
        "mass: 1800",
        "mas: 1800",
        [
            "5:5: vehicles.kei.mas: unknown field; did you mean 'mass'?",
        ],
    ),
    (
        "name: study",
        "nam: study",
        [
            "1:1: nam: unknown field; did you mean 'name'?",
        ],
    ),
    (
        "type: head-on",
        "typ: head-on",
        [
            "10:5: impacts.head-on.typ: unknown field; did you mean 'type'?",
        ],
    ),
    (
        "name: study\n",
        "",
        [
            "1:1: name: missing, expected a name of lower-case letters, digits, - and _, at most 64, with a "
            "letter or digit at both ends",
        ],
    ),
    (
        "    type: head-on\n",
        "",
        [
            "9:3: impacts.head-on.type: missing, expected head-on, rear-end, side or wall",
        ],
    ),
    (
        "speed: {kei: 55 mph, pickup: 55 mph}",
        "speed: {kei: 55 mph}",
        [
            "12:5: impacts.head-on.speed.pickup: missing, expected its speed over ground (0 mph if it stands)",
        ],
    ),
    (
        "    between: [kei, pickup]\n",
        "",
        [
            "9:3: impacts.head-on.between: missing, expected which two of kei, pickup, wall meet",
        ],
    ),
    (
        "kei:\n    use: kei-car\n    mass: 1800 lb",
        "kei: kei-car",
        [
            "3:8: vehicles.kei: got 'kei-car', expected a mapping such as {use: kei-car}",
        ],
    ),
    (
        "use: kei-car",
        "use: [kei-car]",
        [
            "4:10: vehicles.kei.use: got a list, expected one line of text of at most 200 characters",
        ],
    ),
    (
        "name: study",
        "name: 12",
        [
            "1:7: name: got 12, expected a name of lower-case letters, digits, - and _, at most 64, with a "
            "letter or digit at both ends",
        ],
    ),
    (
        "mass: 1800 lb",
        "mass: true",
        [
            "5:11: vehicles.kei.mass: got true, expected a mass with its unit, such as '30 lb' or '30 kg'",
        ],
    ),
    (
        "mass: 1800 lb",
        "mass:",
        [
            "5:10: vehicles.kei.mass: got nothing, expected a mass from 50 kg to 100,000 kg",
        ],
    ),
    (
        "mass: 1800 lb",
        "front:",
        [
            "5:11: vehicles.kei.front: got nothing, expected a value",
        ],
    ),
    (
        "mass: 1800 lb",
        "front: [1]",
        [
            "5:12: vehicles.kei.front: got a list, expected a mapping",
        ],
    ),
    (
        "speed: {kei: 55 mph, pickup: 55 mph}",
        "speed: 55 mph",
        [
            "12:12: impacts.head-on.speed: got '55 mph', expected a mapping such as {kei: 55 mph, pickup: 55 mph}",
        ],
    ),
    (
        "[kei, pickup]",
        "[kei, pickup, wall]",
        [
            "11:14: impacts.head-on.between: got 3 entries, expected at most 2",
        ],
    ),
    (
        "[kei, pickup]",
        "[kei, 3]",
        [
            "11:20: impacts.head-on.between[1]: got a number, expected one line of text of at most 200 characters",
        ],
    ),
    (
        "mass: 1800 lb",
        "rigid: 'no'",
        [
            "5:12: vehicles.kei.rigid: got 'no', expected true or false",
        ],
    ),
    (
        "output:\n",
        "output:\n  units: imperial\n",
        [
            "16:10: output.units: got 'imperial', expected us or si",
        ],
    ),
    (
        "output:\n",
        "risk: {belted: 1}\noutput:\n",
        [
            "15:16: risk.belted: got 1, expected true, false or unknown",
        ],
    ),
    (
        "1800 lb",
        "1800",
        [
            "5:11: vehicles.kei.mass: got the bare number 1800, expected a mass with its unit, such as '1800 "
            "lb' or '1800 kg'",
        ],
    ),
    (
        "{kei: 55 mph",
        "{kei: 55 mhp",
        [
            "12:18: impacts.head-on.speed.kei: unknown speed unit 'mhp'; did you mean 'mph'? (known: m/s, "
            "km/h, kph, mph, ft/s)",
        ],
    ),
    (
        "1800 lb",
        "55 mph",
        [
            "5:11: vehicles.kei.mass: '55 mph' is a speed, expected a mass with its unit, such as '55 lb' or '55 kg'",
        ],
    ),
    (
        "1800 lb",
        "-1800 lb",
        [
            "5:11: vehicles.kei.mass: got '-1800 lb', expected a mass from 50 kg to 100,000 kg",
        ],
    ),
    (
        "1800 lb",
        "0 kg",
        [
            "5:11: vehicles.kei.mass: got '0 kg', expected a mass from 50 kg to 100,000 kg",
        ],
    ),
    (
        "1800 lb",
        "nan kg",
        [
            "5:11: vehicles.kei.mass: got 'nan kg', expected a mass with its unit, such as '30 lb' or '30 kg'",
        ],
    ),
    (
        "1800 lb",
        ".inf",
        [
            "5:11: vehicles.kei.mass: got '.inf', expected a finite number",
        ],
    ),
    (
        "1800 lb",
        "1e400 kg",
        [
            "5:11: vehicles.kei.mass: '1e400 kg' is too large for a number",
        ],
    ),
    (
        "1800 lb",
        "{value: 1800, tag: J}",
        [
            "5:19: vehicles.kei.mass.value: got the bare number 1800, expected a mass with its unit, such as "
            "'1800 lb' or '1800 kg'",
        ],
    ),
    (
        "1800 lb",
        "{value: 1800 lb, tag: Q}",
        [
            "5:33: vehicles.kei.mass.tag: got 'Q', expected one of S, C, M, M?, J",
        ],
    ),
    (
        "1800 lb",
        "{valu: 1800 lb}",
        [
            "5:12: vehicles.kei.mass.valu: unknown field; did you mean 'value'?",
        ],
    ),
    (
        "output:\n",
        "risk: {occupant_age: 40}\noutput:\n",
        [
            "15:22: risk.occupant_age: got the bare number 40, expected an age with its unit, such as '40 years'",
        ],
    ),
    (
        "output:\n",
        "risk: {occupant_age: 9 years}\noutput:\n",
        [
            "15:22: risk.occupant_age: got '9 years', expected an age from 13 years to 110 years",
        ],
    ),
    (
        "use: kei-car",
        "use: kei-carr",
        [
            "4:10: vehicles.kei.use: no vehicle called 'kei-carr'; did you mean 'kei-car'?",
        ],
    ),
    (
        "use: kei-car",
        "use: ../kei-car",
        [
            "4:10: vehicles.kei.use: got '../kei-car', expected the name of a vehicle (letters, digits, - and "
            "_), not a path",
        ],
    ),
    (
        "mass: 1800 lb",
        "restraint: unbeltd",
        [
            "5:16: vehicles.kei.restraint: no restraint called 'unbeltd'; did you mean 'unbelted'?",
        ],
    ),
    (
        "[kei, pickup]",
        "[kei, pikup]",
        [
            "11:20: impacts.head-on.between[1]: no vehicle called 'pikup'; did you mean 'pickup'?",
        ],
    ),
    (
        "speed: {kei: 55 mph, pickup",
        "speed: {kei: 55 mph, pikup",
        [
            "12:26: impacts.head-on.speed.pikup: 'pikup' does not move here; did you mean 'pickup'?",
        ],
    ),
    (
        "impact: head-on",
        "impact: headon",
        [
            "17:28: output.pulses[0].impact: no impact called 'headon'; did you mean 'head-on'?",
        ],
    ),
    (
        "type: head-on",
        "type: headon",
        [
            "10:11: impacts.head-on.type: got 'headon', expected head-on, rear-end, side or wall; did you mean 'head-on'?",
        ],
    ),
    (
        "{kei: 55 mph, pickup: 55 mph}",
        "{kei: 55 mph, pickup: 55 mph}\n    restitution: speedfit",
        [
            "13:18: impacts.head-on.restitution: got 'speedfit', expected law, speed-fit or a number from 0 to "
            "1; did you mean 'speed-fit'?",
        ],
    ),
    (
        "  wall:",
        "  Brick Wall:",
        [
            "7:3: vehicles.'Brick Wall': got the name 'Brick Wall', expected a name of lower-case letters, "
            "digits, - and _, at most 64, with a letter or digit at both ends",
        ],
    ),
    (
        "  wall:",
        "  a.b:",
        [
            "7:3: vehicles.'a.b': got the name 'a.b', expected a name of lower-case letters, digits, - and _, "
            "at most 64, with a letter or digit at both ends",
        ],
    ),
    (
        "  wall:",
        "  7:",
        [
            "7:3: vehicles: got a number as a key, expected a text (in quotes if need be)",
        ],
    ),
    (
        "mass: 1800 lb",
        "mass: 1800 lb\n    curb_mass: 1500 lb\n    occupants: 2",
        [
            "6:16: vehicles.kei.curb_mass: got mass 1800 lb and curb_mass 1500 lb and occupants 2; mass "
            "already has the occupants in it: give either mass, or curb_mass and occupants",
        ],
    ),
    (
        "use: kei-car\n    mass: 1800 lb",
        "use: midsize-camry-2018\n    front: {plateau: 300 kN}",
        [
            "5:22: vehicles.kei.front.plateau: plateau beside a curve: the curve is the whole loading law; to "
            "replace the curve give stiffness, plateau, crush_space",
        ],
    ),
    (
        "use: rigid-wall",
        "use: rigid-wall, mass: 3 t",
        [
            "7:33: vehicles.wall.mass: a rigid wall has no mass, structure, engine or occupant; leave it out",
        ],
    ),
    (
        "[kei, pickup]",
        "[kei, wall]",
        [
            "11:14: impacts.head-on.between: wall is a rigid wall, expected two vehicles (or type: wall)",
        ],
    ),
    (
        "type: head-on",
        "type: wall",
        [
            "11:14: impacts.head-on.between: pickup is no wall, expected a vehicle and a rigid wall (one with "
            "use: rigid-wall)",
        ],
    ),
    (
        "[kei, pickup]",
        "[wall, kei]",
        [
            "11:14: impacts.head-on.between: wall is a rigid wall: the first of the two must be a vehicle that moves",
        ],
    ),
    (
        "type: head-on\n    between: [kei, pickup]",
        "type: wall\n    between: [kei, wall]",
        [
            "12:26: impacts.head-on.speed.pickup: 'pickup' does not move here; only kei can have a speed",
        ],
    ),
    (
        "[kei, pickup]",
        "[kei, kei]",
        [
            "11:14: impacts.head-on.between: a vehicle cannot hit itself; for two of a kind, list it twice in vehicles",
        ],
    ),
    (
        "    use: kei-car\n    mass: 1800 lb\n",
        "    mass: 900 kg\n",
        [
            "3:3: vehicles.kei.front: missing, expected the structure of the front of kei, which an impact loads",
        ],
    ),
    (
        "    use: kei-car\n    mass: 1800 lb\n",
        "    mass: 900 kg\n    front: {stiffness: 1 MN/m, plateau: 300 kN}\n",
        [
            "5:5: vehicles.kei.front.crush_space: missing, expected a length from 1 mm to 5 m (or a curve)",
            "5:5: vehicles.kei.front.compartment_stiffness: missing, expected a stiffness from 1 kN/m to 100,000 MN/m",
            "5:5: vehicles.kei.front.unloading_stiffness: missing, expected a stiffness from 1 kN/m to 100,000 MN/m",
        ],
    ),
    (
        "mass: 1800 lb",
        "front: {bumper_top: 30 cm}",
        [
            "5:25: vehicles.kei.front.bumper_top: the bumper beam's top at 30 cm is not above its bottom at 406 mm",
        ],
    ),
    (
        "mass: 1800 lb",
        "front: {plateau: 800 kN}",
        [
            "5:22: vehicles.kei.front.plateau: the plateau begins at 66.6667 cm of crush (plateau / "
            "stiffness), expected before the end of the crush space at 48 cm",
        ],
    ),
    (
        "mass: 1800 lb",
        "front: {plateau_slope: 1 kN/m}",
        [
            "5:28: vehicles.kei.front.plateau_slope: the plateau rises by 0.001 MN/m, expected a rise of at "
            "least 0.012 MN/m (1% of the initial stiffness)",
        ],
    ),
    (
        "mass: 1800 lb",
        "front: {unloading_stiffness: 1 MN/m}",
        [
            "5:34: vehicles.kei.front.unloading_stiffness: got an unloading stiffness of 1 MN/m, expected at "
            "least 3 MN/m, the steepest slope of loading",
        ],
    ),
    (
        "{kei: 55 mph, pickup: 55 mph}\n    sweep:\n      speed.kei: {from: 5 mph, to: 85 mph, step: 5 mph}",
        "{kei: 0 mph, pickup: 0 mph}\n    sweep:\n      vehicles.kei.mass: [800 kg]",
        [
            "12:18: impacts.head-on.speed.kei: no collision: at least one of the two must move",
            "17:42: output.pulses[0].at.'speed.kei': not swept in head-on (swept: vehicles.kei.mass)",
        ],
    ),
    (
        "type: head-on",
        "type: rear-end",
        [
            "14:18: impacts.head-on.sweep.'speed.kei': no collision: kei, which strikes, must be faster than "
            "pickup (first where speed.kei = 5 mph)",
        ],
    ),
    (
        "    sweep:",
        "    restitution: 0.9\n    sweep:",
        [
            "13:18: impacts.head-on.restitution: got 0.9, expected at most 0.*, which is all that the two "
            "structures can give back (first where speed.kei = 5 mph)",
        ],
    ),
    (
        "speed.kei: 55 mph}}",
        "speed.kei: 54 mph}}",
        [
            "17:53: output.pulses[0].at.'speed.kei': got '54 mph', which the sweep does not meet; nearest: 55 mph",
        ],
    ),
    (
        "speed.kei: 55 mph}}",
        "speed.kei: 88 km/h}}",
        [
            "17:53: output.pulses[0].at.'speed.kei': got '88 km/h', which the sweep does not meet; nearest: "
            "88.5139 km/h",
        ],
    ),
    (
        ", at: {speed.kei: 55 mph}}",
        "}",
        [
            "17:7: output.pulses[0].at.'speed.kei': missing, expected a value of speed.kei",
        ],
    ),
    (
        "at: {speed.kei:",
        "at: {sped.kei:",
        [
            "17:42: output.pulses[0].at.'sped.kei': not swept in head-on; did you mean 'speed.kei'?",
        ],
    ),
    (
        "at: {speed.kei: 55 mph}}\n",
        "at: {speed.kei: 55 mph}}\n    - {name: fast, impact: head-on, at: {speed.kei: 5 mph}}\n",
        [
            "18:14: output.pulses[1].name: 'fast' is the name of an earlier pulse; give it another",
        ],
    ),
    (
        "{name: fast, ",
        "{",
        [
            "17:7: output.pulses[0].name: missing, expected one line of text of at most 100 characters",
        ],
    ),
]

# (text of OWN_FRONT, what stands in its place, the problem)
CURVE_MISTAKES = [
    (
        "300 kN",
        "150 kN",
        "9:33: vehicles.kei.front.curve[2].force: got 150 kN after 200 kN, expected a rise of at least 10 kN/m (1% of "
        "the initial stiffness); a falling curve is not repaired",
    ),
    (
        "40 cm",
        "15 cm",
        "9:19: vehicles.kei.front.curve[2].crush: got 15 cm after 20 cm, expected crush that grows from point to point",
    ),
    (
        "0 cm, force: 0 kN",
        "1 cm, force: 0 kN",
        "7:19: vehicles.kei.front.curve[0].crush: expected a first point of zero crush and zero force",
    ),
    (
        "force: 200 kN",
        "force: 0 N",
        "8:33: vehicles.kei.front.curve[1].force: expected an initial stiffness above zero",
    ),
    (
        "force: 200 kN",
        "forc: 200 kN",
        "8:26: vehicles.kei.front.curve[1].forc: unknown field; did you mean 'force'?",
    ),
    (
        "20 MN/m",
        "2 MN/m",
        "11:28: vehicles.kei.front.unloading_stiffness: got an unloading stiffness of 2 MN/m, expected at least 3 MN/m"
        ", the steepest slope of loading",
    ),
]


def told(problem):
    return f"{problem.line}:{problem.column}: {problem.path}: {problem.message}"


def problems_of(text, folder):
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_study(path)
    assert {p.file for p in caught.value.problems} == {str(path)}
    return [told(p) for p in caught.value.problems]


def test_the_study_itself_is_good(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    assert load_study(path).impacts[0].count == 17


@pytest.mark.parametrize("old, new, expected", MISTAKES, ids=[" ".join(m[1].split())[:40] for m in MISTAKES])
def test_one_mistake_is_one_clear_message(old, new, expected, tmp_path):
    assert old in STUDY
    found = problems_of(STUDY.replace(old, new, 1), tmp_path)
    assert len(found) == len(expected), found
    for got, wanted in zip(found, expected, strict=True):
        assert re.fullmatch(re.escape(wanted).replace(r"\*", ".*"), got), found


@pytest.mark.parametrize("old, new, expected", CURVE_MISTAKES)
def test_one_mistake_in_a_curve(old, new, expected, tmp_path):
    own = "    mass: 900 kg\n" + OWN_FRONT.replace(old, new, 1)
    text = STUDY.replace("    use: kei-car\n    mass: 1800 lb\n", own)
    assert problems_of(text, tmp_path) == [expected]


def test_occupants_without_a_number(tmp_path):
    own = "    curb_mass: 900 kg\n" + OWN_FRONT
    (found,) = problems_of(STUDY.replace("    use: kei-car\n    mass: 1800 lb\n", own), tmp_path)
    assert found.startswith("3:3: vehicles.kei.occupants: missing, expected how many people are in it")


def test_all_mistakes_at_once_in_the_order_of_the_file(tmp_path):
    text = STUDY.replace("name: study", "name: My Study").replace("use: kei-car", "use: kei-carr")
    text = text.replace("5500 lb", "5500").replace("type: head-on", "type: headon").replace("step: 5", "step: 3")
    text = text.replace("speed.kei: 55 mph}}", "speed.kei: 55 mph}, colour: red}")
    found = problems_of(text, tmp_path)
    assert [line.split(": ")[1] for line in found] == [
        "name", "vehicles.kei.use", "vehicles.pickup.mass", "impacts.head-on.type",
        "impacts.head-on.sweep.'speed.kei'.step", "output.pulses[0].colour",
    ]  # fmt: skip


def test_ten_thousand_mistakes_are_cut_short(tmp_path):
    junk = "".join(f"  x{i}: 3\n" for i in range(10_000))
    found = problems_of(STUDY.replace("vehicles:\n", "vehicles:\n" + junk), tmp_path)
    assert len(found) == 21
    assert any("too many problems" in line for line in found)


def test_unknown_vehicle_makes_no_further_problems(tmp_path):
    text = STUDY.replace("use: kei-car", "use: nothing").replace("speed.kei: {", "vehicles.kei.front.plateau: {")
    text = text.replace("{from: 5 mph, to: 85 mph, step: 5 mph}", "[200 kN, 300 kN]")
    text = text.replace("at: {speed.kei: 55 mph}", "at: {vehicles.kei.front.plateau: 200 kN}")
    (found,) = problems_of(text, tmp_path)
    assert found.startswith("4:10: vehicles.kei.use: no vehicle called 'nothing' (known: ")


def test_fault_of_the_library_is_shown_at_the_use_and_names_the_field(tmp_path):
    (tmp_path / "soft.yaml").write_text(
        "mass: 900 kg\n" + OWN_FRONT.replace("\n    ", "\n").removeprefix("    ").replace("300 kN", "100 kN")
    )
    (found,) = problems_of(STUDY.replace("use: kei-car", "use: soft"), tmp_path)
    assert found.startswith("4:10: vehicles.kei.front.curve[2].force: got 100 kN after 200 kN, expected a rise")


def test_mapping_has_the_same_messages_without_lines():
    vehicles = {"kei": {"use": "kei-car", "mass": 1800}, "pickup": {"use": "full-size-pikup"}}
    impacts = {"head-on": {"type": "head-on", "speed": {"kei": "55 mph", "pickup": float("nan")}}}
    with pytest.raises(ConfigError) as nan:
        load_study({"name": "study", "vehicles": vehicles, "impacts": impacts})
    assert str(nan.value).startswith(
        "study: impacts.head-on.speed.pickup: got a number that is too large or not finite"
    )
    impacts["head-on"]["speed"]["pickup"] = "55 mhp"
    with pytest.raises(ConfigError) as caught:
        load_study({"name": "study", "vehicles": vehicles, "impacts": impacts})
    assert str(caught.value).splitlines() == [
        "study: vehicles.kei.mass: got the bare number 1800, expected a mass with its unit, such as '1800 lb' or "
        "'1800 kg'",
        "study: impacts.head-on.speed.pickup: unknown speed unit 'mhp'; did you mean 'mph'? "
        "(known: m/s, km/h, kph, mph, ft/s)",
        "study: vehicles.pickup.use: no vehicle called 'full-size-pikup'; did you mean 'full-size-pickup'?",
    ]


@pytest.mark.parametrize(
    "value, message",
    [
        ({1: "x"}, "got a number as a key, expected a text"),
        ({"a": object()}, "got a object, expected a text, a number, a list or a mapping"),
        ({"a": "\0"}, "got the control character U+0000"),
        ({"a" * 101: 1}, "got the key"),
        ({"a": 10**50}, "got a number that is too large"),
        ({"a": "x" * 20_000}, "got 20,000 characters"),
        ({"a": [None] * 60_000}, "more than 50,000 values"),
    ],
)
def test_mapping_that_no_file_could_hold(value, message):
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        load_study(value)
    assert all(p.line == 0 and str(p).isprintable() for p in caught.value.problems)


def test_mapping_that_holds_itself():
    tree = {"name": "study"}
    tree["vehicles"] = tree
    with pytest.raises(ConfigError, match="nested too deep, expected at most 32 levels"):
        load_study(tree)


def test_user_vehicle_is_reported_with_its_own_places(tmp_path):
    own = tmp_path / "my-car.yaml"
    own.write_text("title: Mine\nmas: 900 kg\nfront:\n  stiffness: 1200\n")
    (tmp_path / "study.yaml").write_text(STUDY.replace("use: kei-car", "use: my-car"))
    with pytest.raises(ConfigError) as caught:
        load_study(tmp_path / "study.yaml")
    assert [str(p) for p in caught.value.problems] == [
        f"{own}:2:1: mas: unknown field; did you mean 'mass'?",
        f"{own}:4:14: front.stiffness: got the bare number 1200, expected a stiffness with its unit, such as "
        "'1200 lbf/in' or '1200 kN/m'",
    ]


def test_user_vehicle_that_is_not_yaml(tmp_path):
    (tmp_path / "my-car.yaml").write_text("title: [\n")
    (tmp_path / "study.yaml").write_text(STUDY.replace("use: kei-car", "use: my-car"))
    with pytest.raises(ConfigError) as caught:
        load_study(tmp_path / "study.yaml")
    (problem,) = caught.value.problems
    assert problem.file.endswith("my-car.yaml")
    assert "not valid YAML" in problem.message


def test_user_vehicle_cannot_use_another(tmp_path):
    (tmp_path / "my-car.yaml").write_text("use: kei-car\n")
    (tmp_path / "study.yaml").write_text(STUDY.replace("use: kei-car", "use: my-car"))
    with pytest.raises(ConfigError, match=r"my-car\.yaml:1:6: use: a vehicle file stands alone"):
        load_study(tmp_path / "study.yaml")
