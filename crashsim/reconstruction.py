"""From damage to speed: crush stiffness from tests, crush energy from a measured profile, and what follows from it.

    V = b0 + b1 C                                   speed into a rigid wall against residual crush (Campbell)
    A = m b0 b1 / L,  B = m b1^2 / L,  G = A^2/2B   the same line as force per width, A + B C, and the energy at C = 0
    E = (1 + tan^2 a) int_0^L (A C + B C^2/2 + G) dw
    Vc = sqrt(2 (E_1 + E_2) / m),  dv_i = (m / m_i) (1 + e) Vc,  m = m_1 m_2 / (m_1 + m_2)

The line is drawn through the *impact* speeds of tests, so E is the energy absorbed up to the greatest crush, ``m V^2 / 2``
of the test.  Of it e^2 E comes back: (1 - e^2) E is dissipated, and with the dissipated energy in place of E the same
delta-v reads sqrt(2 m E_dis (1 + e)/(1 - e)) / m_i (``momentum.delta_v_from_energy``).  The vehicles meet on one line through
both centres of gravity: a lever arm, which makes the delta-v of the centre of gravity smaller, is not in it.

Sources: K. Campbell, SAE 740565; B. McHenry, *The Algorithms of CRASH* (A, B, G, six-point formula, delta-v with
restitution); Rose et al., SAE 2005-01-1200.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim import momentum, units

Floats = NDArray[np.float64]

STEEPEST: Final = np.pi / 4  # rad: beyond 45 degrees from the normal the correction (then 2) is not used
WALL, HEAD_ON, REAR_END = "wall", "head-on", "rear-end"


# ---- the stiffness of a structure as its residual crush shows it -----------------------------------------------------


class Stiffness(NamedTuple):
    """Force per width A + B C of residual crush C: ``A`` [N/m], ``B`` [N/m^2]; arrays of one shape, or floats."""

    A: Floats | float
    B: Floats | float

    @property
    def G(self) -> Floats:
        """Energy per width absorbed before anything stays bent [N]: ``A^2 / 2B``."""
        return np.asarray(np.square(self.A) / (2.0 * np.asarray(self.B)))


def stiffness_from_line(b0: ArrayLike, b1: ArrayLike, mass: ArrayLike, width: ArrayLike) -> Stiffness:
    """A and B from Campbell's line ``V = b0 + b1 C`` of a vehicle: ``m b0 b1 / L`` and ``m b1^2 / L``.

    ``b0`` [m/s], ``b1`` [1/s], ``mass`` [kg] and ``width`` [m] of the tested vehicle; arrays broadcast.
    """
    b0, b1, mass, width = (np.asarray(v, float) for v in (b0, b1, mass, width))
    return Stiffness(mass * b0 * b1 / width, mass * b1 * b1 / width)


def line_from_stiffness(stiffness: Stiffness, mass: ArrayLike, width: ArrayLike) -> tuple[Floats, Floats]:
    """Campbell's b0 [m/s] and b1 [1/s] of a vehicle of a mass [kg] and width [m]; inverse of `stiffness_from_line`."""
    b1 = np.sqrt(np.asarray(stiffness.B) * np.asarray(width, float) / np.asarray(mass, float))
    return np.asarray(np.asarray(stiffness.A) / np.asarray(stiffness.B) * b1), np.asarray(b1)


def stiffness_from_test(
    speed: ArrayLike, crush: ArrayLike, mass: ArrayLike, width: ArrayLike, b0: ArrayLike
) -> Stiffness:
    """A and B from one full-width wall test and the speed ``b0`` [m/s] below which nothing stays bent.

    ``b1 = (V - b0) / C`` with the impact speed V [m/s] and the mean residual crush C [m].
    """
    b0 = np.asarray(b0, float)
    b1 = (np.asarray(speed, float) - b0) / np.asarray(crush, float)
    return stiffness_from_line(b0, b1, mass, width)


class Line(NamedTuple):
    """``V sqrt(m/L) = d0 + d1 C`` through several tests, and the standard deviation of the tests about it, as a speed."""

    d0: Floats
    d1: Floats
    scatter: Floats

    @property
    def stiffness(self) -> Stiffness:
        """``A = d0 d1``, ``B = d1^2``."""
        return Stiffness(self.d0 * self.d1, self.d1 * self.d1)


def line_through_tests(speed: ArrayLike, crush: ArrayLike, mass: ArrayLike, width: ArrayLike) -> Line:
    """Least squares line through two or more wall tests of one vehicle, which may differ in mass and width.

    Each of shape (tests, ...): speed [m/s], mean residual crush [m], mass [kg], width [m].  With the root of twice the
    energy per width, ``y = V sqrt(m/L)``, the line is ``y = d0 + d1 C`` (an energy crush factor plot); for tests of one mass
    it is Campbell's, b0 = d0 sqrt(L/m).  ``scatter``: residual standard deviation with n - 2 degrees of freedom [m/s],
    NaN of two tests.
    """
    x = np.asarray(crush, float)
    root = np.sqrt(np.asarray(mass, float) / np.asarray(width, float))
    y = np.asarray(speed, float) * root
    dx, dy = x - x.mean(axis=0), y - y.mean(axis=0)
    d1 = np.sum(dx * dy, axis=0) / np.sum(dx * dx, axis=0)
    d0 = y.mean(axis=0) - d1 * x.mean(axis=0)
    free = x.shape[0] - 2
    residual = np.sum(((y - d0 - d1 * x) / root) ** 2, axis=0)
    return Line(d0, d1, np.asarray(np.sqrt(residual / free) if free else np.full_like(d1, np.nan)))


# ---- crush energy ------------------------------------------------------------------------------------------------------


def mean_crush(crush: ArrayLike) -> Floats:
    """Mean of a profile (..., stations) of evenly spaced stations: the two outermost count half."""
    c = np.asarray(crush, float)
    return c[..., 0] if c.shape[-1] == 1 else np.asarray(0.5 * (c[..., 1:] + c[..., :-1]).mean(axis=-1))


def mean_square_crush(crush: ArrayLike) -> Floats:
    """Mean of C^2 over a profile (..., stations) that is straight between its evenly spaced stations."""
    c = np.asarray(crush, float)
    if c.shape[-1] == 1:
        return np.asarray(c[..., 0] ** 2)
    a, b = c[..., :-1], c[..., 1:]
    return np.asarray((a * a + a * b + b * b).mean(axis=-1) / 3.0)


def direction_correction(angle: ArrayLike) -> Floats:
    """What an oblique principal direction of force adds to the energy: ``1 + tan^2 a`` = 1 / cos^2 a.

    ``angle`` [rad] from the normal of the damaged side.  Raises ValueError beyond 45 degrees, where the factor reaches 2: the
    CRASH programs go no further, since friction along the side cannot absorb so much (McHenry, *Energy Correction Factor*).
    """
    a = np.asarray(angle, float)
    if not np.all(np.abs(a) <= STEEPEST * (1.0 + 1e-12)):
        raise ValueError(
            "principal direction of force: expected at most 45 degrees from the normal of the damaged side"
        )
    return np.asarray(1.0 + np.tan(a) ** 2)


def crush_energy(stiffness: Stiffness, crush: ArrayLike, width: ArrayLike, angle: ArrayLike = 0.0) -> Floats:
    """Energy absorbed up to the greatest crush [J]: ``(1 + tan^2 a) L (A <C> + B <C^2>/2 + G)``.

    ``crush``: (..., stations) [m], evenly spaced over the damage width L [m], straight in between.  Of six stations it is the
    six-point formula ``(L/5) (5G + (A/2)(C1 + 2 C2 + .. + C6) + (B/6)(C1^2 + 2 C2^2 + .. + C6^2 + sum C_i C_i+1))``.
    """
    A, B = np.asarray(stiffness.A), np.asarray(stiffness.B)
    per_width = A * mean_crush(crush) + 0.5 * B * mean_square_crush(crush) + stiffness.G
    return np.asarray(direction_correction(angle) * np.asarray(width, float) * per_width)


def crush_force(stiffness: Stiffness, crush: ArrayLike, width: ArrayLike) -> Floats:
    """Force normal to the damaged side at the greatest crush [N]: ``L (A + B <C>)``.  Of two vehicles it is one and the same."""
    return np.asarray(
        np.asarray(width, float) * (np.asarray(stiffness.A) + np.asarray(stiffness.B) * mean_crush(crush))
    )


# ---- speeds --------------------------------------------------------------------------------------------------------------


def barrier_speed(energy: ArrayLike, mass: ArrayLike) -> Floats:
    """Speed into a rigid wall that absorbs as much [m/s]: ``sqrt(2E / m)``."""
    return np.asarray(np.sqrt(2.0 * np.asarray(energy, float) / np.asarray(mass, float)))


def equivalent_energy_speed(energy: ArrayLike, mass: ArrayLike, restitution: ArrayLike) -> Floats:
    """EES [m/s]: the energy that stays in the damage as a speed, ``sqrt(2 (1 - e^2) E / m)`` with E absorbed up to the
    greatest crush.

    A wall impact at that speed without rebound does the damage (definition of the EES catalogue, ees-katalog.de).
    """
    e = np.asarray(restitution, float)
    return barrier_speed((1.0 - e * e) * np.asarray(energy, float), mass)


def closing_speed(energy: ArrayLike, mass: ArrayLike, partner_mass: ArrayLike) -> Floats:
    """Approach speed [m/s] from the energy that both absorb up to the greatest crush [J]: ``sqrt(2E / m)``, m reduced."""
    return barrier_speed(energy, momentum.reduced_mass(mass, partner_mass))


def restitution_bias(restitution: ArrayLike) -> Floats:
    """Relative error of a delta-v that leaves restitution out: ``1 / (1 + e) - 1``, never positive."""
    return np.asarray(-np.asarray(restitution, float) / (1.0 + np.asarray(restitution, float)))


def speed_before_sliding(speed: ArrayLike, drag: ArrayLike, distance: ArrayLike) -> Floats:
    """Speed at the start of a slide [m/s] (work and energy): ``sqrt(v^2 + 2 f g d)`` with the speed v at its end [m/s], drag
    factor f and distance d [m].
    """
    v, f, d = (np.asarray(x, float) for x in (speed, drag, distance))
    return np.asarray(np.sqrt(v * v + 2.0 * f * units.G0 * d))


# ---- a crash -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Damage:
    """A damaged vehicle: mass [kg], stiffness, residual crush (..., stations) [m], damage width [m], angle between the
    principal direction of force and the normal of the damaged side [rad]; arrays broadcast.
    """

    mass: Floats | float
    stiffness: Stiffness
    crush: Floats
    width: Floats | float
    angle: Floats | float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What the damage of a crash says: of the crash, and of each vehicle (a tuple in their order); SI."""

    closing_speed: Floats
    restitution: Floats
    absorbed_energy: tuple[Floats, ...]
    dissipated_energy: tuple[Floats, ...]
    barrier_speed: tuple[Floats, ...]
    ees: tuple[Floats, ...]
    crush_force: tuple[Floats, ...]
    delta_v: tuple[Floats, ...]
    delta_v_plastic: tuple[Floats, ...]


def reconstruct(damages: Sequence[Damage], restitution: ArrayLike | None = None) -> Outcome:
    """Energy, speeds and delta-v from the damage of one vehicle that met a rigid wall, or of two that met each other.

    ``restitution``: 0..1; from the closing speed where it is None (``momentum.speed_fit_restitution``).  ``delta_v_plastic`` leaves
    it out.  Both vehicles dissipate the same share 1 - e^2 of what they absorb.
    """
    masses = [np.asarray(d.mass, float) for d in damages]
    partners = masses[::-1] if len(masses) == 2 else [np.asarray(np.inf)]
    energies = tuple(crush_energy(d.stiffness, d.crush, d.width, d.angle) for d in damages)
    closing = closing_speed(np.sum(np.broadcast_arrays(*energies), axis=0), masses[0], partners[0])
    e = momentum.speed_fit_restitution(closing) if restitution is None else np.asarray(restitution, float)
    pairs = list(zip(masses, partners, strict=True))
    own = list(zip(energies, masses, strict=True))
    return Outcome(
        closing_speed=closing,
        restitution=e,
        absorbed_energy=energies,
        dissipated_energy=tuple((1.0 - e * e) * energy for energy in energies),
        barrier_speed=tuple(barrier_speed(energy, mass) for energy, mass in own),
        ees=tuple(equivalent_energy_speed(energy, mass, e) for energy, mass in own),
        crush_force=tuple(crush_force(d.stiffness, d.crush, d.width) for d in damages),
        delta_v=tuple(momentum.delta_v(mass, partner, closing, e) for mass, partner in pairs),
        delta_v_plastic=tuple(momentum.delta_v(mass, partner, closing) for mass, partner in pairs),
    )


def speed_at_impact(delta_v: ArrayLike, speed_after: ArrayLike, *, struck_behind: bool = False) -> Floats:
    """Speed over ground at contact [m/s], forward positive, from the speed after it: what the crash took is added.

    Of a vehicle that is struck from behind, which the crash speeds up, delta-v is taken off.
    """
    sign = -1.0 if struck_behind else 1.0
    return np.asarray(np.asarray(speed_after, float) + sign * np.asarray(delta_v, float))
