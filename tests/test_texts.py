"""What a reader is told beside the figures: plain, short, and no more than the evidence carries."""

import re
from pathlib import Path

import pytest

import crashsim
from crashsim.config import library
from crashsim.output import answers, ledger, plots, quote, report, routes, waterfall
from crashsim.output.lineup import NOTES as OF_LINEUP

LONGEST = 75  # words of a sentence
# Words that claim more than a model can: that something is safe, certain, shown, or that somebody will be hurt.
CLAIMS = re.compile(
    r"\b(prov(es?|en)|guarante\w*|certainly|undoubtedly|always|never safe|(is|are) safe|will (die|be killed|survive|be injured)|deadly|"
    r"validated (model|by)|accurate(ly)?|exactly right|true risk|realistic|state.of.the.art|of course|obviously|clearly)\b",
    re.IGNORECASE,
)
JARGON = re.compile(r"\b(leverage|utili[sz]e|robust|novel|paradigm|synerg\w*|holistic|cutting.edge)\b", re.IGNORECASE)
STUDY = {
    "name": "texts",
    "title": "Texts",
    "vehicles": {"kei": {"use": "kei-truck", "mass": "1800 lb"}, "pickup": {"use": "full-size-pickup"}, "new": {"use": "kei-car"}},
    "impacts": {
        vehicle: {
            "type": "head-on",
            "between": [vehicle, "pickup"],
            "speed": {vehicle: "25 mph", "pickup": "25 mph"},
            "sweep": {"zip": {f"speed.{vehicle}": ["15 mph", "25 mph", "40 mph"], "speed.pickup": ["15 mph", "25 mph", "40 mph"]}},
        }
        for vehicle in ("kei", "new")
    },
    "modifiers": {
        "driver": {"vehicle": "kei", "age": "70 years"},
        "airbags": {"vehicle": "kei", "restraint": "belt-pretensioner-limiter-airbag"},
    },
    "sampling": {"samples": 1},
    "output": {"pulses": [{"name": "slow", "impact": "kei", "at": {"speed.kei": "15 mph"}}]},
}  # fmt: skip


@pytest.fixture(scope="module")
def texts(tmp_path_factory) -> dict[str, str]:
    """Everything that a reader is told, by where it stands."""
    results = crashsim.run(STUDY)
    path: Path = tmp_path_factory.mktemp("texts") / "report.md"
    report.write_report(results, path, [], "us")
    told = {f"answer {i}": said for i, said in enumerate(answers.answer(results, "us"))}
    told |= {f"quote {i}": said for i, said in enumerate(quote.quote(results, "us"))}
    told |= {f"caption {name}": text for name, text in report.CAPTIONS.items()}
    told |= {f"note {i}": text for i, text in enumerate((*routes.NOTES, *waterfall.NOTES, *OF_LINEUP))}
    told |= {f"reading {i}": text for i, text in enumerate((*report.READING, *ledger.READING, report.BRIEFLY))}
    prose = [line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] not in "|>`!#"]
    sources = tuple(results.meta["ledger_sources"])
    return told | {
        f"report {i}": line for i, line in enumerate(prose) if not line.removeprefix("- ").startswith(sources)
    }


def test_nothing_claims_more_than_the_evidence_carries(texts):
    found = {where: CLAIMS.findall(text) for where, text in texts.items() if CLAIMS.search(text)}
    assert not found
    assert CLAIMS.search("this proves that the car is safe")  # else the test says nothing


def test_sentences_are_short_and_in_plain_words(texts):
    for where, text in texts.items():
        for sentence in re.split(r"(?<=[.;])\s+", text):
            assert len(sentence.split()) <= LONGEST, f"{where}: {sentence}"
        assert not JARGON.search(text), where


def test_every_kind_of_figure_has_a_caption():
    assert plots.FIGURES.keys() == report.CAPTIONS.keys()


def test_a_risk_is_told_with_its_range(texts):
    told = [text for where, text in texts.items() if where.startswith("answer") and "risk of a serious injury" in text]
    assert told
    for text in told:
        bare = re.sub(r"\([^)]*\)", "()", text)  # ranges as ()
        assert not re.search(r"\d %(?! \(\))", bare), text


@pytest.mark.parametrize("name", library.study_names())
def test_questions_of_shipped_studies_claim_nothing(name):
    text = library.study_path(name).read_text(encoding="utf-8")
    comments = " ".join(line.partition("#")[2] for line in text.splitlines())
    assert not CLAIMS.search(comments), name
