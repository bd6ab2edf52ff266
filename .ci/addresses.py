"""Our addresses: all are made from [project.urls] in pyproject.toml; what has none is left out.

    python .ci/addresses.py [NOTEBOOK]     prints them, one a line

The names in [project.urls] are Repository (on GitHub, for Binder and Colab), Book, Site and Hub.
"""

import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
FIRST = "00-start-here.ipynb"
GITHUB = re.compile(r"https://github\.com/(?P<account>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?")
# Name: the address that it is made from, and how. They open a release: a tag of ours, no branch.
LAUNCH = {
    "Site": ("Site", "{url}/lab/index.html?path={notebook}"),
    "Hub": ("Hub", "{url}/hub/user-redirect/lab/tree/notebooks/{notebook}"),
    "Binder": (
        "Repository",
        "https://mybinder.org/v2/gh/{account}/{name}/v{version}?urlpath=lab/tree/notebooks/{notebook}",
    ),
    "Colab": (
        "Repository",
        "https://colab.research.google.com/github/{account}/{name}/blob/v{version}/notebooks/{notebook}",
    ),
}


def project():
    """Read what pyproject.toml says of the project."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def launch(urls, version, notebook=FIRST):
    """Return where a notebook opens as {name: address}; empty where no address is known."""
    made = {}
    for name, (source, address) in LAUNCH.items():
        url = urls.get(source, "")
        words = {"url": url.rstrip("/"), "notebook": quote(notebook), "version": version}
        github = GITHUB.fullmatch(url)
        if url and (github or source != "Repository"):
            made[name] = address.format(**words, **(github.groupdict() if github else {}))
    return made


def main(words):
    """Print the addresses that there are."""
    about = project()
    urls = about.get("urls", {})
    known = {**urls, **launch(urls, about["version"], *words[:1])}
    for name, address in known.items():
        print(f"{name}: {address}")
    if not known:
        print("pmulab: [project.urls] in pyproject.toml has no address yet", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
