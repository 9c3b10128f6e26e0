"""Closed-form impact on one line: what momentum alone says, whatever the structures do.

    m = m_1 m_2 / (m_1 + m_2),    dv_i = (m / m_i) (1 + e) V_c,    E_lost = m V_c^2 (1 - e^2) / 2

Every simulated case is compared with these.  A rigid wall has infinite mass.  Source: any text on mechanics; the
forms are those of McHenry, *The Algorithms of CRASH*, and Rose et al., SAE 2005-01-1200.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

CIPRIANI = (0.47477, -0.26139, 0.03382, -0.11639)
CIPRIANI_RANGE = (1.0, 7.0)  # m/s, where the fit holds; above, it is followed down to the floor
RESTITUTION_FLOOR = 0.10  # lower end of the 0.10-0.15 that measured barrier tests show at speed (tag J)


def reduced_mass(mass_1: ArrayLike, mass_2: ArrayLike) -> Floats:
    """Reduced mass ``m1 m2 / (m1 + m2)`` [kg]; either mass may be infinite (a wall)."""
    return np.asarray(1.0 / (1.0 / np.asarray(mass_1, float) + 1.0 / np.asarray(mass_2, float)))


def delta_v(mass: ArrayLike, partner_mass: ArrayLike, closing_speed: ArrayLike, restitution: ArrayLike = 0.0) -> Floats:
    """Change of velocity of a vehicle [m/s]: ``(m/m_1) (1 + e) V_c`` with the reduced mass m.

    Masses in kg (infinite allowed for the partner), closing speed in m/s, restitution 0..1; arrays broadcast.
    """
    share = reduced_mass(mass, partner_mass) / np.asarray(mass, float)
    return np.asarray(share * (1.0 + np.asarray(restitution, float)) * np.asarray(closing_speed, float))


def energy_lost(mass_1: ArrayLike, mass_2: ArrayLike, closing_speed: ArrayLike, restitution: ArrayLike = 0.0) -> Floats:
    """Kinetic energy that does not come back [J]: ``m V_c^2 (1 - e^2) / 2``."""
    e = np.asarray(restitution, float)
    return np.asarray(0.5 * reduced_mass(mass_1, mass_2) * np.asarray(closing_speed, float) ** 2 * (1.0 - e * e))


def delta_v_from_energy(
    mass: ArrayLike, partner_mass: ArrayLike, dissipated: ArrayLike, restitution: ArrayLike
) -> Floats:
    """Change of velocity [m/s] from the energy dissipated [J]: ``sqrt(2 m E (1 + e)/(1 - e)) / m_1`` (SAE 2005-01-1200)."""
    e = np.asarray(restitution, float)
    m = reduced_mass(mass, partner_mass)
    return np.asarray(
        np.sqrt(2.0 * m * np.asarray(dissipated, float) * (1.0 + e) / (1.0 - e)) / np.asarray(mass, float)
    )


def speed_fit_restitution(closing_speed: ArrayLike) -> Floats:
    """Restitution from closing speed [m/s]: the low-speed fit of Cipriani et al., SAE 2002-01-0540, with its clamp.

    ``e = 0.47477 - 0.26139 L + 0.03382 L^2 - 0.11639 L^3``, L the decimal logarithm of the closing speed.  The fit holds from
    1 to 7 m/s and turns negative above 16.3 m/s.  Below 1 m/s its value there is kept; where it falls under the floor of
    0.10 (above 11.3 m/s) the floor stands (tag J: measured barrier tests at speed show 0.1 to 0.17).
    """
    log_v = np.log10(np.maximum(np.asarray(closing_speed, float), CIPRIANI_RANGE[0]))
    fit = CIPRIANI[0] + log_v * (CIPRIANI[1] + log_v * (CIPRIANI[2] + log_v * CIPRIANI[3]))
    return np.asarray(np.maximum(fit, RESTITUTION_FLOOR))
