"""Roads by their posted limit: how fast vehicles travel there, and how fast they are when they meet another one.

The travel speed V is normal.  Of the drivers in a crash a share p never brakes; the others brake at a deceleration a for a time
T before contact, exponential with mean tau, so that the speed at contact is

    V                     with probability p,
    V - a T               with probability 1 - p,

and what would have come to rest is no crash: the distribution is cut at 1 m/s, a walking pace.  With lost = a tau

    P(V - a T <= x) = Phi(z) + exp((x - mean)/lost + (sd/lost)^2/2) Phi(-(z + sd/lost)),   z = (x - mean)/sd.

Speed and braking of the two vehicles of a crash are independent of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.sampling import Normal
from crashsim.units import parse

Floats = NDArray[np.float64]

DIMENSIONS: Final = {
    "limit": "speed", "travel_mean": "speed", "travel_sd": "speed",
    "unbraked": "ratio", "braking_time": "time", "deceleration": "acceleration",
}  # fmt: skip
SLOWEST: Final = 1.0  # m/s: a vehicle that is slower at contact counts as one that has stopped (judgement)
REACH: Final = 8.0  # standard deviations above the mean where the table of quantiles ends
KNOTS: Final = 4097  # of that table: steps of about 1 cm/s


@dataclass(frozen=True)
class ImpactSpeed:
    """Speed at contact: a distribution of `crashsim.sampling`, SI.

    Attributes
    ----------
    mean, sd : float
        Of the normal travel speed [m/s].
    unbraked : float
        Share of the drivers who do not brake.
    lost : float
        Mean speed that the others lose by braking, if the vehicle does not come to rest [m/s].
    """

    mean: float
    sd: float
    unbraked: float
    lost: float

    def below(self, speed: ArrayLike) -> Floats:
        """Share of the crashes whose speed at contact is at most ``speed`` [m/s]."""
        x = np.maximum(np.asarray(speed, float), SLOWEST)
        none = self._uncut(np.array(SLOWEST))
        return np.asarray((self._uncut(x) - none) / (1.0 - none))

    def quantile(self, u: Floats) -> Floats:
        """The speed [m/s] that a share ``u`` (0 < u < 1) of the crashes does not exceed."""
        return np.interp(u, *_table(self))

    def density(self, speed: ArrayLike) -> Floats:
        """Probability density at ``speed`` [s/m], which is 1 m/s or more: the derivative of `below`."""
        from scipy.special import log_ndtr

        x = np.asarray(speed, float)
        z, ratio = (x - self.mean) / self.sd, self.sd / self.lost
        unbraked = np.exp(-0.5 * z**2) / (np.sqrt(2.0 * np.pi) * self.sd)
        braked = np.exp((x - self.mean) / self.lost + 0.5 * ratio**2 + log_ndtr(-(z + ratio))) / self.lost
        uncut = self.unbraked * unbraked + (1.0 - self.unbraked) * braked
        return np.asarray(uncut / (1.0 - self._uncut(np.array(SLOWEST))))

    def _uncut(self, x: Floats) -> Floats:
        from scipy.special import log_ndtr, ndtr

        z, ratio = (x - self.mean) / self.sd, self.sd / self.lost
        braked = ndtr(z) + np.exp((x - self.mean) / self.lost + 0.5 * ratio**2 + log_ndtr(-(z + ratio)))
        return np.asarray(self.unbraked * ndtr(z) + (1.0 - self.unbraked) * braked)


@lru_cache(maxsize=64)
def _table(speed: ImpactSpeed) -> tuple[Floats, Floats]:
    """Shares that rise, and the speeds that they do not exceed."""
    x = np.linspace(SLOWEST, speed.mean + REACH * speed.sd, KNOTS)
    return speed.below(x), x


@dataclass(frozen=True)
class Road:
    """A class of roads, SI.

    Attributes
    ----------
    name, title : str
    limit : float
        Posted speed limit [m/s].
    travel_mean, travel_sd : float
        Free-flowing travel speed, over vehicles and roads of the class [m/s].
    unbraked : float
        Share of the drivers in a crash who do not brake before contact.
    braking_time : float
        Mean time for which the others brake [s].
    deceleration : float
        Of a vehicle that brakes [m/s^2].
    ends : tuple of (field, value)
        The ends of the range of each number that has one.
    """

    name: str
    title: str
    limit: float
    travel_mean: float
    travel_sd: float
    unbraked: float
    braking_time: float
    deceleration: float
    ends: tuple[tuple[str, float], ...] = ()

    @property
    def travel(self) -> Normal:
        """Distribution of the travel speed [m/s], cut at zero."""
        return Normal(self.travel_mean, self.travel_sd, 0.0)

    @property
    def impact(self) -> ImpactSpeed:
        """Distribution of the speed at contact [m/s]."""
        return ImpactSpeed(self.travel_mean, self.travel_sd, self.unbraked, self.deceleration * self.braking_time)

    def at_ends(self) -> Iterator[Road]:
        """The road with one number after the other at an end of its range."""
        return (replace(self, **{field: value}) for field, value in self.ends)  # type: ignore[arg-type]

    @classmethod
    def from_tree(cls, tree: Mapping[str, Any]) -> Road:
        """Road from the plain mapping of its data file; KeyError for a missing field, UnitError for a wrong one."""
        numbers = {field: parse(tree[field]["value"], dimension) for field, dimension in DIMENSIONS.items()}
        ends = tuple(
            (field, parse(end, DIMENSIONS[field])) for field in numbers for end in tree[field].get("range", ())
        )
        return cls(tree["name"], tree["title"], **numbers, ends=ends)
