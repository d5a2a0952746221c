from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from seismic_assets.knowledge.glossary import added_words
from seismic_assets.knowledge.sparse import TermIndex, bm25_index, tfidf_index
from seismic_assets.knowledge.words import character_terms, stem, word_terms, words_of

TEXTS = ["The window has 64 samples.", "Keys of the service; a key each.", "Windows and windows of a service.", ""]


@pytest.mark.parametrize(("terms", "analyse"), [("pairs", word_terms), ("characters", character_terms)])
@pytest.mark.parametrize("question", ["window of the service", "windows windows samples", "nothing known zzz"])
def test_tfidf_is_that_of_scikit_learn(terms, analyse, question):
    vectorizer = TfidfVectorizer(analyzer=analyse, sublinear_tf=True)
    reference = (vectorizer.fit_transform(TEXTS) @ vectorizer.transform([question]).T).toarray().ravel()
    np.testing.assert_allclose(tfidf_index(TEXTS, terms).scores(question), reference, atol=1e-6)


def test_bm25_is_that_of_the_formula():
    lengths = [len(words_of(text)) for text in TEXTS]
    question = "windows of a service"
    expected = []
    for text, length in zip(TEXTS, lengths, strict=True):
        score = 0.0
        for word in words_of(question):
            frequency = sum(word in words_of(each) for each in TEXTS)
            idf = math.log(1 + (len(TEXTS) - frequency + 0.5) / (frequency + 0.5))
            count = words_of(text).count(word)
            score += idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / (sum(lengths) / len(lengths))))
        expected.append(score)
    np.testing.assert_allclose(bm25_index(TEXTS).scores(question), expected, rtol=1e-5)


@pytest.mark.parametrize("index", [tfidf_index(TEXTS, "pairs"), tfidf_index(TEXTS, "characters"), bm25_index(TEXTS)])
def test_what_was_written_scores_the_same_when_it_is_read(index):
    files = index.files()
    again = TermIndex.from_files(files["json"], files["npz"])
    np.testing.assert_array_equal(again.scores("windows of keys"), index.scores("windows of keys"))


def test_texts_without_a_word_have_no_score():
    for index in (tfidf_index(["", "..."], "pairs"), bm25_index(["", "..."])):
        assert index.scores("anything").tolist() == [0, 0]


@given(st.text(max_size=80))
def test_any_text_has_words_and_scores(text):
    assert all(isinstance(each, str) for each in word_terms(text) + character_terms(text))
    assert np.isfinite(tfidf_index([*TEXTS, text], "characters").scores(text)).all()


@pytest.mark.parametrize(
    "words",
    [
        ("window", "windows"),
        ("retraining", "retrained", "retrains"),
        ("label", "labels", "labelled"),
        ("quality", "qualities"),
        ("class", "classes"),
        ("setting", "settings"),
    ],
)
def test_forms_of_a_word_have_one_stem(words):
    stems = {stem(each).rstrip("l") for each in words}
    assert len(stems) == 1, stems


def test_an_identifier_counts_whole_and_in_its_parts():
    assert words_of("SEISMIC_API_PORT") == ["seismic_api_port", "seismic", "api", "port"]
    assert words_of("SeismicDaemonSilent")[1:] == ["seismic", "daemon", "silent"]
    assert words_of("the 3,600 bytes") == ["3,600", "byt"]


def test_the_glossary_adds_the_documents_words():
    assert "rollback" in added_words("How do I go back to the model before?").split()
    assert added_words("xyzzy") == ""


def test_a_term_of_the_glossary_is_found_with_all_its_words_only():
    assert "synthetic" in added_words("I have no data at hand").split()
    assert "synthetic" not in added_words("Which data does it read?").split()
