"""The page in a headless Chromium, against a service on a port of this machine."""

import base64
import importlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from seismic_assets.inference import Predictor
from seismic_assets_tests.inference.building import CLASSES, INTERVAL_US, START_MS, make_traces, places
from seismic_assets_tests.serving.page.application import InMemory, application, served
from seismic_assets_tests.serving.page.writing import segy_of

IN_CI = bool(os.environ.get("CI"))  # where nothing that matters may be skipped
sync_api = (importlib.import_module if IN_CI else pytest.importorskip)("playwright.sync_api")
Browser, Page, expect = sync_api.Browser, sync_api.Page, sync_api.expect

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which(CHROMIUM) is None and not IN_CI, reason="needs a Chromium; CHROMIUM may name one"),
]
TRACES = 60
SAMPLES = 200
PIXEL = """([x, y]) => {
  const canvas = document.getElementById("section");
  const scale = canvas.width / canvas.clientWidth;
  return [...canvas.getContext("2d").getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data];
}"""
DROP = """([text, name]) => {
  const data = new DataTransfer();
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  data.items.add(new File([bytes], name));
  const event = new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data});
  document.getElementById("drop").dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def ports(predictor: Predictor) -> InMemory:
    return InMemory(predictor)


@pytest.fixture
def address(ports: InMemory) -> Iterator[str]:
    with served(application(ports)) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens the page; at the end nothing may have been asked of another host, and no script may have failed."""
    asked: list[str] = []
    failures: list[str] = []
    contexts = []

    def opened(at: str = address, **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1300, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda message: message.type == "error" and failures.append(message.text))
        page.goto(f"{at}/dashboard")
        expect(page.locator("#model-state")).not_to_have_text("asking the service")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert {urlsplit(each).hostname for each in asked if not each.startswith(("blob:", "data:"))} == {"127.0.0.1"}
    # A browser reports each refused request by itself; the page has to show what it says, which the tests look at.
    assert [each for each in failures if not each.startswith("Failed to load resource")] == []


@pytest.fixture
def traces() -> np.ndarray:
    made = make_traces(TRACES, SAMPLES)
    made[5] = 0
    return made


@pytest.fixture
def segy(tmp_path: Path, traces: np.ndarray) -> Path:
    return segy_of(tmp_path / "north.sgy", traces)


def upload(page: Page, path: Path) -> None:
    page.set_input_files("#file", path)
    expect(page.locator("#result-name")).to_have_text(path.name)


def at_cell(page: Page, column: int, row: int, width: int = TRACES, height: int = SAMPLES) -> tuple[float, float]:
    """Where a picture element lies on the canvas, in CSS pixels: within the margins of its axes."""
    box = page.locator("#section").bounding_box()
    left, top, right, bottom = 64, 44, 10, 10
    x = left + (column + 0.5) / width * (box["width"] - left - right)
    return x, top + (row + 0.5) / height * (box["height"] - top - bottom)


def text_of(share: float) -> str:
    """A share as the page says it."""
    return "<\N{NO-BREAK SPACE}0.1" if 0 < share < 0.001 else f"{share * 100:.1f}".removesuffix(".0")


def mean_at(predictor: Predictor, traces: np.ndarray, trace: int, sample: int) -> np.ndarray:
    predicted = predictor.predict(traces, INTERVAL_US)
    covering = (predicted.starts <= sample) & (sample < predicted.ends)
    return predicted.probabilities[trace, covering].mean(axis=0)


def test_an_uploaded_file_shows_the_share_of_each_class(
    open_page: Callable[..., Page], segy: Path, predictor: Predictor, traces: np.ndarray
) -> None:
    page = open_page()
    upload(page, segy)

    probabilities = predictor.predict(traces, INTERVAL_US).probabilities
    windows = probabilities[np.isfinite(probabilities).all(axis=2)].argmax(axis=1)
    for index, name in enumerate(CLASSES):
        entry = page.locator("#legend li").nth(index)
        expect(entry.locator(".class-name")).to_have_text(name)
        expect(entry.locator(".share")).to_have_text(f"{text_of((windows == index).mean())}\N{NO-BREAK SPACE}%")
    expect(page.locator("#result-facts")).to_contain_text(f"60 traces · 200 samples of 4 ms · {len(windows)} windows")
    expect(page.locator("#notes")).to_contain_text("1 of 60 traces shown have no class")


def test_the_read_out_says_what_lies_under_the_pointer(
    open_page: Callable[..., Page], segy: Path, predictor: Predictor, traces: np.ndarray
) -> None:
    page = open_page()
    upload(page, segy)
    inline, crossline = places(TRACES)

    for trace, sample in ((0, 0), (21, 50), (44, 120), (59, 191)):
        x, y = at_cell(page, trace, sample)
        page.locator("#section").hover(position={"x": x, "y": y})
        mean = mean_at(predictor, traces, trace, sample)
        readout = page.locator("#readout")
        expect(readout).to_contain_text(f"trace {trace} · inline {inline[trace]} · crossline {crossline[trace]} · ")
        expect(readout).to_contain_text(f" · {START_MS + sample * 4:g} ms · {CLASSES[mean.argmax()]}, confidence ")
        said = float(re.search(r"confidence ([\d.]+)", readout.inner_text())[1])
        assert said == pytest.approx(mean.max() * 100, abs=0.3)


def test_a_dead_trace_and_what_lies_behind_the_last_window_have_no_class(
    open_page: Callable[..., Page], segy: Path
) -> None:
    page = open_page()
    upload(page, segy)

    for trace, sample in ((5, 100), (20, 199)):
        x, y = at_cell(page, trace, sample)
        page.locator("#section").hover(position={"x": x, "y": y})
        expect(page.locator("#readout")).to_contain_text(f"trace {trace} ")
        expect(page.locator("#readout")).to_contain_text("no class here")


def test_the_canvas_shows_the_colours_of_classes_and_amplitudes(
    open_page: Callable[..., Page], segy: Path, predictor: Predictor, traces: np.ndarray
) -> None:
    page = open_page()
    upload(page, segy)
    page.locator("#opacity").fill("100")
    colours = {0: [125, 142, 163], 1: [230, 159, 0], 3: [86, 180, 233]}
    for trace in (0, 1, 2):
        cell = at_cell(page, trace, 100)
        index = int(mean_at(predictor, traces, trace, 100).argmax())
        assert page.evaluate(PIXEL, cell)[:3] == colours[index]
    cell = at_cell(page, 0, 100)

    page.locator("#legend input").nth(int(mean_at(predictor, traces, 0, 100).argmax())).uncheck()
    hidden = page.evaluate(PIXEL, cell)[:3]
    page.get_by_role("radio", name="None").check()
    bare = page.evaluate(PIXEL, cell)[:3]

    assert hidden == bare
    clip = np.percentile(np.abs(traces), 98)
    level = round(np.clip(traces[0, 100] / clip, -1, 1) * 127) + 128
    assert bare == pytest.approx([255 - level] * 3, abs=2)


def test_confidence_and_red_white_blue_can_be_chosen(open_page: Callable[..., Page], segy: Path) -> None:
    page = open_page()
    upload(page, segy)
    cell = at_cell(page, 1, 60)
    before = page.evaluate(PIXEL, cell)

    page.get_by_role("radio", name="Confidence").check()
    expect(page.locator("#confidence-legend")).to_be_visible()
    expect(page.locator("#class-legend")).to_be_hidden()
    with_confidence = page.evaluate(PIXEL, cell)
    page.get_by_role("radio", name="Red-white-blue").check()

    assert len({tuple(each) for each in (before, with_confidence, page.evaluate(PIXEL, cell))}) == 3


def test_a_dropped_file_is_predicted(open_page: Callable[..., Page], segy: Path) -> None:
    page = open_page()

    page.evaluate(DROP, [base64.b64encode(segy.read_bytes()).decode(), "dropped.sgy"])

    expect(page.locator("#result-name")).to_have_text("dropped.sgy")


def test_a_line_of_a_volume_can_be_chosen(open_page: Callable[..., Page], segy: Path) -> None:
    page = open_page()
    upload(page, segy)

    page.get_by_label("Inline", exact=True).select_option("101")

    expect(page.locator("#result-facts")).to_contain_text("20 shown")
    x, y = at_cell(page, 3, 100, width=20)
    page.locator("#section").hover(position={"x": x, "y": y})
    expect(page.locator("#readout")).to_contain_text("trace 23 · inline 101 · crossline 306")
    expect(page.get_by_label("Inline", exact=True)).to_have_value("20 39")


def test_headers_are_read_from_the_bytes_that_a_person_names(open_page: Callable[..., Page], segy: Path) -> None:
    page = open_page()
    page.get_by_text("Trace headers of the file").click()
    page.get_by_label("Inline from byte").fill("193")
    page.get_by_label("Crossline from byte").fill("189")

    upload(page, segy)

    page.locator("#section").focus()
    expect(page.locator("#readout")).to_contain_text("trace 30 · inline 320 · crossline 101")


@pytest.mark.parametrize("form", ["json", "spaces", "commas"])
def test_pasted_traces_are_predicted(
    open_page: Callable[..., Page], ports: InMemory, predictor: Predictor, form: str
) -> None:
    page = open_page()
    traces = np.round(make_traces(3), 2)
    separator = {"json": ",", "spaces": " ", "commas": ", "}[form]
    rows = [separator.join(str(float(sample)) for sample in trace) for trace in traces]
    page.get_by_role("button", name="Paste traces").click()

    page.locator("#pasted").fill(f"[[{'],['.join(rows)}]]" if form == "json" else "\n\n".join(rows))
    page.get_by_role("button", name="Predict the traces").click()

    expect(page.locator("#result-name")).to_have_text("Pasted traces")
    expect(page.get_by_label("Sample interval (ms)")).to_have_value("4")
    summary = predictor.predict(traces, INTERVAL_US).probabilities.mean(axis=1).argmax(axis=1)
    found = np.bincount(summary, minlength=len(CLASSES)).tolist()
    assert ports.calls[0]["classes"] == dict(zip(CLASSES, found, strict=True))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There is nothing to predict; paste at least one trace."),
        ("1 2 3\n1 2", "Line 2 has 2 samples and line 1 has 3; give traces of one length."),
        ("1 2\n1 x", 'Line 2: "x" is not a number.'),
        ("[[1,2],[1,", "The text begins like JSON but is not:"),
        ("[[1,2],[1,null]]", "Trace 2: null is not a number."),
        ("[]", "The JSON holds no traces; give an array of arrays of numbers."),
        ("1 1 1 1", "1 of 1 traces shown have no class"),
    ],
)
def test_pasted_text_that_is_no_trace_is_said(open_page: Callable[..., Page], text: str, sentence: str) -> None:
    page = open_page()
    page.get_by_role("button", name="Paste traces").click()

    page.locator("#pasted").fill(text)
    page.get_by_role("button", name="Predict the traces").click()

    expect(page.locator("#predict")).to_contain_text(sentence)


def test_the_sample_is_called_synthetic(open_page: Callable[..., Page]) -> None:
    page = open_page()
    expect(page.get_by_role("button", name="Try a sample")).to_contain_text("not measured")

    page.get_by_role("button", name="Try a sample").click()

    expect(page.locator("#synthetic")).to_be_visible()
    expect(page.locator("#notes")).to_contain_text("This line is synthetic")
    expect(page.locator("#result-facts")).to_contain_text("240 traces")


def test_a_measured_file_is_not_called_synthetic(open_page: Callable[..., Page], segy: Path) -> None:
    page = open_page()
    page.get_by_role("button", name="Try a sample").click()
    expect(page.locator("#synthetic")).to_be_visible()

    upload(page, segy)

    expect(page.locator("#synthetic")).to_be_hidden()


def test_the_sentence_of_a_refusal_is_shown(open_page: Callable[..., Page], tmp_path: Path, segy: Path) -> None:
    page = open_page()
    upload(page, segy)
    (tmp_path / "notes.sgy").write_bytes(b"no traces in here" * 400)

    page.set_input_files("#file", tmp_path / "notes.sgy")

    expect(page.get_by_role("alert").first).to_contain_text("The file is not SEG-Y")
    upload(page, segy)
    expect(page.locator("#problem")).to_be_hidden()


def test_another_sample_interval_is_resampled_where_asked_for(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page()
    path = segy_of(tmp_path / "fine.sgy", make_traces(20, 200), sample_interval_us=2000)
    page.set_input_files("#file", path)
    expect(page.locator("#problem")).to_contain_text("a sample interval of 2000 us")

    page.get_by_label("Resample traces").check()
    upload(page, path)

    expect(page.locator("#result-facts")).to_contain_text("100 samples of 4 ms")


def test_history_and_charts_show_what_was_predicted(
    open_page: Callable[..., Page], segy: Path, ports: InMemory
) -> None:
    page = open_page()
    upload(page, segy)

    row = page.locator("#calls tr").first
    call = ports.calls[0]
    expect(row.locator("[data-label=Traces]")).to_have_text("59")
    expect(row.locator("[data-label=Form]")).to_have_text("SEG-Y")
    for name, traces in call["classes"].items():
        if traces:
            expect(row.locator("[data-label=Classes]")).to_contain_text(f"{name} {traces}")
        expect(page.locator("#classes li").filter(has_text=name)).to_contain_text(
            f"{traces} · {text_of(traces / 59)}\N{NO-BREAK SPACE}%"
        )
    confidence = f"{text_of(call['mean_confidence'])}\N{NO-BREAK SPACE}%"
    expect(row.locator("[data-label=Confidence]")).to_have_text(confidence)
    expect(page.locator("#latency-summary")).to_contain_text("1 answer: half within")
    expect(page.locator("#latency svg")).to_have_attribute("aria-label", re.compile(r"^Answers by latency\. .* ms: 1$"))


def test_the_history_is_searched(open_page: Callable[..., Page], ports: InMemory, segy: Path) -> None:
    page = open_page()
    upload(page, segy)
    page.get_by_role("button", name="Try a sample").click()
    expect(page.locator("#calls tr")).to_have_count(2)

    page.get_by_label("Search the history").fill(ports.calls[1]["request_id"])
    expect(page.locator("#calls tr")).to_have_count(1)
    expect(page.locator("#calls tr [data-label=Traces]")).to_have_text("59")
    page.get_by_label("Search the history").fill("nothing is called so")

    expect(page.locator("#calls tr")).to_have_count(0)
    expect(page.locator("#history-summary")).to_have_text("No prediction has “nothing is called so”.")


def test_what_others_predict_appears_by_itself(open_page: Callable[..., Page], segy: Path, ports: InMemory) -> None:
    page = open_page()
    upload(page, segy)
    expect(page.locator("#calls tr")).to_have_count(1)
    page.wait_for_timeout(2000)  # what the page asks again after its own prediction

    ports.calls.insert(
        0, {**ports.calls[0], "request_id": "of-somebody-else", "status": 422, "error": "trace 3 is dead"}
    )

    expect(page.locator("#calls tr")).to_have_count(2, timeout=15_000)
    expect(page.locator("#calls tr").first).to_contain_text("trace 3 is dead")


def test_a_long_history_comes_in_parts(open_page: Callable[..., Page], segy: Path, ports: InMemory) -> None:
    page = open_page()
    upload(page, segy)
    ports.calls = [{**ports.calls[0], "request_id": f"request-{number:03d}"} for number in range(30)]
    page.get_by_label("Search the history").fill("request-")
    expect(page.locator("#calls tr")).to_have_count(20)

    page.get_by_role("button", name="Show more").click()

    expect(page.locator("#calls tr")).to_have_count(30)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()


def test_drift_is_shown_as_reported(open_page: Callable[..., Page], ports: InMemory) -> None:
    expect(open_page().locator("#drift")).to_have_text("no monitoring report yet")
    ports.monitoring = {
        "severity": "major",
        "summary": "Amplitudes moved: three features beyond their limit.",
        "reported_at": "2025-03-01T11:00:00Z",
        "drifted_features": 3,
        "features": 14,
        "accuracy": 0.875,
    }

    drift = open_page().locator("#drift")

    expect(drift).to_contain_text("major")
    expect(drift).to_contain_text("Amplitudes moved: three features beyond their limit.")
    expect(drift).to_contain_text("3 of 14")
    expect(drift).to_contain_text("87.5\N{NO-BREAK SPACE}%")


def test_the_model_is_described(open_page: Callable[..., Page], predictor: Predictor) -> None:
    page = open_page()

    expect(page.locator("#model-state")).to_have_text("model 7, ready")
    expect(page.locator("#model")).to_contain_text(f"{len(predictor.bundle.manifest.feature_names)} (classic)")
    expect(page.locator("#model")).to_contain_text("unseen")


def test_without_a_model_the_reason_is_said(open_page: Callable[..., Page], ports: InMemory, segy: Path) -> None:
    ports.served = None
    page = open_page()

    expect(page.locator("#model-state")).to_have_text("no model")
    expect(page.locator("#model-reason")).to_contain_text("No version of SeismicClassifier is in production")
    page.set_input_files("#file", segy)
    expect(page.locator("#problem")).to_contain_text("No model is loaded")


@pytest.mark.parametrize(("button", "accept"), [("CSV", "text/csv"), ("Parquet", "application/vnd.apache.parquet")])
def test_predictions_are_downloaded_as_a_table(
    open_page: Callable[..., Page], ports: InMemory, segy: Path, button: str, accept: str
) -> None:
    page = open_page()
    upload(page, segy)

    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()

    assert download.value.suggested_filename == f"north_predictions.{button.lower()}"
    assert Path(download.value.path()).read_bytes() == ports.table
    assert ports.asked_for_tables == [("/v1/predict/segy", accept, segy.stat().st_size)]


def test_a_service_that_wants_a_key_is_given_one(open_page: Callable[..., Page], ports: InMemory, segy: Path) -> None:
    with served(application(ports, key="the-right-one")) as locked:
        page = open_page(locked)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("the request has no key; send Authorization: Bearer KEY")
        page.get_by_role("button", name="Close").click()
        page.set_input_files("#file", segy)
        expect(page.locator("#problem")).to_contain_text("The request has no key")

        page.get_by_role("button", name="API key").click()
        page.get_by_label("Key", exact=True).fill("the-right-one")
        page.keyboard.press("Enter")

        expect(page.locator("#result-name")).to_have_text("north.sgy")  # what was refused is sent again
        expect(page.locator("#calls tr")).to_have_count(1)
        assert page.evaluate("Object.values(sessionStorage)") == ["the-right-one"]
        assert page.evaluate("localStorage.length + document.cookie.length") == 0


def test_everything_can_be_done_with_the_keyboard(open_page: Callable[..., Page], segy: Path) -> None:
    page = open_page()
    page.on("filechooser", lambda _: None)  # from here on the browser hands choosers over; it takes a moment to

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} is not reached")

    tab_to("#drop")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(segy)
    expect(page.locator("#result-name")).to_have_text("north.sgy")
    tab_to("input[name=overlay]")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Confidence")).to_be_checked()
    tab_to("#opacity")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#opacity-value")).to_have_text("46 %")
    tab_to("#section")
    readout = page.locator("#readout")
    expect(readout).to_contain_text("trace 30 ")
    for pressed, trace in (("ArrowLeft", 29), ("Shift+ArrowLeft", 19), ("Home", 0), ("ArrowLeft", 0), ("End", 59)):
        page.keyboard.press(pressed)
        expect(readout).to_contain_text(f"trace {trace} ")
    for pressed, time in (("PageUp", 40), ("ArrowDown", 44), ("Shift+ArrowDown", 84), ("PageDown", 836)):
        page.keyboard.press(pressed)
        expect(readout).to_contain_text(f" {time} ms ")


def test_every_control_has_a_name(open_page: Callable[..., Page], segy: Path) -> None:
    page = open_page()
    upload(page, segy)
    page.get_by_role("button", name="Paste traces").click()

    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input:not([hidden]), select, textarea, #section")]
          .filter((each) => !each.labels?.length && !each.textContent.trim())
          .filter((each) => !each.hasAttribute("aria-label") && !each.hasAttribute("aria-labelledby"))
          .map((each) => each.outerHTML)"""
    )

    assert nameless == []


def test_results_are_announced(open_page: Callable[..., Page], segy: Path) -> None:
    page = open_page()
    upload(page, segy)

    expect(page.locator("#announcement[aria-live=polite]")).to_contain_text("north.sgy is predicted: ")


@pytest.mark.parametrize("width", [320, 360, 768, 1024])
def test_the_page_never_scrolls_sideways(
    open_page: Callable[..., Page], ports: InMemory, segy: Path, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 740}, has_touch=True)
    page.get_by_role("button", name="Paste traces").click()
    upload(page, segy)
    ports.calls.insert(0, {**ports.calls[0], "status": 422, "error": "a_very_long_word_" * 20})
    page.get_by_label("Search the history").fill("e")
    expect(page.locator("#calls tr")).to_have_count(2)

    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_page_is_dark_where_the_reader_wants_it(open_page: Callable[..., Page]) -> None:
    brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).reduce((a, b) => a + b)"

    assert open_page(color_scheme="light").evaluate(brightness) > 600
    assert open_page(color_scheme="dark").evaluate(brightness) < 150
