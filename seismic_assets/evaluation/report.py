"""The page of an evaluation: one HTML file with its figures inside."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from seismic_assets.evaluation.metrics import Scores

_TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { padding: .3rem .8rem; border-bottom: 1px solid #d0d7de; }
td { text-align: right; font-variant-numeric: tabular-nums; } th { text-align: left; }
img { max-width: 100%; } caption { text-align: left; font-weight: 600; }
</style></head><body>
<h1>{{ title }}</h1>
<p>{{ introduction }}</p>
<table><caption>Scores on the test blocks</caption>
<tr><th></th>{% for name in columns %}<th>{{ name }}</th>{% endfor %}</tr>
{% for model, scores in models.items() %}<tr><th>{{ model }}</th>
{% for name in columns %}<td>{{ "%.3f" % scores[name] if scores[name] is not none else "-" }}</td>{% endfor %}</tr>
{% endfor %}</table>
<table><caption>By class ({{ first }})</caption>
<tr><th>class</th><th>precision</th><th>recall</th><th>F1</th><th>windows</th></tr>
{% for name, values in per_class.items() %}<tr><th>{{ name }}</th><td>{{ "%.3f" % values.precision }}</td>
<td>{{ "%.3f" % values.recall }}</td>
<td>{{ "%.3f" % values.f1 }}</td><td>{{ "{:,.0f}".format(values.support) }}</td></tr>
{% endfor %}</table>
{% for caption, image in figures.items() %}<h2>{{ caption }}</h2>
<img alt="{{ caption }}" src="data:image/png;base64,{{ image }}">{% endfor %}
<h2>Where it comes from</h2>
<table>{% for name, value in origin.items() %}<tr><th>{{ name }}</th><td>{{ value }}</td></tr>{% endfor %}</table>
</body></html>
"""
_COLUMNS = (
    "f1_macro",
    "f1_weighted",
    "accuracy",
    "balanced_accuracy",
    "precision_macro",
    "recall_macro",
    "roc_auc_macro",
)


def report_page(
    title: str,
    introduction: str,
    models: Mapping[str, Scores],
    figures: Mapping[str, bytes],
    origin: Mapping[str, str],
) -> str:
    """The page as HTML; all text is escaped and nothing is loaded from elsewhere.

    Args:
        title: heading.
        introduction: a paragraph below it.
        models: scores by name of the model; the first is shown by class too.
        figures: PNG images by caption.
        origin: where data and model come from, by name.
    """
    from jinja2 import Environment

    first = next(iter(models))
    template = Environment(autoescape=True).from_string(_TEMPLATE)
    return template.render(
        title=title,
        introduction=introduction,
        columns=_COLUMNS,
        models={name: scores.as_dict() for name, scores in models.items()},
        first=first,
        per_class=models[first].per_class,
        figures={caption: base64.b64encode(png).decode() for caption, png in figures.items()},
        origin=dict(origin),
    )
