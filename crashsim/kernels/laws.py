"""The force laws of the crash, each an ordinary function of scalars that also runs on lanes of crashes.

Forces in N, lengths in m; ``q`` is a velocity times the step (what a body moves in one step), so that a damping enters as
c/h.  A law that remembers returns its new memory after the force.
"""

from __future__ import annotations

from crashsim.kernels.lanes import maximum, minimum, multiply_add, select, traced


@traced
def hysteretic(z: float, p: float, s: float, b: float, reach: float, ku: float) -> tuple[float, float]:
    """Loads along k beyond a gap, up to a limit; unloads along ku; never pulls.  Belt, bag, knee, head, firewall, block.

    ``p`` is the residual elongation, at first the gap:

        p <- max(p, s z + b, z - reach),  F = ku max(z - p, 0),    s = 1 - k/ku, b = gap k/ku, reach = limit/ku
    """
    p = maximum(p, maximum(multiply_add(s, z, b), z - reach))
    return ku * maximum(z - p, 0.0), p


@traced
def unlimited(z: float, p: float, s: float, b: float, ku: float) -> tuple[float, float]:
    """``hysteretic`` without a limit."""
    p = maximum(p, multiply_add(s, z, b))
    return ku * maximum(z - p, 0.0), p


@traced
def ramp(t: float, rate: float, offset: float) -> float:
    """0 before a time, 1 after another, straight between them: clip(rate t + offset, 0, 1)."""
    return minimum(maximum(multiply_add(rate, t, offset), 0.0), 1.0)


@traced
def retracted(webbing: float, stroke: float, burnt: float, burns: float, room: float, q: float) -> float:
    """Webbing drawn in by a pretensioner: as far as its charge pulls, but not so far that the belt exceeds its force.

    ``burnt``: time since it fired over its duration, ``burns`` of it in a step.  ``room`` [m]: webbing at which the belt
    reaches the force, which falls by ``q`` a step.  The largest of min(pull, room) within the step counts, since one
    rises and the other falls; nothing is paid out again.
    """
    pull = stroke * minimum(maximum(burnt, 0.0), 1.0)
    late = minimum(maximum(quotient(pull - room, stroke * burns + q, 0.0), 0.0), 1.0)
    drawn = maximum(webbing, minimum(pull, multiply_add(maximum(q, 0.0), late, room)))
    return select((burnt >= 0.0) & (burnt <= 1.0 + burns), drawn, webbing)


@traced
def inflated(pressure: float, force: float, damping: float, q: float) -> float:
    """Airbag force: the bag's law scaled by how far it is inflated and by how fast it is compressed."""
    return pressure * multiply_add(force * damping, maximum(q, 0.0), force)


@traced
def rate_sensitive(force: float, rate: float, q: float) -> float:
    """Crush force at a crush rate: F (1 + rate max(q, 0))."""
    return multiply_add(force * rate, maximum(q, 0.0), force)


@traced
def unloading_lines(
    mutual: float, peak: float, a: tuple[float, float], b: tuple[float, float],
    stiff: tuple[float, float], mixed_a: tuple[float, float], mixed_b: tuple[float, float], soft: float,
) -> tuple[float, float, float, float]:  # fmt: skip
    """The unloading path of two fronts in series from the largest crush: F(d) = max of three lines, and 0.

    ``a``, ``b``: knee over peak force and highest knee of each front.  ``stiff``: (slope, compliance) with both fronts on
    that branch; ``mixed_a``: a already on its soft one; ``soft``: slope of both there.  Returns the offset of the stiff line, slope and offset of the
    mixed one, offset of the soft one.
    """
    knee_a, knee_b = minimum(a[0] * peak, a[1]), minimum(b[0] * peak, b[1])
    high, low = maximum(knee_a, knee_b), minimum(knee_a, knee_b)
    a_first = knee_a > knee_b
    slope, compliance = select(a_first, mixed_a[0], mixed_b[0]), select(a_first, mixed_a[1], mixed_b[1])
    d_high = multiply_add(high - peak, stiff[1], mutual)
    d_low = multiply_add(low - high, compliance, d_high)
    return peak - stiff[0] * mutual, slope, high - slope * d_high, low - soft * d_low


@traced
def on_lines(d: float, stiff: float, stiff_at: float, mixed: float, mixed_at: float, soft: float) -> float:
    """Largest of the three lines of an unloading path and 0 at mutual crush ``d``; ``soft``: the force on the third."""
    upper = maximum(multiply_add(stiff, d, stiff_at), multiply_add(mixed, d, mixed_at))
    return maximum(upper, maximum(soft, 0.0))


@traced
def quotient(a: float, b: float, otherwise: float) -> float:
    """``a/b`` where ``b`` is above 0, else ``otherwise``."""
    return select(b > 0.0, a / select(b > 0.0, b, 1.0), otherwise)
