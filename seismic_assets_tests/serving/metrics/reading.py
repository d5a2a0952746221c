"""What an exposition says."""

from prometheus_client.parser import text_string_to_metric_families

from seismic_assets.serving.metrics import ServiceMetrics, exposition


def samples(text: str) -> dict[str, float]:
    """The value of each line by its name and labels as they are written, in the order of their names."""
    return {
        f"{sample.name}{_written(sample.labels)}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(metrics: ServiceMetrics) -> dict[str, float]:
    """What a scrape sees."""
    return samples(exposition(metrics)[0].decode())


def _written(labels: dict[str, str]) -> str:
    return "{" + ",".join(f"{name}={labels[name]}" for name in sorted(labels)) + "}" if labels else ""
