"""Where charts get bqplot from, and what stands in a figure's place where there is none.

bqplot needs numpy and pandas, which a Python in a browser may not have. A chart has its numbers as
a table as well, so a page without bqplot lacks the picture only, and says so.
"""

from collections.abc import Callable
from functools import wraps

import ipywidgets

NOTE = "The chart needs numpy and bqplot, which this page could not load; its numbers are below."


def drawn(draw: Callable) -> Callable:
    """Make a function that takes bqplot return a sentence instead where it cannot be loaded."""

    @wraps(draw)
    def draw_or_say(*args):
        try:
            # Not at the top: it takes most of a second, which a page without charts need not wait.
            import bqplot
        except ImportError:
            return ipywidgets.HTML(f'<p role="note">{NOTE}</p>')
        return draw(bqplot, *args)

    return draw_or_say


def are_drawn(figures: list) -> bool:
    """Tell figures from the sentences in their place."""
    return all(hasattr(figure, "marks") for figure in figures)
