"""The page of an evaluation: one HTML file with its figures inside."""

from __future__ import annotations

from collections.abc import Mapping

from seismic_assets.evaluation.metrics import Scores
from seismic_assets.evaluation.page import data_uri, render_page

_CONTENT = """<p>{{ introduction }}</p>
<div class="wide"><table><caption>Scores on the test blocks</caption>
<tr><th></th>{% for name in columns %}<th>{{ name|replace("_", " ") }}</th>{% endfor %}</tr>
{% for model, scores in models.items() %}<tr><th>{{ model }}</th>
{% for name in columns %}<td>{{ "%.3f" % scores[name] if scores[name] is not none else "-" }}</td>{% endfor %}</tr>
{% endfor %}</table></div>
<div class="wide"><table><caption>By class ({{ first }})</caption>
<tr><th>class</th><th>precision</th><th>recall</th><th>F1</th><th>windows</th></tr>
{% for name, values in per_class.items() %}<tr><th>{{ name }}</th><td>{{ "%.3f" % values.precision }}</td>
<td>{{ "%.3f" % values.recall }}</td>
<td>{{ "%.3f" % values.f1 }}</td><td>{{ "{:,.0f}".format(values.support) }}</td></tr>
{% endfor %}</table></div>
{% for caption, image in figures.items() %}<h2>{{ caption }}</h2>
<img alt="{{ caption }}" src="{{ image }}">{% endfor %}
<h2>Where it comes from</h2>
<div class="wide"><table>
{% for name, value in origin.items() %}<tr><th>{{ name }}</th><td class="words">{{ value }}</td></tr>
{% endfor %}</table></div>"""
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
    first = next(iter(models))
    return render_page(
        _CONTENT,
        title,
        introduction=introduction,
        columns=_COLUMNS,
        models={name: scores.as_dict() for name, scores in models.items()},
        first=first,
        per_class=models[first].per_class,
        figures={caption: data_uri(png) for caption, png in figures.items()},
        origin=dict(origin),
    )
