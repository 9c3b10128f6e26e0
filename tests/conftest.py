"""Tests are about single cases, unless they say how many samples they want."""

import pytest

from crashsim.config import draws


@pytest.fixture(autouse=True, scope="session")
def as_given():
    """Studies of tests that do not say otherwise draw nothing; `drawn_by_default` undoes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draws, "DEFAULT_SAMPLES", 1)
        yield


@pytest.fixture
def drawn_by_default(monkeypatch):
    """What a user gets who says nothing of samples."""
    monkeypatch.setattr(draws, "DEFAULT_SAMPLES", 1024)
