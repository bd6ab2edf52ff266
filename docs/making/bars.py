"""The line below a page's title: what works here, and where the same notebook runs.

Not done: a look whether the address answers.
"""

from html import escape

BAR = '<p class="lv-bar">{says} {ways}</p>'
WORKS = "Move what you see: it works in this page."
GO = 'To write code, <a class="lv-go" href="{address}">make it live</a> ({megabytes:.0f} MB to load).'
INSTALL = 'To write code: <code>pip install "pmulab[lab]"</code>, then <code>pmulab lab</code>.'


def bar(site: str, megabytes: float, up: int, says: str = WORKS) -> str:
    """Write the line for pages `up` folders below the book; `{notebook}` is left to be filled in.

    `site` is the address of the site that runs notebooks, relative to the book, or empty.
    """
    if not site:
        return BAR.format(says=says, ways=INSTALL.replace("{", "{{"))
    there = site if "://" in site else "../" * up + site
    address = f"{escape(there.rstrip('/'))}/lab/index.html?path={{notebook}}"
    return BAR.format(says=says, ways=GO.format(address=address, megabytes=megabytes))
