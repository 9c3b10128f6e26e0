"""Figures of the named cases: crash pulses, and force against crush of the two ends that meet."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim import structure, units
from crashsim.cases import SIDE, SQUARE, Impact, build
from crashsim.output import sheet, style
from crashsim.output.speeds import mixed, vehicle_look
from crashsim.output.views import case_numbers, case_rows, named_rows, vehicle_words, vehicles_of
from crashsim.results import BEYOND_MODEL, FAILED, Pulse, Results

QUIET: Final = 5.0 * units.G0  # m/s^2: a chest that is slowed by less is drawn no further
CHEST: Final[dict[str, Any]] = {"linewidth": 1.2, "linestyle": (0, (1, 1))}
PEAK: Final[dict[str, Any]] = {"color": style.INK, "linewidth": 1.0, "linestyle": (0, (5, 3)), "zorder": 2}
GIVEN: Final[dict[str, Any]] = {"color": "#777777", "linewidth": 1.0, "linestyle": ":", "zorder": 2.5}


def pulses(results: Results, system: str) -> Figure | None:
    """Acceleration of compartment and chest, and change of velocity, against time for each named case."""
    shown = [pulse for pulse in results.pulses if pulse.status != FAILED]
    if not shown:
        return None
    across, columns = sheet.blocks(len(shown))
    width = 4.3 if columns > 1 else 6.6
    figure, axes = sheet.panels(2 * across, columns, width, 2.6)
    legend: sheet.Legend = {}
    for n, pulse in enumerate(shown):
        top, bottom = axes[2 * (n // columns), n % columns], axes[2 * (n // columns) + 1, n % columns]
        legend |= _histories(top, bottom, results, pulse, system)
        grey = " (beyond the model)" if pulse.status == BEYOND_MODEL else ""
        sheet.panel_title(top, pulse.name + grey, 0.8 * width)
        top.tick_params(labelbottom=False)
        bottom.set_xlabel("time [ms]")
        if n % columns == 0:
            top.set_ylabel("acceleration [g], + is forward")
            bottom.set_ylabel(sheet.labelled("velocity change", "speed", system))
        last = n % columns == columns - 1 or n == len(shown) - 1
        sheet.twin(bottom, "right", "speed", system, label="velocity change" if last else None)
    for n in range(len(shown), across * columns):
        for row in (0, 1):
            axes[2 * (n // columns) + row, n % columns].remove()
    notes = ["SAE J211 signs: forward in each vehicle's own axes is positive", "compartment, not filtered"]
    if any(SIDE in results.meta["impacts"][pulse.impact]["ends"] for pulse in shown):
        notes.append("a struck side: across the vehicle, away from the striking one is positive")
    if any(np.isfinite(pulse.chest_acceleration).any() for pulse in shown):
        legend["chest of its occupant"] = Line2D([], [], color="#555555", **CHEST)
        notes.append("chest: calibrated surrogate")
    caption = sheet.caption(results, named_rows(results), *notes)
    return sheet.finish(figure, results, "Crash pulses of the named cases", legend, caption)


def _histories(top: Axes, bottom: Axes, results: Results, pulse: Pulse, system: str) -> sheet.Legend:
    legend: sheet.Legend = {}
    beyond = pulse.status == BEYOND_MODEL
    loaded = (pulse.force > 0.0) | np.any(np.abs(pulse.chest_acceleration) > QUIET, axis=0)
    end = min(len(pulse.time) - 1, int(1.1 * (np.flatnonzero(loaded).max(initial=0) + 1)))
    until = slice(0, end + 1)
    for vehicle in vehicles_of(results, pulse.impact):
        i = pulse.vehicles.index(vehicle)
        look = vehicle_look(results, vehicle)
        legend[vehicle_words(results, vehicle, system)] = style.swatch(look, marker=True)
        line: dict[str, Any] = {
            "color": style.GREY if beyond else look.colour, "linestyle": look.dashes,
            "marker": look.marker, "markerfacecolor": "white", "markevery": (end // 20, max(1, end // 9)),
        }  # fmt: skip
        time = pulse.time[until] * 1e3
        change = (pulse.velocity[i] - pulse.velocity[i, 0])[until]
        top.plot(time, pulse.acceleration[i, until] / units.G0, **line)
        top.plot(time, pulse.chest_acceleration[i, until] / units.G0, color=line["color"], **CHEST)
        bottom.plot(time, change / style.unit("speed", system)[0], **line)
    for ax in (top, bottom):
        ax.set_xlim(0, float(pulse.time[end]) * 1e3)
        ax.axhline(0.0, color="#777777", linewidth=0.8, zorder=1)
        ax.margins(y=0.08)
    if beyond:
        legend[style.BEYOND] = Line2D([], [], color=style.GREY)
    return legend


# ---- force against crush ---------------------------------------------------------------------------------------------


def force_crush(results: Results, name: str, system: str) -> Figure | None:
    """Loading curves of the two ends that meet in a named case, what of them was crushed, and the way back.

    The first vehicle's crush runs to the left, the second's to the right: one force pushes in both.
    """
    pulse = next((p for p in results.pulses if p.name == name), None)
    if pulse is None or pulse.status == FAILED:
        return None
    vehicles = vehicles_of(results, pulse.impact)
    about = results.meta["impacts"][pulse.impact]
    meeting = about.get("meeting", SQUARE)
    rigid = (pulse.vehicles[0] not in vehicles, pulse.vehicles[1] not in vehicles)
    case = Impact(name, about["type"], pulse.vehicles, case_numbers(results, name), (), rigid, meeting=meeting)
    both = build(case).structures
    figure, axes = sheet.panels(1, len(vehicles), 5.0 if len(vehicles) > 1 else 6.6, 3.9, sharey=True)
    legend: sheet.Legend = {}
    rows = {row["vehicle"]: row for row in case_rows(results, name)}
    peak = float(pulse.force.max())
    for ax, vehicle in zip(axes.flat, vehicles, strict=True):
        ends = _one(both[pulse.vehicles.index(vehicle)])
        crush = pulse.crush[pulse.vehicles.index(vehicle)]
        legend |= _loading(ax, results, ends, crush, pulse, rows[vehicle], system)
        _limits(ax, ends, float(crush.max()), mirrored=ax is axes[0, 0] and len(vehicles) > 1, system=system)
        sheet.panel_title(ax, f"{vehicle_words(results, vehicle, system, pulse.impact)}, {rows[vehicle]['end']}", 3.4)
        ax.axhline(peak / style.unit("force", system)[0], **PEAK)
    legend["energy absorbed"] = Patch(facecolor="#d5d5d5")
    legend["loading curve as given" if meeting == SQUARE else "loading curve as the two meet"] = Line2D([], [], **GIVEN)
    legend["common peak force" if len(vehicles) > 1 else "peak force"] = Line2D([], [], **PEAK)
    axes[0, 0].set_ylim(0, 1.12 * peak / style.unit("force", system)[0])
    if len(vehicles) > 1:
        axes[0, 0].invert_xaxis()
    axes[0, 0].set_ylabel(sheet.labelled("force", "force", system))
    sheet.twin(axes[0, -1], "right", "force", system, label="force")
    grey = " (beyond the model)" if pulse.status == BEYOND_MODEL else ""
    caption = sheet.caption(results, named_rows(results).sel(case=rows[vehicles[0]]["case"], impact=pulse.impact))
    return sheet.finish(figure, results, f"Force against crush: {name}{grey}", legend, caption)


def _one(ends: structure.Structure) -> structure.Structure:
    """The structure of a single case, without the axis of cases."""
    return structure.Structure(**{field: np.asarray(values[0]) for field, values in vars(ends).items()})


def _loading(
    ax: Axes, results: Results, ends: structure.Structure, crush: NDArray[Any], pulse: Pulse, row: dict[str, Any],
    system: str,
) -> sheet.Legend:  # fmt: skip
    (k, _), (n, _) = style.unit("length", system), style.unit("force", system)
    look = vehicle_look(results, row["vehicle"])
    colour = style.GREY if row["status"] == BEYOND_MODEL else look.colour
    deepest = float(crush.max())
    whole = _points(ends, 1.25 * max(deepest, float(ends.crush[-1])))
    ax.plot(whole / k, structure.crush_force(ends, whole) / n, **GIVEN)
    used = _points(ends, deepest)
    ax.fill_between(used / k, structure.crush_force(ends, used) / n, color=mixed(colour, 0.3), linewidth=0.0, zorder=1)
    ax.plot(crush / k, pulse.force / n, color=colour, linestyle="solid", zorder=3)
    absorbed = units.format_quantity(row["absorbed_energy"], "energy", system)
    space = float(ends.crush_space)
    inside = deepest > 0.4 * space  # else the area is too narrow for words: they stand beside it
    ax.text((0.7 * deepest if inside else deepest + 0.15 * space) / k, 0.05, f"absorbed\n{absorbed}", ha="center",
            transform=ax.get_xaxis_transform(), size=style.SMALL, zorder=4,
            bbox={"facecolor": mixed(colour, 0.3) if inside else "white", "edgecolor": "none", "pad": 1.0})  # fmt: skip
    ax.set_xlabel(sheet.labelled(style.wrapped(f"crush of {row['vehicle']}", 4.0, 9.5), "length", system))
    sheet.twin(ax, "top", "length", system, label="crush")
    return {f"{row['vehicle']}: loading, then unloading": Line2D([], [], color=colour)}


def _points(ends: structure.Structure, last: float) -> NDArray[Any]:
    """Every kink of a loading curve up to a crush, and that crush."""
    return np.append(ends.crush[ends.crush < last], last)


def _limits(ax: Axes, ends: structure.Structure, deepest: float, *, mirrored: bool, system: str) -> None:
    """End of the crush space and end of the model, where the panel reaches them."""
    k, _ = style.unit("length", system)
    space, last = float(ends.crush_space), float(ends.crush_space + ends.compartment_range)
    right = 1.12 * max(deepest, space)
    if last < 1.3 * deepest:
        right = max(right, 1.05 * last)
    ax.set_xlim(0, right / k)
    at_space, at_end = structure.crush_force(ends, np.array([space, deepest]))
    under = deepest > space and at_space > 0.5 * at_end  # the words stand clear of the curve: below, above or beyond it
    marks = (
        (space, "crush space", *((0.18, "bottom") if under else (0.86, "top")), deepest <= space),
        (last, "limit of the model", 0.24, "bottom", False),
    )
    for at, words, height, align, outside in marks:
        if at < right:
            left = mirrored != outside
            ax.axvline(at / k, color="#333333", linewidth=0.9, linestyle="-.", zorder=2)
            ax.annotate(words, (at / k, height), xycoords=ax.get_xaxis_transform(), rotation=90, va=align,
                        ha="left" if left else "right", xytext=(2.5 if left else -2.5, 0.0),
                        textcoords="offset points", size=style.SMALL, color="#333333", zorder=4)  # fmt: skip
