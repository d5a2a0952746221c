"""Draw two pictures of a synthetic survey: an inline beside its labels, and the survey as `seismic inspect` sees it.

They are docs/images/synthetic_section.png and docs/images/inspect.png.

Run it from the repository: python docs/make_synthetic_section.py
"""

import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from seismic_assets.segy import middle_section, open_segy, section_png
from seismic_assets.survey.export import write_survey
from seismic_assets.survey.picture import section_figure
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey

IMAGES = Path(__file__).parent / "images"
SPEC = SurveySpec(seed=1, inlines=180, crosslines=240)
INLINE = 98


def main() -> None:
    """Make the survey and save the pictures."""
    survey = make_survey(SPEC)
    figure = section_figure(
        survey.traces[INLINE],
        survey.labels[INLINE],
        crosslines=survey.crosslines,
        sample_interval_us=SPEC.sample_interval_us,
        title=f"Synthetic survey, seed {SPEC.seed}, inline {survey.inlines[INLINE]}",
    )
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    save(buffer.getvalue(), IMAGES / "synthetic_section.png")
    with tempfile.TemporaryDirectory() as folder:
        path = write_survey(survey, Path(folder), "survey_001")[0]
        with open_segy(path) as reader:
            save(section_png(middle_section(reader), path.name), IMAGES / "inspect.png")


def save(png: bytes, path: Path) -> None:
    """Noise compresses badly: a palette looks the same and takes half the bytes."""
    path.parent.mkdir(exist_ok=True)
    palette = (
        Image.open(BytesIO(png)).convert("RGB").quantize(200, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    palette.save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
