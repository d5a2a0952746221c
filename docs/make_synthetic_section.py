"""Draw docs/images/synthetic_section.png: one inline of a synthetic survey beside its labels.

Run it from the repository: python docs/make_synthetic_section.py
"""

from io import BytesIO
from pathlib import Path

from PIL import Image

from seismic_assets.survey.picture import section_figure
from seismic_assets.survey.spec import SurveySpec
from seismic_assets.survey.synthetic import make_survey

PICTURE = Path(__file__).parent / "images" / "synthetic_section.png"
SPEC = SurveySpec(seed=1, inlines=180, crosslines=240)
INLINE = 98


def main() -> None:
    """Make the survey and save the picture."""
    survey = make_survey(SPEC)
    figure = section_figure(
        survey.traces[INLINE],
        survey.labels[INLINE],
        crosslines=survey.crosslines,
        sample_interval_us=SPEC.sample_interval_us,
        title=f"Synthetic survey, seed {SPEC.seed}, inline {survey.inlines[INLINE]}",
    )
    PICTURE.parent.mkdir(exist_ok=True)
    # Noise compresses badly: a palette looks the same and takes half the bytes.
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    palette = Image.open(buffer).convert("RGB").quantize(200, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette.save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
