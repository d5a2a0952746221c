from seismic_assets.lake import TRACE_QUALITY
from seismic_assets.quality import AMPLITUDES, COUNTS, SCORE_PARTS, quality_page, score_of, score_parts


def quality_row(**changes):
    """A row of the quality table: 1,200 traces, each count and amplitude of its own."""
    row = {name: 300 + place for place, name in enumerate(COUNTS)}
    row |= {name: 1234.5 + place for place, name in enumerate(AMPLITUDES)}
    row |= {"status": "read", "reason": "", "traces": 1200, "traces_declared": 1600, "num_samples": 2500}
    row |= {"sample_interval_us": 4000, "source_interval_us": 2000, "notes": ""}
    parts = score_parts(row, 1)
    return row | {f"score_{name}": part for name, part in parts.items()} | {"score": score_of(parts)} | changes


def test_the_page_has_the_score_and_each_of_its_parts():
    row = quality_row(score=61.26)
    page = quality_page("line_7.sgy", row, [])
    assert page.startswith("# line_7.sgy\n")
    assert "Quality score **61.3** of 100" in page
    for name in SCORE_PARTS:
        assert f"| {name} | {row[f'score_{name}']:.3f} |" in page


def test_the_page_has_every_count_and_amplitude():
    row = quality_row()
    page = quality_page("line_7.sgy", row, [])
    assert "1,200 traces of 2,500 samples every 4000 us." in page
    for name in COUNTS:
        assert f"| {row[name]:,} |" in page
    for name in AMPLITUDES:
        assert f"| {row[name]:.6g} |" in page


def test_the_page_lists_findings_and_notes():
    row = quality_row(notes="declares 3 samples; 5 headers lie")
    page = quality_page("line_7.sgy", row, ["6 of 1,200 traces are clipped"])
    assert "- 6 of 1,200 traces are clipped\n- declares 3 samples\n- 5 headers lie\n" in page
    assert "Nothing is worth a look" not in page


def test_a_page_without_a_finding_says_so():
    assert "Nothing is worth a look." in quality_page("line_7.sgy", quality_row(), [])


def test_the_page_of_a_file_that_was_not_read_says_why():
    row = dict.fromkeys(TRACE_QUALITY.schema.names) | {"status": "failed", "reason": "is not SEG-Y: remove it"}
    assert quality_page("line_7.sgy", row, []) == "# line_7.sgy\n\nNot read: is not SEG-Y: remove it.\n"
