"""Fixtures for the views: a trace made by hand."""

import pytest
from view.traces import two_guests_trace


@pytest.fixture(scope="session")
def two_guests():
    """Give the trace of two guests that take turns."""
    return two_guests_trace()
