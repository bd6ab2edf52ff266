"""A worker that is there and says nothing: asking it ends, in one line."""

import asyncio

import pytest

from pmulab.lab.classroom import cluster
from pmulab.lab.submission.load import InputError


class Silent:
    """A client of dask's as far as `kept_out_there` uses one; a worker answers after so many s."""

    def __init__(self, seconds):
        self.seconds = seconds

    def sync(self, ask):
        return asyncio.run(ask())

    async def run(self, function, on_error):
        assert "return" == on_error
        await asyncio.sleep(self.seconds)
        return {"tcp://1": function()}


def test_a_worker_that_says_nothing_is_waited_for_no_longer_than_that(monkeypatch):
    monkeypatch.setattr(cluster, "GONE", 0.05)
    with pytest.raises(InputError, match="a worker has not said within"):
        cluster.kept_out_there(Silent(60))
    monkeypatch.setattr(cluster, "GONE", 60)

    assert cluster.kept_out_there(Silent(0)).startswith("on 1 of 1 workers with ")
