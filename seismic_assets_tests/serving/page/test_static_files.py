import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from seismic_assets.serving.page.static_files import PAGE_POLICY, static_files
from seismic_assets_tests.serving.page.application import InMemory, application


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(application(InMemory(None)))


def test_the_page_is_served_with_its_policy(client: TestClient) -> None:
    answer = client.get("/dashboard")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == PAGE_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("page.js", "text/javascript; charset=utf-8"),
        ("page.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_files_have_their_media_types(client: TestClient, name: str, kind: str) -> None:
    answer = client.get(f"/dashboard/{name}")

    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.content == static_files()[name].content


def test_a_browser_that_has_a_file_is_told_so(client: TestClient) -> None:
    tag = client.get("/dashboard/page.js").headers["etag"]

    again = client.get("/dashboard/page.js", headers={"If-None-Match": f'"other", W/{tag}'})
    other = client.get("/dashboard/page.js", headers={"If-None-Match": '"other"'})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert other.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/none.js",
        "/dashboard/../app.py",
        "/dashboard/..%2f..%2fapp.py",
        "/dashboard/%2e%2e/routes.py",
        "/dashboard//etc/passwd",
    ],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_address_with_a_slash_leads_to_the_one_without(client: TestClient) -> None:
    answer = client.get("/dashboard/", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (308, "../dashboard")


def test_the_page_names_no_address_outside_and_holds_no_script_or_style_of_its_own() -> None:
    for name, file in static_files().items():
        text = file.content.decode()
        named = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text)) - {"http://www.w3.org"}
        assert not named, name
        assert "innerHTML" not in text and "eval(" not in text, name
    page = static_files()["index.html"].content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_every_file_that_the_page_names_exists() -> None:
    files = static_files()
    named = re.findall(r'(?:href|src)="dashboard/([^"]+)"', files["index.html"].content.decode())
    for name, file in files.items():
        if name.endswith(".js"):
            named += re.findall(r'from "\./([^"]+)"', file.content.decode())

    assert set(named) == set(files) - {"index.html"}


def test_the_page_works_below_a_path_of_a_proxy() -> None:
    outer = FastAPI()
    outer.mount("/seismic", application(InMemory(None)))

    answer = TestClient(outer).get("/seismic/dashboard/page.js")

    assert answer.status_code == 200
