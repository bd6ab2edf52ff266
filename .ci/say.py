"""How the tools of this folder speak: one line that says what goes on, or why it ends."""

import sys

# What pip prints when the index cannot be reached.
NO_NETWORK = ("NewConnectionError", "NameResolutionError", "TimeoutError", "timed out")
NO_NETWORK += ("ProxyError", "SSLError")


def stop(reason):
    """End with one line for the user."""
    sys.exit(f"pmulab: {reason}")


def say(text):
    """Tell the user what is going on."""
    print(f"pmulab: {text}", file=sys.stderr, flush=True)
