"""Sphinx's settings for the book; `make book` prepares the sources and calls it."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

project = "pmulab"
author = "the pmulab authors"
copyright = author
html_title = "pmulab"
language = "en"
# Names and values are quoted as code is.
smartquotes = False

extensions = ["myst_nb", "sphinx.ext.autodoc", "making.links"]
exclude_patterns = ["making", "live", "_templates"]
# The notebooks come with their outputs.
nb_execution_mode = "off"
# Nothing is loaded from afar: no widget manager, no formulas.
nb_ipywidgets_js = {}
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["live/widgets.css", "live/live.css", "book.css"]
html_js_files = [("live/live.js", {"type": "module"})]
html_theme_options = {
    "home_page_in_toc": True,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_navbar_depth": 1,
    "navbar_persistent": [],
    "secondary_sidebar_items": {"**": []},
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
