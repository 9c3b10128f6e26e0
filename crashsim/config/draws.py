"""The random numbers of a study: each gets a dimension of the points that the study draws, the same in all impacts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from crashsim.config.draft import Draft
from crashsim.config.impacts import Read
from crashsim.config.models import SamplingModel
from crashsim.sampling import MOST_DIMENSIONS, Random, Sampling

MOST_DRAWN: Final = 10**10  # cases in all: they are reduced while they are computed
MOST_CELLS: Final = 10_000  # points of the grids up to which there are samples unasked

DEFAULT_SAMPLES: Final = 1024
DEFAULT_CASES: Final = 2**20

Key = tuple[
    str, str
]  # impact, path; no impact where the number is a vehicle's or the risk's and so the same in all impacts
COMMON: Final = ("vehicles.", "risk.")


def drawn(draft: Draft, model: SamplingModel | None, reads: Sequence[Read]) -> list[Read]:
    """The impacts with their random numbers and how these are drawn; ``samples: 1`` draws none."""
    options = model or SamplingModel.model_construct()
    random = [read for read in reads if any(_keys(read))]
    samples = options.samples or default_samples(sum(read.impact.cells for read in random))
    columns = {key: i for i, key in enumerate(dict.fromkeys(key for read in random for key in _keys(read)))}
    if samples == 1:
        return list(reads)
    if not columns:
        if options.samples and not draft.problems:
            draft.report(("sampling",), "no impact has a number that is a distribution, so there is nothing to draw")
        return list(reads)
    if len(columns) > MOST_DIMENSIONS:
        draft.report(("sampling",), f"got {len(columns):,} distributions, expected at most {MOST_DIMENSIONS:,}")
        return []
    sampling = Sampling(samples, options.method, options.seed, len(columns))
    _check_sizes(draft, sampling, random)
    return [_with(read, _random(read, columns), sampling) for read in reads]


def default_samples(cells: int) -> int:
    """Samples at each point of the grids where a study does not say: a power of two, so that the cases are a million at most.

    1,024 up to as many points; 64 at the least; none beyond 10,000 points.
    """
    fitting = DEFAULT_CASES // max(cells, 1)
    return 1 if cells > MOST_CELLS else min(DEFAULT_SAMPLES, 1 << (fitting.bit_length() - 1))


def _with(read: Read, random: tuple[Random, ...], sampling: Sampling) -> Read:
    return replace(read, impact=replace(read.impact, random=random, sampling=sampling)) if random else read


def _keys(read: Read) -> Iterator[Key]:
    for path, quantity in read.typed.items():
        if quantity.distribution is not None:
            yield ("" if path.startswith(COMMON) else read.impact.name), path


def _random(read: Read, columns: dict[Key, int]) -> tuple[Random, ...]:
    found = []
    for key in _keys(read):
        quantity = read.typed[key[1]]
        assert quantity.distribution is not None
        found.append(Random(key[1], quantity.dimension, quantity.distribution, columns[key], key[1] in read.unasked))
    return tuple(found)


def _check_sizes(draft: Draft, sampling: Sampling, reads: Sequence[Read]) -> None:
    cells = sum(read.impact.cells for read in reads)
    if (count := cells * sampling.samples) > MOST_DRAWN:
        message = (
            f"got {cells:,} points x {sampling.samples:,} samples = {count:,} cases, expected at most {MOST_DRAWN:,}"
        )
        draft.report(("sampling", "samples"), message)
