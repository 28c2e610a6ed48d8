"""How Sphinx makes the site: `docs/build_site.py` calls it once for each language."""

import datetime
import re
from pathlib import Path

from docutils.nodes import SkipNode
from latex2mathml.converter import convert
from sphinx.search.zh import SearchChinese

import wgan_keras

DOCS = Path(__file__).parent

project = "wgan_keras"
author = "The wgan_keras authors"
copyright = f"{datetime.date.today().year}, {author}"
release = version = wgan_keras.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
default_role = "code"  # the docstrings' backticks are Markdown's
nb_execution_mode = "off"  # the notebooks hold their outputs
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 4
myst_url_schemes = {
    **dict.fromkeys(["http", "https", "mailto"]),
    "site": {"url": "{{path}}"},  # written by build_site.py
    "at": {"url": "{{path}}#{{fragment}}"},
}
myst_dmath_double_inline = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more: shapes, dtypes and ranges
autodoc_inherit_docstrings = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = "wgan_keras"
html_static_path = ["_static"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
html_sidebars = {
    page: [] for page in ("lab", "results", "reference", "safety", "developing")
}
html_copy_source = html_show_sourcelink = False
html_theme_options = {
    "navbar_center": ["navbar-nav"],
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["language", "search-button"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
    "header_links_before_dropdown": 8,
}


def _escape_bars(app, kind, name, thing, options, lines):
    """The docstrings mean |x| as in mathematics, and not as reStructuredText has it."""
    for index, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = line.split("`")
            parts[::2] = [part.replace("|", "\\|") for part in parts[::2]]
            lines[index] = "`".join(parts)


# === Formulas as MathML, which browsers show without a script or a network ===


html_math_renderer = "mathml"


def _inline_formula(translator, node):
    translator.body.append(convert(node.astext()))
    raise SkipNode


def _displayed_formula(translator, node):
    formula = convert(node.astext(), display="block")
    translator.body.append(f'<div class="formula">{formula}</div>')
    raise SkipNode


# === Search in Chinese, by pairs of signs ===

_CHINESE = "[\u4e00-\u9fff]"


class ChineseSearch(SearchChinese):
    """Finds words in a language without spaces: each pair of neighbours is a word."""

    lang = "zh_TW"
    language_name = "English"  # whose stemmer Sphinx sends along, for the English words
    js_splitter_code = """
var splitQuery = (query) => query
  .split(/[^\\p{Letter}\\p{Number}_]+/gu)
  .flatMap((text) => text.match(/[\\u4e00-\\u9fff]+|[^\\u4e00-\\u9fff]+/g) ?? [])
  .flatMap((text) => /^[\\u4e00-\\u9fff]{2,}$/.test(text)
    ? [...text].slice(1).map((sign, i) => text[i] + sign)
    : [text]);
"""

    def split(self, input):
        runs = re.findall(f"{_CHINESE}{{2,}}", input)
        pairs = [run[i : i + 2] for run in runs for i in range(len(run) - 1)]
        return pairs + super().split(input)


# === Words of the theme, which knows Simplified Chinese only ===

WORDS = {
    "Back to top": "回到頁首",
    "Breadcrumb": "目前位置",
    "Collapse Sidebar": "收合側欄",
    "Color mode": "深淺色",
    "Dark": "深色",
    "Expand Sidebar": "展開側欄",
    "General Index": "總索引",
    "Home": "首頁",
    "Indices": "索引",
    "Light": "淺色",
    "On this page": "本頁內容",
    "Search": "搜尋",
    "Section Navigation": "本區頁面",
    "Site navigation": "網站導覽",
    "Skip to main content": "跳到主要內容",
    "System Settings": "跟隨系統",
    "next": "下一頁",
    "next page": "下一頁",
    "previous": "上一頁",
    "previous page": "上一頁",
}


def _translate_theme(app, page, template, context, doctree):
    if app.config.language == "zh_TW":
        context["_"] = lambda text: WORDS.get(text, text)


# === The same page in the other language ===


def _name_other_language(app, page, template, context, doctree):
    here = "zh-TW" if app.config.language == "zh_TW" else "en"
    other = "en" if here == "zh-TW" else "zh-TW"
    sources = Path(app.srcdir).parent / other
    twin = any((sources / f"{page}{ending}").exists() for ending in (".md", ".ipynb"))
    up = "../" * page.count("/") + ("../" if here == "zh-TW" else "zh-TW/")
    context["other_language"] = {
        "address": up + (page if twin else "index") + ".html",
        "code": other,
        "name": {"en": "English", "zh-TW": "繁體中文"}[other],
    }


def setup(app):
    app.add_search_language(ChineseSearch)
    app.add_html_math_renderer(
        "mathml", (_inline_formula, None), (_displayed_formula, None)
    )
    app.connect("autodoc-process-docstring", _escape_bars)
    app.connect("html-page-context", _translate_theme)
    app.connect("html-page-context", _name_other_language)
