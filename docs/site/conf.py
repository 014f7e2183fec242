"""The site that `make docs` builds: guides, the SDK from its docstrings, the contracts from their NatSpec.

Its source is the repository itself, so that each link works there and on the site alike.
"""

import sys
from pathlib import Path

SITE = Path(__file__).resolve().parent
ROOT = SITE.parents[1]
sys.path[:0] = [str(SITE), str(ROOT / "client"), str(ROOT / "scripts")]

import links  # these three are beside this file
import plain
import reference

project = "Assay"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "README"
include_patterns = ["docs/**.md", "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]
exclude_patterns = [".*", "docs/site", *(f"{path.name}/" for path in ROOT.iterdir() if path.name != "docs")]
suppress_warnings = [
    "myst.header",  # a page may go from its title to a smaller heading
    "ref.python",  # two types of one name: the link leads to the first
    "toc.not_included",  # decisions are found by their list
]

myst_heading_anchors = 4
default_role = "code"  # `assay up` in a docstring is code
nitpicky = True  # a reference that leads nowhere fails the build
nitpick_ignore_regex = [("py:.*", r"(?!assay\.).*")]  # other packages' types
autodoc_default_options = {
    "members": True,
    "member-order": "bysource",
    "exclude-members": "model_config, model_post_init",  # pydantic's
}
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_use_ivar = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries = False  # they would triple the time of the build
add_module_names = False

html_theme = "furo"
html_title = "Assay"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_additional_pages = {"index": "start.html"}
html_static_path = ["static"]
html_css_files = ["site.css"]
templates_path = ["templates"]


def setup(app):
    """Write the reference before Sphinx looks for pages, and make the README the site's first page."""
    app.connect("config-inited", lambda _app, _config: reference.write(ROOT))
    app.connect("source-read", links.complete_readme)
    app.connect("missing-reference", links.resolve)
    app.connect("autodoc-process-docstring", links.keep_drawings)
    app.connect("autodoc-process-signature", plain.signature_of_document)
    app.connect("doctree-read", plain.drop_constraints)
