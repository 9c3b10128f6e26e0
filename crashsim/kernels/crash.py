"""The crash: eight bodies on one line, stepped by leapfrog, WIDTH crashes at a time in the lanes of SIMD registers.

Every displacement of a vehicle is towards its partner, in the frame of the common velocity, so both vehicles obey the
same formulas.  Velocities are scaled by the step h (w = v h), inverse masses by h^2, so that one step is

    x += w,    g = -F(x, w - g/2) h^2/m,    w -= g

with w at the half steps and g the deceleration; a damper sees the velocity predicted for the time of its force.  The model, its laws and
their symbols: docs/kernel.md.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels.lanes import (
    align_stack,
    any_true,
    count,
    if_any,
    load,
    load_each,
    maximum,
    minimum,
    multiply_add,
    select,
    store,
    traced,
    update,
)
from crashsim.kernels.laws import (
    hysteretic,
    inflated,
    on_lines,
    quotient,
    ramp,
    rate_sensitive,
    retracted,
    unlimited,
    unloading_lines,
)
from crashsim.kernels.setup import (
    BAG,
    BAG_DAMPS,
    BELT,
    BLOCK,
    BODY,
    CONTACT,
    ENGINE_M,
    FILL_RATE,
    FIREWALL,
    HEAD_BAG,
    HEAD_DAMPS,
    HEAD_M,
    KINKS,
    KNEE,
    LET_GO,
    MOUNT_DAMPS,
    MOUNT_STIFF,
    N_OWN,
    NECK_DAMPS,
    NECK_STIFF,
    OWN_A,
    OWN_B,
    PAIR_RATE,
    PULL_RATE,
    SOFT,
    START,
    STIFF,
    TORSO_M,
)  # fmt: skip
from crashsim.kernels.subroutine import subroutine

Floats = NDArray[np.float64]
Four = tuple[float, float, float, float]

STAGE = 10  # ms between two looks at which crashes are over
APART = 1.0  # N below zero on the line of the soft branch, at which the others are surely below zero too
QUIET = 5.0 * 9.80665  # m/s^2: torso and head of a crash that is over are slowed down by less (judgement)
SAMPLES = 301  # of a trace: every 1 ms up to 300 ms

# Channels of a trace: six of each vehicle.  What is kept of a crash when it is over: bodies, memories and sums of each
# vehicle, then those of the pair; the last sample.
CHANNELS = 6
U_C, V_C, A_C, V_O, V_H, A_H = range(CHANNELS)
N_MEMORY, N_SUMS, N_RAILS, N_TOTALS = 8, 7, 7, 10  # sums with the work put in
PLACE, SPEED, MEMORY, SUMS = 0, 4, 8, 8 + N_MEMORY
N_KEPT_OWN = SUMS + N_SUMS
KEPT_RAILS, KEPT_TOTALS = 2 * N_KEPT_OWN, 2 * N_KEPT_OWN + N_RAILS
LAST, FREE = KEPT_TOTALS + N_TOTALS, KEPT_TOTALS + 8
N_KEPT = LAST + 1


@traced
def law(constants: Floats, at: int, z: float, p: float) -> tuple[float, float]:
    """The law H with its four constants from ``at`` on."""
    s, b, reach, ku = load_each(constants, at * count(z), z, 4)
    return hysteretic(z, p, s, b, reach, ku)


@traced
def contact_law(constants: Floats, at: int, z: float, p: float) -> tuple[float, float]:
    """``law`` of an element that is seldom at work: passed over while no case is beyond its residual elongation."""
    beyond = z > p

    def loaded(_: float, p: float) -> tuple[float, float]:
        force, reached = law(constants, at, z, p)
        return force, select(beyond, reached, p)

    force, p = if_any(beyond, loaded, (0.0, p))
    return force, p


@traced
def free_law(constants: Floats, at: int, z: float, p: float) -> tuple[float, float]:
    """``contact_law`` of an element without a limit."""
    beyond = z > p

    def loaded(_: float, p: float) -> tuple[float, float]:
        s, b, _, ku = load_each(constants, at * count(z), z, 4)
        force, reached = unlimited(z, p, s, b, ku)
        return force, select(beyond, reached, p)

    force, p = if_any(beyond, loaded, (0.0, p))
    return force, p


@traced
def bag_law(
    constants: Floats, at: int, z: float, p: float, pressure: float, damping: int, q: float, work: float
) -> tuple[float, float, float]:
    """``contact_law`` of an airbag, and the work it has taken; ``damping``: the place of that constant."""
    beyond = z > p

    def squeezed(_: float, p: float, work: float) -> tuple[float, float, float]:
        force, reached = law(constants, at, z, p)
        force = inflated(pressure, force, load(constants, damping * count(z), z), q)
        return force, select(beyond, reached, p), multiply_add(force, q, work)

    force, p, work = if_any(beyond, squeezed, (0.0, p, work))
    return force, p, work


@traced
def drift(place: Four, speed: Four) -> Four:
    """Where the four bodies of a vehicle are one step later."""
    return place[0] + speed[0], place[1] + speed[1], place[2] + speed[2], place[3] + speed[3]


@traced
def predicted(speed: Four, last: Four) -> Four:
    """Velocity at the time of the forces."""
    return (
        multiply_add(-0.5, last[0], speed[0]), multiply_add(-0.5, last[1], speed[1]),
        multiply_add(-0.5, last[2], speed[2]), multiply_add(-0.5, last[3], speed[3]),
    )  # fmt: skip


@subroutine
def loaded_further(constants: Floats, mutual: float, kinks: int) -> tuple[float, ...]:
    """The rails at a new largest crush: that crush, the lines of its unloading path, the intrusion of both vehicles."""
    n = count(mutual)
    force = 0.0 * mutual
    for j in range(kinks):
        place, slope = load_each(constants, (KINKS + 2 * j) * n, mutual, 2)
        force = multiply_add(slope, maximum(mutual - place, 0.0), force)
    (stiff, stiff_c, mixed_a, mixed_a_c, mixed_b, mixed_b_c, soft, _, knee_a, limit_a, knee_b, limit_b,
     _, end_a, push_a, end_b, push_b, _) = load_each(constants, 0, mutual, BLOCK)  # fmt: skip
    stiff_at, mixed, mixed_at, soft_at = unloading_lines(
        mutual, force, (knee_a, limit_a), (knee_b, limit_b), (stiff, stiff_c), (mixed_a, mixed_a_c),
        (mixed_b, mixed_b_c), soft,
    )  # fmt: skip
    return (
        mutual, stiff_at, mixed, mixed_at, soft_at,
        maximum(force - end_a, 0.0) * push_a, maximum(force - end_b, 0.0) * push_b,
    )  # fmt: skip


@traced
def turning_point(d: float, before: float, q: float, g: float) -> float:
    """Largest mutual crush within a step in which the approach ends (``before`` > 0 >= ``q``), else that at its end.

    The top of the parabola with the velocity ``q`` and the deceleration ``g``, both per step.
    """
    turned = (before > 0.0) & (q <= 0.0) & (g > -q)
    return d + select(turned, 0.5 * q * q / select(turned, g, 1.0), 0.0)


@traced
def let_go(
    before: float, d: float, blocks_before: float, blocks: float, q: float, release: float, free: float
) -> tuple[float, float, float, float, float]:
    """Fronts that slide past each other from the mutual crush ``release`` on: crush of rails and blocks as they were then,
    crush rate, whether they are free, and the share of their force that counts in this step.

    The step before has counted half a step too much of the force, or too little: the last share makes that good.
    """
    now = (d >= release) & (free <= 0.0)
    part = select(now, quotient(release - before, d - before, 0.0), 1.0)
    share = select(now, part - 0.5, select(free > 0.0, 0.0, 1.0))
    q = select(free > 0.0, 0.0, q)
    blocks = select(free > 0.0, blocks_before, multiply_add(part, blocks - blocks_before, blocks_before))
    free = select(d >= release, 1.0, free)
    return select(free > 0.0, release, d), blocks, q, free, share


@traced
def contact(constants: Floats, rails: tuple[float, ...], d: float) -> float:
    """Force of the rails without its rate part; passed over when all are apart."""
    last = multiply_add(load(constants, SOFT * count(d), d), d, rails[4])  # the line that comes to 0 last

    def pressed(_: float) -> tuple[float]:
        stiff = load(constants, STIFF * count(d), d)
        return (on_lines(d, stiff, rails[1], rails[2], rails[3], last),)

    force: float
    (force,) = if_any(last > -APART, pressed, (0.0,))
    return force


@traced
def timed(
    constants: Floats, first: int, t: float, h: float, place: Four, velocity: Four, memory: tuple[float, ...], given: float
) -> tuple[tuple[float, ...], float]:  # fmt: skip
    """Pretensioner and airbags while any of them is at work: webbing drawn in, inflation, work put in by the charge.

    The work is that of the belt force in the middle of the step.
    """
    (pull_rate, pull_at, stroke, allowed, fill_rate, fill_at) = load_each(
        constants, (first + PULL_RATE) * count(given), given, 6
    )
    p_wall, p_belt, p_bag, p_knee, p_head_bag, p_contact, webbing, _ = memory
    travel, q_travel = place[2] - place[0], velocity[2] - velocity[0]
    drawn = retracted(webbing, stroke, multiply_add(pull_rate, t, pull_at), pull_rate * h, allowed - travel, q_travel)
    middle = multiply_add(-0.5, q_travel, travel) + 0.5 * (webbing + drawn)
    belt, _ = law(constants, first + BELT, middle, p_belt)
    pressure = ramp(t, fill_rate, fill_at)
    return (p_wall, p_belt, p_bag, p_knee, p_head_bag, p_contact, drawn, pressure), multiply_add(
        belt, drawn - webbing, given
    )


@traced
def pushed_back(
    constants: Floats, first: int, interior: float, moved: float, place: Four, velocity: Four, memory: tuple[float, ...],
    given: float,
) -> float:  # fmt: skip
    """Work put in by an interior that has ``moved`` to ``interior`` against knees and head, at their force in mid-step."""
    near = multiply_add(-0.5, velocity[2] - velocity[0], place[2] - place[0]) + multiply_add(-0.5, moved, interior)
    ahead = multiply_add(-0.5, velocity[3] - velocity[0], place[3] - place[0]) + multiply_add(-0.5, moved, interior)
    knee, _ = law(constants, first + KNEE, near, memory[3])
    hit, _ = law(constants, first + CONTACT, ahead, memory[5])
    return multiply_add(knee + hit, moved, given)


@traced
def restraint(
    constants: Floats, first: int, place: tuple[float, float, float], velocity: tuple[float, float, float],
    interior: float, memory: tuple[float, ...], work: float,
) -> tuple[float, float, float, tuple[float, ...], float]:  # fmt: skip
    """What holds an occupant: force on the torso, force on the head, that of the neck; memories; work of airbags and
    neck damper.

    ``place``, ``velocity`` of compartment, torso and head; ``interior``: how far it has come nearer.
    """

    def own(k: int) -> float:
        return load(constants, (first + k) * count(interior), interior)

    c, o, h = place
    q_c, q_o, q_h = velocity
    p_belt, p_bag, p_knee, p_head_bag, p_contact, webbing, pressure = memory

    travel, q_travel = o - c, q_o - q_c
    near = travel + interior
    belt, p_belt = law(constants, first + BELT, travel + webbing, p_belt)
    bag, p_bag, work = bag_law(constants, first + BAG, near, p_bag, pressure, first + BAG_DAMPS, q_travel, work)
    knee, p_knee = contact_law(constants, first + KNEE, near, p_knee)

    q_neck = q_h - q_o
    resisted = own(NECK_DAMPS) * q_neck
    bend = multiply_add(own(NECK_STIFF), h - o, resisted)
    ahead, q_ahead = h - c + interior, q_h - q_c
    head_bag, p_head_bag, work = bag_law(
        constants, first + HEAD_BAG, ahead, p_head_bag, pressure, first + HEAD_DAMPS, q_ahead, work
    )
    hit, p_contact = contact_law(constants, first + CONTACT, ahead, p_contact)
    work = multiply_add(resisted, q_neck, work)
    memory = p_belt, p_bag, p_knee, p_head_bag, p_contact, webbing, pressure
    return belt + bag + knee, head_bag + hit, bend, memory, work


@traced
def kick(
    constants: Floats, first: int, rails: float, block: float, interior: float, place: Four, velocity: Four,
    memory: tuple[float, ...], sums: tuple[float, ...],
) -> tuple[Four, tuple[float, ...], tuple[float, ...]]:  # fmt: skip
    """Forces on the bodies of one vehicle: g of each, memories, sums.

    ``rails``, ``block``: force of the partner on compartment and engine; ``interior``: how far the compartment
    has been pushed in.
    """

    def own(k: int) -> float:
        return load(constants, (first + k) * count(rails), rails)

    work, held_work, peak_c, peak_o, far_o, far_h = sums
    gap, q_gap = place[0] - place[1], velocity[0] - velocity[1]
    wall, p_wall = free_law(constants, first + FIREWALL, gap, memory[0])
    resisted = own(MOUNT_DAMPS) * q_gap
    wall = wall + multiply_add(own(MOUNT_STIFF), gap, resisted)
    work = multiply_add(resisted, q_gap, work)
    held, struck, bend, occupant, held_work = restraint(
        constants, first, (place[0], *place[2:]), (velocity[0], *velocity[2:]), interior, memory[1:], held_work
    )
    g = (
        (rails + wall - held - struck) * own(BODY),
        (block - wall) * own(ENGINE_M),
        (held - bend) * own(TORSO_M),
        (bend + struck) * own(HEAD_M),
    )
    sums = (
        work, held_work, maximum(peak_c, g[0]), maximum(peak_o, g[2]), maximum(far_o, place[2] - place[0]),
        maximum(far_h, place[3] - place[0]),
    )  # fmt: skip
    return g, (p_wall, *occupant), sums


@traced
def slower(speed: Four, g: Four) -> Four:
    """Velocities half a step later."""
    return speed[0] - g[0], speed[1] - g[1], speed[2] - g[2], speed[3] - g[3]


@traced
def trace_out(trace: Floats, first: int, sample: int, place: Four, speed: Four, g: Four, rate: float) -> None:
    """Write one sample of the six channels of a vehicle; ``first``: its first channel, ``rate``: 1/h."""
    n = count(place[0])
    at = (sample * (2 * CHANNELS) + first) * n
    store(trace, at + U_C * n, place[0])
    store(trace, at + V_C * n, multiply_add(0.5, g[0], speed[0]) * rate)
    store(trace, at + A_C * n, g[0] * (rate * rate))
    store(trace, at + V_O * n, multiply_add(0.5, g[2], speed[2]) * rate)
    store(trace, at + V_H * n, multiply_add(0.5, g[3], speed[3]) * rate)
    store(trace, at + A_H * n, g[3] * (rate * rate))


@traced
def step_out(chest: Floats, head: Floats, step: int, speed: Four, g: Four) -> None:
    """Write the chest's deceleration, and velocity (half a step later) and deceleration of the head, as they are scaled."""
    n = count(g[2])
    store(chest, step * n, g[2])
    store(head, 2 * step * n, speed[3])
    store(head, (2 * step + 1) * n, g[3])


@traced
def forward(constants: Floats, first: int, speed: Four) -> float:
    """Above 0 while torso or head moves forward in its compartment (a body without mass does not count)."""
    torso_m, head_m = load_each(constants, (first + TORSO_M) * count(speed[0]), speed[0], 2)
    return maximum(torso_m * (speed[2] - speed[0]), head_m * (speed[3] - speed[0]))


@traced
def started(constants: Floats, first: int, like: float) -> tuple[Four, Four, tuple[float, ...], tuple[float, ...]]:
    """Places, velocities, memories and sums of a vehicle at first contact."""
    own = load_each(constants, first * count(like), like, N_OWN)
    w = own[START]
    o = 0.0 * w
    gaps = own[FIREWALL + 4], own[BELT + 4], own[BAG + 4], own[KNEE + 4], own[HEAD_BAG + 4], own[CONTACT + 4]
    return (o, o, o, o), (w, w, w, w), (*gaps, o, o), (o, o, o, o, o, o)


@traced
def slowing(g: Four) -> float:
    """Larger deceleration of torso and head, scaled by h^2."""
    return maximum(g[2], g[3])


@traced
def centred(speed: Four, g: Four) -> Four:
    """Velocities at the time of the places."""
    return predicted(speed, (-g[0], -g[1], -g[2], -g[3]))


@traced
def keep(kept: Floats, first: int, n: int, active: bool, groups: tuple[tuple[float, ...], ...]) -> None:
    """Write the values of all ``groups``, one after the other, for the crashes that were not over before."""
    for values in groups:
        update(kept, first * n, active, values)
        first = first + len(values)


@subroutine
def busy(constants: Floats, h: float, lanes: int) -> tuple[float, float]:
    """First and last time at which a pretensioner or an airbag of a block is at work."""
    begin, end = 1.0, 0.0
    for first in (OWN_A, OWN_B):
        for k in (PULL_RATE, FILL_RATE):
            for lane in range(lanes):
                rate, at = constants[(first + k) * lanes + lane], constants[(first + k + 1) * lanes + lane]
                if rate > 0.0:
                    begin, end = min(begin, -at / rate), max(end, (1.0 - at) / rate)
    return begin, end + 1.5 * h


@subroutine
def integrate(
    constants: Floats,
    kinks: int,
    per_ms: int,
    trace: Floats,
    chest_a: Floats,
    chest_b: Floats,
    head_a: Floats,
    head_b: Floats,
    kept: Floats,
    like: float,
) -> int:
    """Step as many crashes as ``like`` has lanes until all are over; fills traces and what is kept of each, returns the number of samples.

    A crash is over when rails and blocks are apart or have let go, no occupant moves forward in its compartment or is
    slowed down by more than QUIET any more, or after 300 ms; what is kept of it does not change while its neighbours go on.
    """
    align_stack()
    h, rate, n = 1e-3 / per_ms, 1e3 * per_ms, count(like)
    place_a, speed_a, memory_a, sums_a = started(constants, OWN_A, like)
    place_b, speed_b, memory_b, sums_b = started(constants, OWN_B, like)
    zero = place_a[0]
    g_a = (zero, zero, zero, zero)
    g_b = g_a
    trace_out(trace, 0, 0, place_a, speed_a, g_a, rate)
    trace_out(trace, CHANNELS, 0, place_b, speed_b, g_b, rate)
    step_out(chest_a, head_a, 0, speed_a, g_a)
    step_out(chest_b, head_b, 0, speed_b, g_b)
    rails: tuple[float, ...] = (zero, zero, zero, zero, zero, zero, zero)
    p_block = load(constants, (BLOCK + 4) * n, like)
    rate_factor = load(constants, PAIR_RATE * n, like) * rate
    rated = any_true(rate_factor > 0.0)
    release = load(constants, LET_GO * n, like)
    slides, free, share, blocks = any_true(release < math.inf), zero, zero + 1.0, zero
    d, q, force, block, top, impulse, rate_work = zero, zero, zero, zero, zero, zero, zero
    given_a, given_b, active = zero, zero, zero + 1.0
    begin, end = busy(constants, h, n)
    step = sample = 0
    left = per_ms
    while True:
        step += 1
        left -= 1
        place_a, place_b = drift(place_a, speed_a), drift(place_b, speed_b)
        velocity_a, velocity_b = predicted(speed_a, g_a), predicted(speed_b, g_b)
        d_before, d = d, place_a[0] + place_b[0]
        before, q = q, velocity_a[0] + velocity_b[0]
        blocks_before, blocks = blocks, place_a[1] + place_b[1]
        if slides:
            d, blocks, q, free, share = let_go(d_before, d, blocks_before, blocks, q, release, free)
        reached = d
        if any_true((before > 0.0) & (q <= 0.0)):
            reached = minimum(turning_point(d, before, q, g_a[0] + g_b[0]), release)
        if any_true(reached > rails[0]):
            before_a, before_b = rails[5], rails[6]
            rails = loaded_further(constants, maximum(reached, rails[0]), kinks)
            if any_true(rails[5] + rails[6] > before_a + before_b):
                given_a = pushed_back(
                    constants, OWN_A, rails[5], rails[5] - before_a, place_a, velocity_a, memory_a, given_a
                )
                given_b = pushed_back(
                    constants, OWN_B, rails[6], rails[6] - before_b, place_b, velocity_b, memory_b, given_b
                )
        force = contact(constants, rails, d) * share
        if rated:
            rated_force = rate_sensitive(force, rate_factor, q)
            rate_work = multiply_add(rated_force - force, q, rate_work)
            force = rated_force
        block, p_block = free_law(constants, BLOCK, blocks, p_block)
        block = block * share
        together = force + block
        top, impulse = maximum(top, together), impulse + together
        if begin <= step * h <= end:
            memory_a, given_a = timed(constants, OWN_A, step * h, h, place_a, velocity_a, memory_a, given_a)
            memory_b, given_b = timed(constants, OWN_B, step * h, h, place_b, velocity_b, memory_b, given_b)
        g_a, memory_a, sums_a = kick(constants, OWN_A, force, block, rails[5], place_a, velocity_a, memory_a, sums_a)
        g_b, memory_b, sums_b = kick(constants, OWN_B, force, block, rails[6], place_b, velocity_b, memory_b, sums_b)
        speed_a, speed_b = slower(speed_a, g_a), slower(speed_b, g_b)
        step_out(chest_a, head_a, step, speed_a, g_a)
        step_out(chest_b, head_b, step, speed_b, g_b)
        if left > 0:
            continue
        left = per_ms
        sample += 1
        trace_out(trace, 0, sample, place_a, speed_a, g_a, rate)
        trace_out(trace, CHANNELS, sample, place_b, speed_b, g_b, rate)
        if sample % STAGE > 0:
            continue
        was = active > 0.0
        keep(kept, 0, n, was, (place_a, centred(speed_a, g_a), memory_a, sums_a, (given_a,)))
        keep(kept, N_KEPT_OWN, n, was, (place_b, centred(speed_b, g_b), memory_b, sums_b, (given_b,)))
        keep(
            kept,
            KEPT_RAILS,
            n,
            was,
            (rails, (d, q, force, block, p_block, top, impulse, rate_work, free, blocks), (zero + sample,)),
        )
        inside = maximum(forward(constants, OWN_A, speed_a), forward(constants, OWN_B, speed_b))
        loads = maximum(slowing(g_a), slowing(g_b)) - QUIET * h * h
        going = maximum(maximum(maximum(force, block), loads), maximum(q, inside))
        active = select(going > 0.0, active, 0.0)
        if sample == SAMPLES - 1 or not any_true(active > 0.0):
            return sample + 1
