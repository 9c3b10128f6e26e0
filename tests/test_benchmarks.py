"""What the benchmarks compute besides time: ratios, the table, the flop counter, the motion that solve_ivp is given."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

sys.path.append(str(Path(__file__).parent.parent))  # benchmarks are not installed

from benchmarks import __main__ as command
from benchmarks import batch, cases, figure, flops, hic, peers, reference
from benchmarks.table import Group, Row, Unavailable, entry, interleaved, number, printed, ratios
from crashsim.kernels import lanes, laws

ROW = Row("crash", "peer", "peer", "ours", "x", ">= 2", "3")
NOTE = "stored figure"


def test_measurements_are_interleaved() -> None:
    order: list[str] = []

    def measure(name: str) -> float:
        order.append(name)
        return float(len(order))

    values = interleaved({"a": partial(measure, "a"), "b": partial(measure, "b")}, 2)
    assert order == ["a", "b", "a", "b"]
    assert values == {"a": [1.0, 3.0], "b": [2.0, 4.0]}


def test_ratios_are_of_the_same_round() -> None:
    values = {"peer": [10.0, 100.0, 30.0], "ours": [1.0, 10.0, 10.0]}
    assert ratios(ROW, values) == [10.0, 10.0, 3.0]
    assert ratios(ROW._replace(over=""), values) == [1.0, 0.1, 0.1]
    assert ratios(ROW._replace(under=""), values) == values["peer"]
    assert entry(ROW, values, {"peer": NOTE}) == {
        "what": "crash", "against": "peer", "unit": "x", "ratio": {"median": 10.0, "low": 3.0, "high": 10.0},
        "reach": ">= 2", "prototype": "3", "notes": [NOTE],
    }  # fmt: skip


@pytest.mark.parametrize("value, text", [
    (26123.4, "26,100"), (117.3, "117"), (12.34, "12.3"), (1.8849, "1.88"), (0.5712, "0.571"), (9e-15, "9.0e-15"), (0.0, "0.000"),
])  # fmt: skip
def test_numbers_read_easily(value: float, text: str) -> None:
    assert number(value) == text


def test_the_table_has_every_row_and_note() -> None:
    rows = [
        entry(ROW, {"peer": [4.0], "ours": [2.0]}, {"peer": NOTE}),
        entry(ROW._replace(what="stream"), {"ours": [2.0]}, {"peer": "no engine"}),
    ]
    lines = printed(rows).splitlines()
    assert len(lines) == 6
    assert "2.00 x [1]" in lines[2]
    assert lines[3].startswith("stream")
    assert "-" in lines[3]
    assert lines[4:] == [f"[1] {NOTE}", "[2] not available: no engine"]


class Ready:
    ROWS = (ROW,)

    @staticmethod
    def measurements(*, short: bool) -> Group:
        return Group({"peer": lambda: 6.0, "ours": lambda: 2.0 if short else 3.0})


class Absent:
    ROWS = (ROW,)

    @staticmethod
    def measurements(*, short: bool) -> Group:
        raise Unavailable("no engine")


def test_the_command_writes_what_it_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "found.json"
    monkeypatch.setattr(command, "GROUPS", {"ready": Ready, "absent": Absent})
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--short", "--out", str(out)])
    command.main()
    found = json.loads(out.read_text())
    assert [row["ratio"] and row["ratio"]["median"] for row in found["rows"]] == [3.0, None]
    assert found["measured"]["ready"]["ours"] == {"median": 2.0, "low": 2.0, "high": 2.0, "rounds": [2.0]}
    assert found["machine"]["numba"]
    assert "not available: no engine" in capsys.readouterr().out


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "speed"])
    with pytest.raises(SystemExit):
        command.main()
    assert "no such name: speed; there are machine" in capsys.readouterr().err


class Pair(NamedTuple):
    a: float
    b: float


def test_flops_are_counted() -> None:
    assert flops.count(lambda x, y: x + y * 2.0 - 1.0 / x, 3.0, 4.0) == 4
    assert flops.count(lambda p: -p.a * p.b, Pair(3.0, 4.0)) == 1
    assert flops.count(lanes.maximum, 1.0, 2.0) == 1
    assert flops.count(lanes.multiply_add, 1.0, 2.0, 3.0) == 2
    assert flops.count(lambda x, n: x * n, 2.0, 3) == 1
    assert (
        flops.count(lambda column: 2.0 * lanes.load(column, 1, 1) + lanes.load_each(column, 0, 1.0, 2)[1], np.ones(2))
        == 2
    )


def test_flops_of_a_law() -> None:
    """F = ku max(z - p, 0), p = max(p, max(s z + b, z - reach)): a fused pair, two differences, three maxima, a product."""
    assert flops.count(laws.hysteretic, 0.2, 0.1, 0.9, 0.01, 0.5, 1e6) == 2 + 2 + 3 + 1
    assert lanes.multiply_add(0.1, 10.0, -1.0) == 2.0**-54 or not lanes.HAS_FMA, "the exact form is back in place"


def test_brute_force_hic_of_a_constant() -> None:
    """A constant of A g: the longest window, A^2.5 x 15 ms."""
    assert hic.brute_force(np.full(300, 50.0)) == pytest.approx(50.0**2.5 * 0.015, rel=1e-12)


def test_solve_ivp_is_given_a_crash() -> None:
    """Momentum is kept, the velocities are those of a much finer solution, and the memory of the rails follows the crush."""
    closing, (a, b) = cases.one(cases.draw(2), 1)
    found = reference.solve(closing, a, b)
    change = reference.delta_v(found, a, b)
    assert_allclose(change[0] * a["mass"], change[1] * b["mass"], rtol=1e-10)
    assert_allclose(change, reference.delta_v(reference.solve(closing, a, b, rtol=1e-9), a, b), rtol=2e-3)
    assert sum(change) > closing, "the vehicles rebound"
    crush = found.y[0] + found.y[reference.OWN]
    assert found.y[2 * reference.OWN, -1] == pytest.approx(crush.max(), rel=0.01)


def test_rails_unload_along_both_paths() -> None:
    """From a peak F: stiff to the higher knee, one front soft to the lower, both soft to zero; the areas are U_a + U_b."""
    closing, (a, b) = cases.one(cases.draw(2), 1)
    rails = reference.Rails(closing, a, b)
    peak = 300e3
    back = np.linspace(0.0, 0.5, 50_001)
    force = np.array([rails.unloading(peak, x) for x in back])
    returned = 0.0
    for stiff, soft, share, limit in rails.paths:
        knee = min(share * peak, limit)
        returned += 0.5 * stiff * (peak**2 - knee**2) + 0.5 * soft * knee**2
    assert force[0] == peak
    assert force[-1] == 0.0
    assert_allclose(np.trapezoid(force, back), returned, rtol=1e-5)


def test_named_peers_must_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CRASHSIM_PEERS", str(tmp_path / "python"))
    with pytest.raises(SystemExit, match="no such file"):
        peers.python()


def test_the_figure_is_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(batch, "run", lambda n, threads, width, steps: (1e-4 + 2e-6 * n) / threads)
    assert figure.draw(tmp_path, short=True).read_text().startswith("<?xml")
    assert (tmp_path / "throughput.png").stat().st_size > 1000
