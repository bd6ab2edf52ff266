"""`python -m pmulab`, and the command `pmulab`: see `pmulab.cli`."""

import sys

from pmulab.cli import main


def run() -> None:
    """Run the command line as a process: with its exit status, and no traceback for a Ctrl-C."""
    try:
        sys.exit(main())
    except BrokenPipeError:
        # Somebody piped us into `head`: not an error.
        sys.stderr.close()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
