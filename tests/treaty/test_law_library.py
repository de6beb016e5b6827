"""The law that this installation carries: complete, counted, and found by reference."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from comity.base.errors import UserError
from comity.treaty import library, strict_yaml
from comity.treaty.terms import Instrument, Law, Trust, Words, count_by_trust, is_within


@pytest.fixture(scope="module")
def law() -> Law:
    return library.load()


@pytest.fixture(scope="module")
def convention(law: Law) -> Instrument:
    found = law.instrument()
    assert found is not None
    return found


def test_all_sixty_eight_articles_are_there_in_order(convention: Instrument) -> None:
    assert [one.number for one in convention.articles] == list(range(1, 69))
    assert convention.article_count == 68


def test_each_article_lies_in_the_chapter_that_spans_it(convention: Instrument) -> None:
    assert len(convention.chapters) == 9
    for article in convention.articles:
        chapter = convention.chapter_of(article.number)
        assert chapter is not None
        assert article.chapter == chapter.number


def test_every_paragraph_has_a_trust_mark_and_the_counts_are_known(convention: Instrument) -> None:
    paragraphs = [paragraph for article in convention.articles for paragraph in article.paragraphs]
    assert len(paragraphs) == 439
    assert count_by_trust(paragraphs) == {Trust.CHECKED: 64, Trust.PARALLEL: 300, Trust.MEMORY: 75}


def test_no_reference_stands_twice_and_each_begins_with_its_article(convention: Instrument) -> None:
    refs = Counter(one.ref for article in convention.articles for one in article.paragraphs)
    assert set(refs.values()) == {1}
    for article in convention.articles:
        assert all(is_within(one.ref, str(article.number)) for one in article.paragraphs)


def test_the_treaty_is_not_in_force_and_says_when_it_was_adopted(convention: Instrument) -> None:
    assert convention.in_force is False
    assert convention.adopted.isoformat() == "2024-12-24"
    assert {article.valid_from for article in convention.articles} == {convention.adopted}
    assert len(convention.authentic_languages) == 6


def test_no_text_says_unconfirmed_where_the_trust_mark_says_it(convention: Instrument) -> None:
    for article in convention.articles:
        for one in article.paragraphs:
            assert not one.text.in_language("en").endswith("(unconfirmed)"), one.ref


def test_what_was_only_quoted_names_its_own_source(convention: Instrument) -> None:
    own = [
        one.ref
        for article in convention.articles
        for one in article.paragraphs
        if one.source != article.source
    ]
    assert own == ["64.1", "65.1"]


def test_offences_carry_the_elements_that_dual_criminality_compares(convention: Instrument) -> None:
    offences = [one.offence for one in convention.articles if one.offence is not None]
    assert len(offences) == 11
    assert sum(len(one.options) for one in offences) == 20
    assert sum(len(one.exclusions) for one in offences) == 4
    assert len({one.code for one in offences}) == 11


@pytest.mark.parametrize(
    "basis",
    [
        "hanoi:42",
        "hanoi:42.3",
        "hanoi:42.3(a)",
        "hanoi:28.3(c)",
        "hanoi:24",
        "42",
        "42.8",
        "10",
        "13 chapeau",
        "50.3(b)",
    ],
)
def test_a_basis_that_exists_resolves(law: Law, basis: str) -> None:
    assert law.resolves(basis)


@pytest.mark.parametrize(
    "basis",
    [
        "",
        "hanoi:",
        "hanoi:0",
        "hanoi:69",
        "hanoi:042",
        "hanoi:42.99",
        "hanoi:42.3(z)",
        "hanoi:42.",
        "hanoi:4 2",
        "hanoi:hanoi:42",
        "lima:42",
        "42.3(a",
        "42.3(a)(i)",
        "Article 42",
        "1234",
        "٤٢",
        "-42",
        "hanoi:42 ",
    ],
)
def test_a_basis_that_does_not_exist_does_not_resolve(law: Law, basis: str) -> None:
    assert not law.resolves(basis)
    assert law.paragraph(basis) is None


def test_a_paragraph_is_found_at_exactly_its_place(law: Law) -> None:
    found = law.paragraph("hanoi:42.3(a)")
    assert found is not None
    assert found.ref == "42.3(a)"
    assert law.paragraph("hanoi:42.3") is None
    whole = law.paragraph("35.1")
    assert whole is not None
    assert whole.ref == "35.1"


def test_a_place_holds_all_that_hangs_below_it_and_nothing_beside_it(law: Law) -> None:
    assert [one.ref for one in law.under("42.3")] == [f"42.3({letter})" for letter in "abcdefg"]
    assert [one.ref for one in law.under("40.1")] == ["40.1"]
    assert [one.ref for one in law.under("40.10")] == [f"40.10({letter})" for letter in "abcd"]
    assert {one.ref.split(".")[0] for one in law.under("4")} == {"4"}


def test_an_article_is_found_by_number_and_by_any_reference_in_it(law: Law) -> None:
    for basis in (42, "42", "42.3(a)", "hanoi:42.3"):
        found = law.article(basis)
        assert found is not None
        assert found.number == 42
    assert law.article(69) is None
    assert law.article("lima:42") is None


def test_a_sentence_falls_back_on_english() -> None:
    words = Words((("en", "Seal"), ("fa", "مهر")))
    assert (words.in_language("fa"), words.in_language("es")) == ("مهر", "Seal")


def test_an_article_claims_no_more_trust_than_its_weakest_paragraph(law: Law) -> None:
    for basis, trust in (
        ("7", Trust.CHECKED),
        ("17", Trust.PARALLEL),
        ("16", Trust.MEMORY),
        ("65", Trust.PARALLEL),
    ):
        article = law.article(basis)
        assert article is not None
        assert article.weakest_trust is trust


def test_both_loaders_read_the_same_law(law: Law, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_yaml, "LOADER", yaml.SafeLoader)
    assert library.load_from(library.find_law()) == law


def test_a_folder_that_is_not_there_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        library.survey(tmp_path / "nowhere")


def test_a_law_with_a_fault_is_not_handed_on(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"hanoi/instrument\.yaml:1: the file is missing") as caught:
        library.load_from(tmp_path)
    assert "comity law check" in caught.value.advice


def test_no_law_installed_says_where_to_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_PACKAGE", tmp_path / "src" / "comity")
    with pytest.raises(UserError, match="not installed"):
        library.find_law()


def test_the_law_inside_the_package_comes_before_the_one_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "src" / "comity"
    monkeypatch.setattr(library, "_PACKAGE", package)
    (tmp_path / "law" / "hanoi").mkdir(parents=True)
    assert library.find_law() == tmp_path / "law"
    (package / "law" / "hanoi").mkdir(parents=True)
    assert library.find_law() == package / "law"
