"""What pyproject.toml cannot say: notebooks in the wheel, a description without relative links.

The notebooks lie beside the package, where a learner's checkout and Binder have them. A wheel has
them inside it, as pmulab/notebooks; an editable install finds them where they are.
"""

import re
import shutil
import tomllib
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
NOTEBOOKS = ("[0-9]*.ipynb", "images/*.png")
# A text, and a path in the repository; what begins with a scheme or a # is no such path.
LINK = re.compile(r"(?<!!)\[([^]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")
PICTURE = re.compile(r"""!\[[^]]*\]\((?![a-z]+:)([^)\s]+)\)|<img src="(?![a-z]+:)([^"]+)"[^>]*>""")


class WithNotebooks(build_py):
    """Build the package, and lay the notebooks into it."""

    def run(self):
        """Copy what is there: a site's wheel is built without, for the site has them itself."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "pmulab", "notebooks")
        shutil.rmtree(target, ignore_errors=True)
        for path in (path for name in NOTEBOOKS for path in ROOT.glob(f"notebooks/{name}")):
            place = target / path.relative_to(ROOT / "notebooks")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def long_description(text, urls):
    """Make links and pictures of a text absolute; without an address they are left out."""
    home = urls.get("Repository", "").rstrip("/")
    if not home:
        return LINK.sub(r"\1", re.sub(rf"(?:{PICTURE.pattern})(?:\n\n)?", "", text))

    def shown(match):
        path = match[1] or match[2]
        return match[0].replace(path, f"{home}/raw/HEAD/{path}", 1)

    return LINK.sub(rf"[\1]({home}/blob/HEAD/\2)", PICTURE.sub(shown, text))


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    setup(
        cmdclass={"build_py": WithNotebooks},
        long_description=long_description(readme, project.get("urls", {})),
        long_description_content_type="text/markdown",
    )
