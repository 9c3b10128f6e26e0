"""From a scene to speeds with their interval: the values at the medians, and all samples of what is uncertain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim import sampling, scene
from crashsim.errors import CrashsimError
from crashsim.scene import Scene

Floats = NDArray[np.float64]

INTERVAL: Final = (0.05, 0.5, 0.95)
FORCES_AGREE: Final = 1.5  # the two forces of one contact: further apart, some input is wrong (tag J)


@dataclass(frozen=True)
class Reconstructed:
    """What the damage of a crash says.

    ``central``: every quantity by name with all uncertain numbers at their medians, SI.  ``samples``: the same (samples,), empty
    where nothing is uncertain.  Of each vehicle, ``profiles``: residual crush (quantiles of `INTERVAL`, stations) [m], or as
    measured (1, stations); ``clipped``: share of the samples in which a station would be negative and counts as 0.
    """

    scene: Scene
    central: Mapping[str, float]
    profiles: Mapping[str, Floats]
    samples: Mapping[str, Floats] = field(default_factory=dict)
    clipped: Mapping[str, float] = field(default_factory=dict)

    def interval(self, name: str) -> tuple[float, float, float] | None:
        """The 5, 50 and 95 % quantiles of a quantity over the samples; None where nothing is uncertain."""
        if name not in self.samples:
            return None
        low, middle, high = np.quantile(self.samples[name], INTERVAL).tolist()
        return low, middle, high

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know, of the file and of the results."""
        clipped = (
            f"{vehicle}: in {share:.1%} of the samples the offset makes a station negative, which counts as no crush"
            for vehicle, share in self.clipped.items()
            if share > 0.0
        )
        return (*self._forces(), *self.scene.notes, *clipped)

    def _forces(self) -> tuple[str, ...]:
        ratio = self.central.get("force_ratio", 1.0)
        if 1.0 / FORCES_AGREE <= ratio <= FORCES_AGREE:
            return ()
        first, second = ((v, self.central[f"{v}.crush_force"] / 1e3) for v in self.scene.vehicles)
        return (f"the crush of {first[0]} tells a force of {first[1]:.0f} kN, that of {second[0]} {second[1]:.0f} kN: in one contact "
                "they are equal, so a stiffness or a profile is wrong, or parts of different strength met",)  # fmt: skip


def reconstruct(read: Scene) -> Reconstructed:
    """Solve a scene at the medians and, where numbers are uncertain, at every sample.

    Raises CrashsimError where samples have no result, such as tests whose drawn crush leaves no line through them.
    """
    central = {name: float(value) for name, value in scene.solve(read, read.numbers).items()}
    if read.sampling is None:
        return Reconstructed(read, central, {v: scene.stations(read.numbers, v)[None] for v in read.vehicles})
    drawn = sampling.draw(read.sampling, read.random, 0, read.sampling.samples)
    numbers: dict[str, Floats | float] = dict(read.numbers)
    numbers |= {number.path: values for number, values in zip(read.random, drawn, strict=True)}
    with np.errstate(divide="ignore", invalid="ignore"):
        found = scene.solve(read, numbers)
    count = read.sampling.samples
    samples = {name: np.broadcast_to(values, (count,)) for name, values in found.items()}
    for name, values in samples.items():
        if wrong := count - int(np.isfinite(values).sum()):
            raise CrashsimError(f"{read.name}: {wrong:,} of {count:,} samples give no {name}; narrow the distributions")
    crush = {v: np.atleast_2d(scene.stations(numbers, v)) for v in read.vehicles}
    profiles = {v: np.quantile(np.maximum(c, 0.0), INTERVAL, axis=0) for v, c in crush.items()}
    clipped = {v: float(np.mean(np.any(c < 0.0, axis=-1))) for v, c in crush.items()}
    return Reconstructed(read, central, profiles, samples, clipped)
