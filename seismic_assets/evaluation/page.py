"""What the pages of this package share: their style, and images inside them."""

from __future__ import annotations

import base64
from typing import Any

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { padding: .3rem .8rem; border-bottom: 1px solid #d0d7de; }
td { text-align: right; font-variant-numeric: tabular-nums; } th { text-align: left; }
th.number { text-align: right; } td.words { text-align: left; overflow-wrap: break-word; }
img { max-width: 100%; } caption { text-align: left; font-weight: 600; }
h2 { margin-top: 2.2rem; } .wide { overflow-x: auto; }
</style></head><body>
<h1>{{ title }}</h1>
{% block content %}{% endblock %}
</body></html>
"""


def render_page(content: str, title: str, **values: Any) -> str:
    """An HTML page: the frame and style of every page with `content`, a Jinja template, in it.

    All values are escaped.

    Args:
        content: template of what stands below the heading.
        title: heading.
        values: what the template names.
    """
    from jinja2 import DictLoader, Environment

    inner = f'{{% extends "frame" %}}{{% block content %}}{content}{{% endblock %}}'
    templates = Environment(autoescape=True, loader=DictLoader({"frame": _FRAME, "page": inner}))
    return templates.get_template("page").render(title=title, **values)


def data_uri(png: bytes) -> str:
    """A PNG as the source of an image, so that the page loads nothing from elsewhere."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
