"""What a widget shows where no widget runs: its text twin and its static table.

A widget is two outputs of its cell, the live one and below it the static one. Style alone
(`css/twins.css`, sent with the static one) shows the live one while there is a kernel behind it and
the static one else: in a notebook opened again, after a restart, in a page that nbconvert wrote.

Does not show: anything by itself.
"""

from IPython.display import display

from pmulab.view.assets import style

NOTE = "A picture of what the cell showed. In a notebook, run the cell to make it live."
VIEW = "application/vnd.jupyter.widget-view+json"
TWIN = '<div class="pmulab-twin"><style>{style}</style><p><em>{note}</em></p>\n{table}</div>'


class Twins:
    """Static forms beside a widget, for any class of widgets that follows it among the bases."""

    def to_text(self) -> str:
        """Print what is shown."""
        raise NotImplementedError

    def to_html(self) -> str:
        """Write what is shown as static HTML."""
        raise NotImplementedError

    def twins(self) -> dict[str, str]:
        """Return the static forms by MIME type."""
        table = TWIN.format(style=style("twins"), note=NOTE, table=self.to_html())
        return {"text/html": table, "text/plain": self.to_text()}

    @property
    def kept_live(self) -> dict[str, str]:
        """Return what the live output keeps beside the widget, by MIME type."""
        return {}

    def _ipython_display_(self) -> None:
        # ipywidgets 7 has no bundle; a view of a model is the same thing there.
        view = {"version_major": 2, "version_minor": 0, "model_id": getattr(self, "model_id", "")}
        bundle = getattr(super(), "_repr_mimebundle_", lambda: {VIEW: view})()
        # anywidget gives data and metadata, ipywidgets the data alone.
        live, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        live.pop("text/plain", None)
        display({**live, **self.kept_live}, metadata=metadata, raw=True)
        display(self.twins(), raw=True)
