"""A fitted crush curve: text, JSON, the figure of measured against fitted, and the vehicle file."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim import units
from crashsim.config.fits import vehicle_text
from crashsim.engine.manifest import version
from crashsim.errors import OutputError
from crashsim.fitting.compare import P90, History, history, rating, rows
from crashsim.fitting.fit import Fitted
from crashsim.fitting.model import wall_impact
from crashsim.fitting.shape import front_of
from crashsim.fitting.vehicle import vehicle_tree
from crashsim.output import sheet, style
from crashsim.output.speeds import mixed
from crashsim.units import format_quantity

NOTE: Final = "a lumped model is a calibrated surrogate, not a crash test"
MEASURED: Final[dict[str, Any]] = {"color": style.INK, "linewidth": 1.2, "linestyle": (0, (4, 1.5))}

Floats = NDArray[np.float64]


# ---- text ------------------------------------------------------------------------------------------------------------


def told(fitted: Fitted, system: str) -> str:
    """Measured against fitted, test by test, and the curve."""
    found = rows(fitted)
    lines = [f"{fitted.fit.name}: crush curve of {len(fitted.front.slope)} pieces, {_chosen(fitted)}"]
    width = max(len(f"{row.test}: {row.label}") for row in found)
    for row in found:
        was, is_, sd = (format_quantity(v, row.dimension, system) for v in (row.measured, row.fitted, row.deviation))
        off = 100.0 * (row.fitted / row.measured - 1.0)
        lines.append(f"  {f'{row.test}: {row.label}'.ljust(width)}  measured {was:>10}  fitted {is_:>10} +- {sd} ({off:+.1f} %)")  # fmt: skip
    for name, pulses in _histories(fitted).items():
        lines.append(f"  {name}: velocity within {pulses.velocity_error:.2f} m/s up to 150 ms; ISO/TS 18571 score of the pulse {rating(pulses):.2f}")  # fmt: skip
    front = fitted.front
    pairs = zip(front.crush[1:], front.force[1:], strict=True)
    knees = [f"{format_quantity(f, 'force', system)} at {format_quantity(x, 'length', system)}" for x, f in pairs]
    peak = max(fitted.impacts(), key=lambda impact: impact.crush)
    knees.append(f"{format_quantity(peak.force, 'force', system)} at {format_quantity(peak.crush, 'length', system)}")
    lines += [f"  curve: {', '.join(knees)}; unloading {front.unloading / 1e6:.3g} MN/m, soft share {front.soft_share:.2f}"]  # fmt: skip
    if any(np.isfinite(m.static) for m in fitted.tests):
        lines.append(f"  static over dynamic crush {fitted.static_ratio:.3f}")
    return "\n".join([*lines, NOTE])


def as_json(fitted: Fitted) -> str:
    """The same in SI, with the curve, its parameters' covariance and the information criteria."""
    front = fitted.front
    tests = {
        name: {"velocity_error": pulses.velocity_error, "iso_18571": rating(pulses)}
        for name, pulses in _histories(fitted).items()
    }
    return json.dumps({
        "name": fitted.fit.name, "units": "SI", "note": NOTE,
        "quantities": [vars(row) for row in rows(fitted)], "pulses": tests,
        "curve": {"crush": front.crush.tolist(), "force": front.force.tolist(), "slope": front.slope.tolist()},
        "unloading_stiffness": front.unloading, "unloading_soft_share": front.soft_share,
        "static_ratio": fitted.static_ratio,
        "parameters": fitted.theta.tolist(), "covariance": fitted.covariance.tolist(),
        "criteria": [vars(c) for c in fitted.criteria],
    }, indent=2)  # fmt: skip


def _chosen(fitted: Fitted) -> str:
    if fitted.fit.segments is not None:
        return "as asked"
    if not _histories(fitted):
        return "one knee (crush alone tells no more)"
    return "the least BIC of " + ", ".join(f"{c.segments}: {c.bic:.1f}" for c in fitted.criteria)


def _histories(fitted: Fitted) -> dict[str, History]:
    return {m.test.name: history(fitted, m) for m in fitted.tests if m.pulse}


# ---- files -----------------------------------------------------------------------------------------------------------


def files(name: str, folder: Path) -> tuple[Path, Path]:
    """The vehicle file and the figure of a fit."""
    return folder / f"{name}.yaml", folder / f"{name}-fit.png"


def require_new(name: str, folder: Path, force: bool) -> None:
    """Refuse to overwrite anything unasked."""
    if taken := [str(path) for path in files(name, folder) if path.exists() and not force]:
        raise OutputError(f"{taken[0]}: already exists; nothing was written (--force replaces it)")


def write(fitted: Fitted, folder: Path, system: str, force: bool = False) -> list[Path]:
    """Write the vehicle file and the figure."""
    require_new(fitted.fit.name, folder, force)
    vehicle, picture = files(fitted.fit.name, folder)
    heading = f"Written by crashsim fit (crashsim {version()}). In a study: {{use: {fitted.fit.name}}}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        vehicle.write_text(vehicle_text(vehicle_tree(fitted), heading), encoding="utf-8")
        style.save(figure(fitted, system), picture)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from None
    return [vehicle, picture]


# ---- the figure ------------------------------------------------------------------------------------------------------


def figure(fitted: Fitted, system: str) -> Figure:
    """Velocity, deceleration and residuals of every pulse; force against crush; static crush against speed."""
    with style.sheet_style():
        return _figure(fitted, system)


def _figure(fitted: Fitted, system: str) -> Figure:
    pulses = _histories(fitted)
    crushed = sum(np.isfinite(m.static) for m in fitted.tests) > bool(pulses)
    count = 3 * len(pulses) + 1 + crushed
    columns = 3 if len(pulses) > 1 else min(count, 2)  # of several pulses, one a row
    drawing, axes = sheet.panels(-(-count // columns), columns, 6.6 if columns == 1 else 14.4 / (columns + 1), 2.9)
    free = iter(axes.flat)
    for i, (name, pulse) in enumerate(pulses.items()):
        look = style.vehicle_style(i)
        _velocity(next(free), name, pulse, look, system)
        _deceleration(next(free), name, pulse, look)
        _residuals(next(free), name, pulse, look, system)
    _force_crush(next(free), fitted, pulses, system)
    if crushed:
        _static(next(free), fitted, system)
    for ax in free:
        ax.remove()
    pale: Any = mixed(style.COLOURS[0], 0.25)
    legend: sheet.Legend = {"fitted": Line2D([], [], color=style.COLOURS[0])}
    legend |= {"measured": Line2D([], [], **MEASURED)} if pulses else {}
    legend["90 % of predictions (of the curve: 90 % of its parameters)"] = Patch(facecolor=pale)
    made = f"crashsim {version()} · model fitted to measurement, {NOTE} · {_chosen(fitted)}"
    title = str(fitted.fit.vehicle.get("title", fitted.fit.name))
    return sheet.framed(drawing, "Crush curve fitted to wall tests", title, legend, made)


def _band(ax: Axes, x: Floats, y: Floats, deviation: Floats, colour: str) -> None:
    ax.fill_between(x, y - P90 * deviation, y + P90 * deviation, color=mixed(colour, 0.25), linewidth=0.0, zorder=1)


def _velocity(ax: Axes, name: str, pulse: History, look: style.VehicleStyle, system: str) -> None:
    time, unit = 1e3 * pulse.pulse.time, style.unit("speed", system)[0]
    _band(ax, time, pulse.velocity / unit, pulse.velocity_deviation / unit, look.colour)
    ax.plot(time, pulse.velocity / unit, color=look.colour)
    ax.plot(time, pulse.pulse.velocity / unit, **MEASURED)
    ax.axhline(0.0, color="#777777", linewidth=0.8)
    ax.set_ylabel(sheet.labelled("velocity", "speed", system))
    _timed(ax, f"{name}: velocity", time)


def _deceleration(ax: Axes, name: str, pulse: History, look: style.VehicleStyle) -> None:
    time = 1e3 * pulse.pulse.time
    _band(ax, time, pulse.deceleration / units.G0, pulse.deceleration_deviation / units.G0, look.colour)
    ax.plot(time, pulse.deceleration / units.G0, color=look.colour)
    ax.plot(time, pulse.pulse.deceleration / units.G0, **MEASURED)
    ax.set_ylabel("deceleration, CFC60 [g]")
    _timed(ax, f"{name}: pulse", time)


def _residuals(ax: Axes, name: str, pulse: History, look: style.VehicleStyle, system: str) -> None:
    time, unit = 1e3 * pulse.pulse.time, style.unit("speed", system)[0]
    ax.plot(time, (pulse.velocity - pulse.pulse.velocity) / unit, color=look.colour)
    ax.axhline(0.0, color="#777777", linewidth=0.8)
    ax.set_ylabel(sheet.labelled("velocity, fitted - measured", "speed", system))
    ax.spines["right"].set_visible(True)
    other = ax.twinx()
    other.plot(time, (pulse.deceleration - pulse.pulse.deceleration) / units.G0, color="#777777", linewidth=1.0,
               linestyle=(0, (1, 1)))  # fmt: skip
    other.set_ylabel("deceleration, dotted [g]")
    other.grid(False)
    for axis in (ax, other):
        most = 1.15 * max(abs(end) for end in axis.get_ylim())
        axis.set_ylim(-most, most)
    _timed(ax, f"{name}: residuals", time)


def _timed(ax: Axes, title: str, time: Floats) -> None:
    ax.set_xlim(0.0, time[-1])
    ax.set_xlabel("time from contact [ms]")
    sheet.panel_title(ax, title, 4.2)


def _force_crush(ax: Axes, fitted: Fitted, pulses: dict[str, History], system: str) -> None:
    (k, _), (n, _) = style.unit("length", system), style.unit("force", system)
    colour = style.COLOURS[0]
    deepest = max(fitted.impacts(), key=lambda impact: impact.crush)
    x = np.linspace(0.0, deepest.crush, 200)
    force = fitted.front.force_at(x)
    spread = fitted.deviation(lambda theta: front_of(theta, fitted.compartment).force_at(x))
    for m in fitted.tests:
        if m.test.name in pulses:
            p = pulses[m.test.name].pulse
            ax.plot(p.displacement / k, m.test.mass * p.deceleration / n, **{**MEASURED, "linewidth": 1.0})
    times = np.exp(P90 * spread / np.maximum(force, 1e-9))  # of a logarithm: a force is never below 0
    ax.fill_between(x / k, force / times / n, force * times / n, color=mixed(colour, 0.25), linewidth=0.0, zorder=1)
    ax.plot(x / k, force / n, color=colour)
    back = np.linspace(deepest.stop, deepest.end, 60)
    travel, push = deepest.travel(back), deepest.mass * deepest.pulse(back)
    ax.plot(travel / k, push / n, color=colour, linestyle=(0, (1, 1)))
    ax.plot(
        fitted.front.crush / k,
        fitted.front.force / n,
        linestyle="none",
        marker="o",
        color=colour,
        markerfacecolor="white",
    )
    top = max((force * times)[-1], *(m.test.mass * m.pulse.peak for m in fitted.tests if m.pulse), 0.0)
    ax.set_ylim(min(0.0, ax.get_ylim()[0]) if pulses else 0.0, 1.15 * top / n)
    ax.set_xlim(0.0, 1.08 * deepest.crush / k)
    ax.set_xlabel(sheet.labelled("crush (displacement of the compartment)", "length", system))
    ax.set_ylabel(sheet.labelled("force = mass x deceleration", "force", system))
    sheet.panel_title(ax, "force against crush (unloading dotted)", 4.2)


def _static(ax: Axes, fitted: Fitted, system: str) -> None:
    (k, _), (s, _) = style.unit("length", system), style.unit("speed", system)
    mass = float(np.mean([m.test.mass for m in fitted.tests]))
    fastest = max(m.test.speed for m in fitted.tests)
    speed = np.linspace(0.2, 1.15, 30) * fastest

    def crush(theta: Floats) -> Floats:
        front = front_of(theta, fitted.compartment)
        return np.array([np.exp(theta[-1]) * wall_impact(front, mass, v).crush for v in speed])

    values = crush(fitted.theta)
    _band(ax, speed / s, values / k, fitted.deviation(crush) / k, style.COLOURS[0])
    ax.plot(speed / s, values / k, color=style.COLOURS[0])
    named = sorted((m.test.speed, m.static, m.test.name) for m in fitted.tests if np.isfinite(m.static))
    ax.plot([v / s for v, _, _ in named], [c / k for _, c, _ in named], linestyle="none", marker="s", color=style.INK)
    near = [b - a < 0.05 * fastest for a, b in pairwise([*(v for v, _, _ in named), np.inf])]
    for (v, c, name), crowded in zip(named, near, strict=True):  # the slower of two neighbours has its name on the left
        ax.annotate(name, (v / s, c / k), (-6, 5) if crowded else (6, -9), ha="right" if crowded else "left",
                    textcoords="offset points", size=style.SMALL)  # fmt: skip
    ax.set_ylim(0.0, None)
    ax.set_xlim(speed[0] / s, 1.1 * speed[-1] / s)
    ax.set_xlabel(sheet.labelled("impact speed", "speed", system))
    ax.set_ylabel(sheet.labelled("static crush, mean of C1 to C6", "length", system))
    sheet.panel_title(ax, f"static crush, {format_quantity(mass, 'mass', system)} (squares: measured)", 4.2)
