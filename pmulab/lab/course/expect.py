"""An exception that is meant to happen, shown as a line of text.

Not modelled: exceptions that nobody expected; they stay loud.
"""

from contextlib import contextmanager


@contextmanager
def expect(*kinds: type[BaseException]):
    """Print the exception that a block takes; complain if it takes none of these."""
    try:
        yield
    except kinds as error:
        print(f"{type(error).__name__}: {error}")
    else:
        raise AssertionError(f"no exception; expected {' or '.join(k.__name__ for k in kinds)}")
