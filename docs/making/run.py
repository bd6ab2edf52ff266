"""Run a notebook in this process and keep what its cells show, widgets as objects.

A kernel would give a widget's state alone; the book asks each widget in advance what it will be
asked (`answers.py`), so it needs the object.

Not done: input, rich tracebacks. A cell that raises ends the build.
"""

import json
import os
import sys
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from pmulab.view.twins import Twins

# Under it a widget's output says which of the run's widgets it is.
WIDGET = "application/vnd.pmulab.widget"


class Ran(NamedTuple):
    """A notebook that was run: the outputs of each cell, and the widgets that they name."""

    outputs: dict[int, list[dict]]
    widgets: list[Any]


class CellFailed(Exception):
    """A cell that raised; it says which."""


class Outputs:
    """What a cell shows, in its order."""

    def __init__(self):
        self.all: list[dict] = []

    def write(self, text: str) -> None:
        """Take printed text; what follows printed text is joined to it."""
        last = self.all[-1] if self.all else {}
        if last.get("output_type") == "stream":
            last["text"] += text
        elif text:
            self.all.append({"output_type": "stream", "name": "stdout", "text": text})

    def flush(self) -> None:
        """Do nothing: all is taken at once."""

    def show(self, data: dict, result: bool = False) -> None:
        """Take an output by MIME type."""
        if not data:
            return
        kind = {"output_type": "execute_result", "execution_count": None}
        plain = {"output_type": "display_data"}
        self.all.append((kind if result else plain) | {"data": dict(data), "metadata": {}})


class Publisher(DisplayPublisher):
    """Takes what is displayed."""

    def publish(self, data, metadata=None, *, transient=None, update=False, **kwargs):
        """Take one output; one that takes the place of an earlier one is a bar that goes."""
        if not update:
            self.shell.outputs.show(data)


class Hook(DisplayHook):
    """Takes what a cell's last line is worth."""

    def write_output_prompt(self):
        """Write none."""

    def write_format_data(self, format_dict, md_dict=None):
        """Take the value in all its forms."""
        self.shell.outputs.show(format_dict, result=True)

    def finish_displayhook(self):
        """End nothing."""


class Shell(InteractiveShell):
    """IPython, with its outputs kept in `outputs`."""

    display_pub_class = Publisher
    displayhook_class = Hook
    outputs = Outputs()

    def enable_gui(self, gui=None):
        """Enable none."""


def run(path: Path, folder: Path) -> Ran:
    """Run the notebook at a path, in a folder; `CellFailed` where a cell raises."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    widgets: list[Any] = []
    outputs = {}
    with _place(folder), _kept(widgets):
        shell = Shell.instance()
        for n, cell in enumerate(notebook["cells"]):
            if cell["cell_type"] == "code":
                outputs[n] = _run_cell(shell, "".join(cell["source"]), f"{path.name}, cell {n}")
    return Ran(outputs, widgets)


def _run_cell(shell: Shell, source: str, where: str) -> list[dict]:
    shell.outputs = Outputs()
    with redirect_stdout(shell.outputs):
        done = shell.run_cell(source, store_history=False)
    if not done.success:
        raise CellFailed(f"{where}: {done.error_in_exec or done.error_before_exec!r}")
    return [output for output in shell.outputs.all if output.get("data", True)]


@contextmanager
def _place(folder: Path):
    """Run where nothing of a learner's is kept, with charts that need no bqplot."""
    before, os.environ["PMULAB_PROGRESS"] = Path.cwd(), "off"
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    # A name that is None cannot be imported: charts are SVG then, which a page can keep.
    sys.modules["bqplot"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _kept(widgets: list[Any]):
    """Let each widget show its number and its static forms."""

    def shown(self):
        widgets.append(self)
        display({WIDGET: len(widgets) - 1, **self.twins()}, raw=True)

    own, Twins._ipython_display_ = Twins._ipython_display_, shown
    try:
        yield
    finally:
        Twins._ipython_display_ = own
