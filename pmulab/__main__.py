"""`python -m pmulab`: see `pmulab.cli`."""

import sys

from pmulab.cli import main

if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        # Somebody piped us into `head`: not an error.
        sys.stderr.close()
    except KeyboardInterrupt:
        sys.exit(130)
