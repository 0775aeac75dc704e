"""The site: what stands in Markdown here and beside the packages."""

project = "Etesian"
author = "The Etesian developers"
extensions = ["myst_parser"]
html_theme = "alabaster"
# The README serves readers of the tree too, so its links lead into the tree.
suppress_warnings = ["myst.xref_missing"]
# Links between headings of a page.
myst_heading_anchors = 3
