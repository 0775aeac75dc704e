"""The site: what stands in Markdown here and beside the packages."""

project = "Etesian"
author = "The Etesian developers"
extensions = ["myst_parser"]
html_theme = "alabaster"
suppress_warnings = [
    # The README serves readers of the tree too, so its links lead into the tree.
    "myst.xref_missing",
    # CSV, for one, is text without a lexer.
    "misc.highlighting_failure",
]
# Links between headings of a page.
myst_heading_anchors = 3
