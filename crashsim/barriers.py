"""The deformable face of a crash-test barrier: blocks of honeycomb, one behind the other, as the force law of a structure.

A block of height h yields at the stress s that crushes it, so over a contact of width b at the force ``F = s h b``; a progressive one
yields from ``F_0 = s_0 h b`` on and is packed at ``F_1 = s_1 h b``.  Blocks stand in series: at a force F their crushes add up,

    x(F) = sum of depth (TOE F/F_0 + stroke clip((F - F_0)/(F_1 - F_0), 0, 1))

and beyond the last F_1 only the elastic part is left.  A block of one strength rises by 2 % over its stroke, so that crush is a function
of force; that and the elastic share of 1 % of the depth at yield are small numbers for the numerics.  Next to nothing springs back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim import structure
from crashsim.structure import Structure

Floats = NDArray[np.float64]
Column = Floats | float

TOE: Final = 0.01  # elastic crush at yield over depth
RISE: Final = 0.02  # of the force over the stroke, at the least
UNLOADING: Final = 1e9  # N/m
APART: Final = 1e-6  # relative distance of two points of the law that would coincide


@dataclass(frozen=True)
class Block:
    """A block of honeycomb: depth, height [m], stress at which it yields and at which it is packed [Pa], stroke over depth."""

    depth: Column
    height: Column
    strength: Column
    end_strength: Column
    stroke: Column


def face(blocks: Sequence[Block], width: Column, cases: int) -> Structure:
    """The structure of a face over a contact of ``width`` [m], with a leading axis of ``cases``; blocks from front to back."""

    def columns(values: Sequence[Column]) -> Floats:
        return np.stack([np.broadcast_to(value, (cases,)) for value in values], axis=-1)

    start = columns([b.strength * b.height * width for b in blocks])
    end = np.maximum(columns([b.end_strength * b.height * width for b in blocks]), (1.0 + RISE) * start)
    depth, stroke = columns([b.depth for b in blocks]), columns([b.stroke * b.depth for b in blocks])
    force = np.sort(np.concatenate([np.zeros((cases, 1)), start, end], axis=-1), axis=-1)
    force = force * (1.0 + APART * np.arange(force.shape[-1]))
    elastic = np.sum(TOE * depth / start, axis=-1)
    f, f0, f1 = force[..., None], start[:, None, :], end[:, None, :]
    crush = elastic[:, None] * force + np.sum(stroke[:, None, :] * np.clip((f - f0) / (f1 - f0), 0.0, 1.0), axis=-1)
    return structure.curve(crush, force, 1.0 / elastic, UNLOADING, compartment_range=np.inf, unloading_soft_share=0.0)
