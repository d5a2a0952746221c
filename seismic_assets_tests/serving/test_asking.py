"""Questions to the documents over HTTP."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from seismic_assets.knowledge import Document, KnowledgeIndex
from seismic_assets.llm.client import ClientConfig, OllamaModel
from seismic_assets.registry import Bundle
from seismic_assets.serving.app import create_app
from seismic_assets.serving.config import Documents, ServiceConfig
from seismic_assets_tests.ollama.scripted import ScriptedServer, says_json
from seismic_assets_tests.serving.metrics.reading import samples

SPLIT = Document("docs/split.md", "Split", "The split has spatial blocks. A buffer of 3 traces lies between.", "page")
LABELS = Document("docs/labels.md", "Labels", "Labels come from picks, polygons and label volumes.", "page")
WORDS = "How wide is the buffer between the spatial blocks of the split?"


def index_of(folder: Path, *documents: Document) -> Path:
    KnowledgeIndex.build(documents).save(folder)
    return folder


def service(bundle: Bundle, documents: Documents | None) -> TestClient:
    return TestClient(create_app(lambda: ("7", bundle), config=ServiceConfig(documents=documents)))


@pytest.fixture
def client(bundle: Bundle, tmp_path: Path) -> Iterator[TestClient]:
    with service(bundle, Documents(index_of(tmp_path / "index", SPLIT, LABELS), tmp_path, "tfidf")) as client:
        yield client


def test_the_passages_are_the_answer_without_a_model(client: TestClient) -> None:
    answer = client.post("/ask", json={"question": WORDS, "k": 1}).json()

    assert answer["question"] == WORDS
    assert [source["source"] for source in answer["sources"]] == ["docs/split.md"]
    assert answer["num_sources"] == 1
    assert "buffer of 3 traces" in answer["answer"]
    assert (answer["model"], answer["grounded"]) == (None, True)
    assert answer["reason"]


def test_what_nothing_answers_is_said_so(client: TestClient) -> None:
    answer = client.post("/v1/ask", json={"question": "Qwertyuiop zxcvbnm?"}).json()

    assert (answer["num_sources"], answer["grounded"]) == (0, False)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "question"),
        ({"question": "  "}, "nothing in it"),
        ({"question": "x" * 1001}, "question"),
        ({"question": WORDS, "k": 0}, "k"),
        ({"question": WORDS, "k": 21}, "k"),
        ({"question": WORDS, "method": "magic"}, "method"),
        ({"question": WORDS, "path": "/etc/passwd"}, "path"),
        ([], ""),
    ],
)
def test_a_question_that_cannot_be_is_refused_in_a_sentence(client: TestClient, body: object, said: str) -> None:
    response = client.post("/v1/ask", json=body)

    assert response.status_code == 422
    assert said in response.json()["detail"]


def test_another_index_is_taken_up_without_a_restart(client: TestClient, tmp_path: Path) -> None:
    assert "horizon" not in client.post("/ask", json={"question": "What is a horizon?"}).json()["answer"]

    horizon = Document("docs/horizon.md", "Horizon", "A horizon is a surface that is picked.", "page")
    index_of(tmp_path / "index", horizon)
    answer = client.post("/ask", json={"question": "What is a horizon?"}).json()

    assert [source["source"] for source in answer["sources"]] == ["docs/horizon.md"]


def test_without_an_index_the_documentation_is_asked_and_that_is_said(bundle: Bundle, tmp_path: Path) -> None:
    with service(bundle, Documents(tmp_path / "nothing", tmp_path)) as client:
        given = client.post("/ask", json={"question": "How is a model rolled back?"}).json()

    assert given["sources"][0]["source"].startswith("docs/")
    assert "was not made yet" in given["notes"][0]


def test_of_a_damaged_index_nothing_is_given_and_no_folder_is_named(client: TestClient, tmp_path: Path) -> None:
    passages = next((tmp_path / "index").glob("*/passages.json"))
    passages.write_bytes(passages.read_bytes()[:-20])

    response = client.post("/ask", json={"question": WORDS})

    assert response.status_code == 200
    assert "cannot be used" in response.json()["notes"][0]
    assert str(tmp_path) not in response.text


def test_without_documents_there_is_nobody_to_ask(bundle: Bundle) -> None:
    with service(bundle, None) as client:
        assert client.post("/ask", json={"question": WORDS}).status_code == 404


def modelled(bundle: Bundle, folder: Path, server: ScriptedServer) -> TestClient:
    config = ClientConfig(host=server.host, model="any:1b", timeout_s=20, attempts=1)
    documents = Documents(index_of(folder, SPLIT, LABELS), folder, "tfidf", partial(OllamaModel, config, None), 20)
    return service(bundle, documents)


def test_a_model_answers_from_the_passages_and_is_counted(bundle: Bundle, tmp_path: Path) -> None:
    said = says_json({"answer": "The buffer is 3 traces wide [1].", "passages": [1]})
    with ScriptedServer(always=said) as server, modelled(bundle, tmp_path, server) as client:
        answer = client.post("/ask", json={"question": WORDS}).json()
        metrics = samples(client.get("/metrics").text)

    assert answer["answer"] == "The buffer is 3 traces wide [1]."
    assert (answer["model"], answer["reason"]) == ("any:1b", "")
    assert metrics["seismic_questions_total{outcome=model}"] == 1
    assert metrics["seismic_llm_calls_total{outcome=answered}"] == 1
    assert metrics["seismic_llm_tokens_total{kind=answer}"] > 0


def test_a_number_that_stands_nowhere_is_not_given_out(bundle: Bundle, tmp_path: Path) -> None:
    said = says_json({"answer": "The buffer is 12 traces wide [1].", "passages": [1]})
    with ScriptedServer(always=said) as server, modelled(bundle, tmp_path, server) as client:
        response = client.post("/ask", json={"question": WORDS})

    assert "12 traces" not in response.text
    assert "buffer of 3 traces" in response.json()["answer"]
    assert response.json()["model"] is None
