"""What a widget shows where no widget runs: its text twin and its static table.

Does not show: anything by itself.
"""


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
        return {"text/html": self.to_html(), "text/plain": self.to_text()}

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        # anywidget gives data and metadata, ipywidgets the data alone.
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        # Front ends that run no widgets, and notebooks that have not been run, show the twins.
        return {**data, **self.twins()}, metadata
