"""Two crush curves in series: the merged loading curve of a pair of fronts, its peak, and how the pair unloads.

Every curve is piecewise linear, so the merged one is too, with the kinks of both.  These functions run once per crash,
on scalars; what they find are the constants of the force law that ``crash`` steps.

Symbols: x crush of one front [m], d mutual crush [m], F force [N], k slope [N/m], E absorbed and U returned energy [J].
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels.lanes import maximum, minimum, select, sqrt, traced
from crashsim.kernels.laws import quotient
from crashsim.kernels.subroutine import subroutine

Floats = NDArray[np.float64]

# Columns of the merged curve: state at a kink, slope dF/dd and share dx_a/dd beyond it.
D, F, X_A, SLOPE, SHARE_A = range(5)
KINK = 5


class Front(NamedTuple):
    """One front: where its points after the origin stand in an array (crush and force of point i at ``crush + i stride``
    and ``force + i stride``), how many there are, and the slope beyond.

    A front without points is a spring of stiffness ``tail``, or rigid if that is infinite.
    """

    crush: int
    force: int
    stride: int
    points: int
    tail: float


class Peak(NamedTuple):
    """Where the two masses stand still: peak force, mutual crush, crush of the first front."""

    force: float
    mutual: float
    crush_a: float


class Absorbed(NamedTuple):
    """Energy of a front [J], the part of its first segment, the steepest slope met, and the first slope [N/m]."""

    energy: float
    first: float
    steepest: float
    k1: float


class Unloading(NamedTuple):
    """How a front gives back: absorbed energy, most that can be returned [J]; compliance of the stiff and of the soft
    branch [m/N]; knee over peak force; highest knee [N].  All 0 for a rigid one.
    """

    absorbed: float
    cap: float
    stiff: float
    soft: float
    knee_share: float
    knee_limit: float


@subroutine
def segment(raw: Floats, front: Front, i: int) -> tuple[float, float, float]:
    """End force, end crush and slope of segment ``i``."""
    if i >= front.points:
        return math.inf, math.inf, front.tail
    x0 = raw[front.crush + (i - 1) * front.stride] if i > 0 else 0.0
    f0 = raw[front.force + (i - 1) * front.stride] if i > 0 else 0.0
    x1, f1 = raw[front.crush + i * front.stride], raw[front.force + i * front.stride]
    return f1, x1, (f1 - f0) / (x1 - x0)


@subroutine
def merge(raw: Floats, a: Front, b: Front, curve: Floats) -> int:
    """Fill ``curve`` (kinks, KINK) with the loading curve of the pair; returns its number of kinks, the origin included.

    A flat plateau crushes at constant force; two flat ones at the same force crush in step.
    """
    d = force = x_a = x_b = 0.0
    i = j = n = 0
    while True:
        f_a, end_a, k_a = segment(raw, a, i)
        f_b, end_b, k_b = segment(raw, b, j)
        if k_a == 0.0 or k_b == 0.0:
            end = force
            dx_a = end_a - x_a if k_a == 0.0 else 0.0
            dx_b = end_b - x_b if k_b == 0.0 else 0.0
            slope, share = 0.0, dx_a / (dx_a + dx_b)
        else:
            end = min(f_a, f_b)
            compliance = 1.0 / k_a + 1.0 / k_b
            slope, share = 1.0 / compliance, 1.0 / (k_a * compliance)
            dx_a, dx_b = (end - force) / k_a, (end - force) / k_b
        curve[n, D], curve[n, F], curve[n, X_A], curve[n, SLOPE], curve[n, SHARE_A] = d, force, x_a, slope, share
        n += 1
        if end == math.inf:
            return n
        i += k_a == 0.0 or (k_b > 0.0 and f_a <= end)
        j += k_b == 0.0 or (k_a > 0.0 and f_b <= end)
        force, x_a, x_b = end, x_a + dx_a, x_b + dx_b
        d = x_a + x_b


@subroutine
def peak_at_energy(curve: Floats, kinks: int, energy: float) -> Peak:
    """The peak at which the pair has absorbed ``energy``: F^2 = F_j^2 + 2 k (E - E_j) beyond kink j."""
    j = 0
    while j + 1 < kinks:
        part = 0.5 * (curve[j, F] + curve[j + 1, F]) * (curve[j + 1, D] - curve[j, D])
        if energy <= part:
            break
        energy -= part
        j += 1
    force = curve[j, F]
    peak = math.sqrt(force * force + 2.0 * curve[j, SLOPE] * energy)
    way = 2.0 * energy / (force + peak) if energy > 0.0 else 0.0
    return Peak(peak, curve[j, D] + way, curve[j, X_A] + curve[j, SHARE_A] * way)


@subroutine
def peak_at_crush(curve: Floats, kinks: int, mutual: float) -> Peak:
    """The state of the merged curve at a mutual crush."""
    j = 0
    while j + 1 < kinks and curve[j + 1, D] <= mutual:
        j += 1
    way = mutual - curve[j, D]
    return Peak(curve[j, F] + curve[j, SLOPE] * way, mutual, curve[j, X_A] + curve[j, SHARE_A] * way)


@subroutine
def absorbed(raw: Floats, front: Front, crush: float) -> Absorbed:
    """The loading curve up to ``crush``."""
    energy = first = steepest = x0 = f0 = k1 = 0.0
    for i in range(front.points + 1):
        end, x1, slope = segment(raw, front, i)
        k1 = slope if i == 0 else k1
        if slope == math.inf or crush <= x0:
            break
        steepest = max(steepest, slope)
        dx = min(crush, x1) - x0
        energy += dx * (f0 + 0.5 * slope * dx)
        first = energy if i == 0 else first
        x0, f0 = x1, end
    return Absorbed(energy, first, steepest, k1)


@traced
def returned(peak: float, law: Absorbed, share: float, ku: float) -> float:
    """Energy given back from ``peak`` along a stiff branch of slope ``ku`` and a soft one of the first slope.

    The soft branch gives back ``share`` of it, and at most what the first segment took.
    """
    soft = select(law.k1 < math.inf, (1.0 - share) * ku + share * law.k1, 1.0)
    whole = peak * peak / (2.0 * soft)
    limited = law.first + quotient(peak * peak - 2.0 * law.k1 * law.first, 2.0 * ku, 0.0)
    return select(law.k1 < math.inf, select(share * whole > law.first, limited, whole), 0.0)


@traced
def own_path(law: Absorbed, peak: float, share: float, ku: float, limit: float) -> Unloading:
    """The unloading path of a front's own stiffness ``ku``, from any peak; ``limit``: force at the end of its first segment."""
    soft = (1.0 - share) * ku + share * law.k1
    knee = sqrt(share * law.k1 / soft)
    return _path(law, returned(peak, law, share, law.steepest), 1.0 / ku, knee, limit)


@traced
def asked_path(law: Absorbed, peak: float, share: float, back: float, limit: float) -> Unloading:
    """The unloading path that gives back ``back`` from ``peak``.

    U = Us + Fm^2 (1 - phi^2) / (2 ku),    Us = phi^2 Fm^2 / (2 k1) = min(share U, energy of the first segment)
    """
    soft = minimum(share * back, law.first)
    knee2 = select(law.k1 < math.inf, 2.0 * law.k1 * soft, 0.0)
    stiff = quotient(2.0 * (back - soft), peak * peak - knee2, 0.0)
    return _path(law, returned(peak, law, share, law.steepest), stiff, sqrt(knee2) / peak, limit)


@traced
def _path(law: Absorbed, cap: float, stiff: float, knee: float, limit: float) -> Unloading:
    deforms = law.k1 < math.inf
    found = (law.energy, cap, stiff, 1.0 / law.k1, knee, limit)
    return Unloading(*(select(deforms, value, 0.0) for value in found))


@traced
def shared(wanted: float, a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Split ``wanted`` in proportion to the absorbed energy; what one front cannot give, the other does.

    ``a``, ``b``: absorbed energy and cap of each front.
    """
    first = wanted * a[0] / (a[0] + b[0])
    second = wanted - first
    over_a, over_b = maximum(first - a[1], 0.0), maximum(second - b[1], 0.0)
    return minimum(minimum(first, a[1]) + over_b, a[1]), minimum(minimum(second, b[1]) + over_a, b[1])


@traced
def unloading(
    force: float, a: tuple[Absorbed, float, float, float], b: tuple[Absorbed, float, float, float], asked: float
) -> tuple[Unloading, Unloading]:
    """How both fronts unload: by their own slopes, or so that the pair gives back ``asked``^2 of what it absorbed.

    ``force``: at the peak; ``a``, ``b``: what each absorbed, soft share, unloading stiffness, highest knee.
    """
    own = tuple(own_path(law, force, share, ku, limit) for law, share, ku, limit in (a, b))
    wanted = asked * asked * (a[0].energy + b[0].energy)
    back = shared(wanted, (a[0].energy, own[0].cap), (b[0].energy, own[1].cap))
    given = tuple(
        asked_path(law, force, share, u, limit) for (law, share, _, limit), u in zip((a, b), back, strict=True)
    )
    by_law = asked != asked
    first, second = (
        Unloading(*(select(by_law, x, y) for x, y in zip(o, g, strict=True))) for o, g in zip(own, given, strict=True)
    )
    return first, second


@traced
def released(path: Unloading, peak: float, low: float) -> tuple[float, float]:
    """Crush [m] and energy [J] given back by one front from ``peak`` down to the force ``low``."""
    knee = minimum(path.knee_share * peak, path.knee_limit)
    stiff_to, soft_to = maximum(low, knee), minimum(low, knee)
    way = path.stiff * (peak - stiff_to) + path.soft * (knee - soft_to)
    energy = path.stiff * (peak * peak - stiff_to * stiff_to) + path.soft * (knee * knee - soft_to * soft_to)
    return way, 0.5 * energy
