"""bqplot without pandas: what is saved, and that nothing is missed by who wants it.

Each in a process of its own: here the libraries are loaded already.
"""

import subprocess
import sys

import pytest

CHART = "from pmulab import Machine; from pmulab.view import counter_chart, costs;"
CHART += "counter_chart(Machine('two-guests').run()).twins(); costs({'exits': [('reads', 9, 1)]});"


def printed(code):
    """Run a program; return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.slow
def test_a_chart_is_drawn_without_pandas():
    assert "[] []" == printed(
        f"import sys; {CHART} print([n for n in sys.modules if n.startswith('pandas')],"
        "[n for n in ('bqplot.market_map', 'bqplot.plotting_widgets') if n in sys.modules])"
    )


@pytest.mark.slow
def test_bqplot_still_loads_pandas_where_it_needs_it():
    dates = "convert_to_date(['2026-01-01', '2026-01-02'])[0].year"

    assert "2026" == printed(f"{CHART} from bqplot.traits import *; print({dates})")


@pytest.mark.slow
@pytest.mark.parametrize("first", ["bqplot", "pandas"])
def test_who_loads_one_of_them_first_has_all_of_bqplot(first):
    assert "Radar" == printed(
        f"import {first}; {CHART} import bqplot; print(bqplot.Radar.__name__)"
    )


@pytest.mark.slow
def test_pandas_and_what_needs_it_can_be_loaded_later():
    code = (
        "import pandas; from bqplot.market_map import MarketMap; print(len(pandas.Series([1, 2])))"
    )

    assert "2" == printed(CHART + code)
