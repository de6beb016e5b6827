"""What ``comity law`` says at the terminal and to programs."""

import argparse
import json
import shutil
from pathlib import Path

import pytest

from comity.base.errors import UserError
from comity.cli import law as noun
from comity.treaty import library


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    noun.add_verbs(parser.add_subparsers(required=True))
    arguments = parser.parse_args(words)
    code = arguments.deed(arguments)
    assert isinstance(code, int)
    return code


def broken_copy(folder: Path) -> Path:
    shutil.copytree(library.find_law(), folder / "law")
    file = folder / "law" / "hanoi" / "articles" / "42.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("trust: memory", "trust: sure", 1), encoding="utf-8"
    )
    return folder / "law"


def test_check_says_in_one_line_what_was_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    assert (
        capsys.readouterr().out
        == "68 articles, 439 paragraphs, 64 checked, 300 parallel, 75 memory: no fault\n"
    )


def test_check_reads_the_folder_that_it_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", str(library.find_law())) == 0
    assert capsys.readouterr().out.endswith(": no fault\n")


def test_check_names_each_fault_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = broken_copy(tmp_path)
    assert run("check", str(folder)) == 1
    (line,) = capsys.readouterr().out.splitlines()
    place = folder / "hanoi" / "articles" / "42.yaml"
    assert line.startswith(f"{place.as_posix()}:")
    assert line.endswith("paragraph 42.2: trust is 'sure'; write one of: checked, parallel, memory")


def test_check_tells_programs_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("check", "--json") == 0
    counted = json.loads(capsys.readouterr().out)
    assert (counted["articles"], counted["paragraphs"], counted["memory"]) == (68, 439, 75)
    assert counted["faults"] == []
    assert run("check", str(broken_copy(tmp_path)), "--json") == 1
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert (fault["file"], fault["wrong"]) == ("hanoi/articles/42.yaml", "paragraph 42.2: trust is 'sure'")


def test_check_of_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        run("check", str(tmp_path / "nowhere"))


def test_show_prints_an_article_with_the_trust_of_each_paragraph(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "42") == 0
    page = capsys.readouterr().out
    assert page.startswith("Article 42. International cooperation for the purpose of expedited\n")
    assert "Hanoi Convention, A/RES/79/243, chapter V: International cooperation\n" in page
    assert "not legal advice" in " ".join(page.split())
    assert "\n42.3(a)  required content, shall\n" in page
    assert page.count("[parallel: numbering from memory, check against the authentic text]") == 11
    assert page.count("[memory: unconfirmed, check against the authentic text]") == 4
    assert "article: [memory: unconfirmed, check against" in " ".join(page.split())
    assert max(map(len, page.splitlines())) <= 72


def test_show_prints_only_the_paragraphs_under_a_reference(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "hanoi:42.3") == 0
    page = capsys.readouterr().out
    assert page.count("required content, shall") == 7
    assert "42.8" not in page.split("Derived from")[1]


def test_show_prints_the_elements_of_an_offence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "11") == 0
    page = " ".join(capsys.readouterr().out.split())
    assert "Offence MISUSE_OF_DEVICES Conduct: obtain; produce; sell;" in page
    assert "Exclusion 11.2 AUTHORISED_TESTING:" in page
    assert "[checked against an authentic text]" in page
    assert run("show", "12") == 0
    assert "Result: inauthentic data" in capsys.readouterr().out


def test_show_names_the_source_of_a_paragraph_that_has_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "65.1") == 0
    assert "Source: Quotation of the paragraph" in capsys.readouterr().out


def test_show_wraps_to_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns, widest in ((50, 50), (120, 120), (10, 40)):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert run("show", "40") == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) <= widest


def test_show_tells_programs_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "42.3(a)", "--json") == 0
    fields = json.loads(capsys.readouterr().out)
    assert fields["article"] == 42
    assert fields["from"] == "2024-12-24"
    assert fields["in_force"] is False
    (paragraph,) = fields["paragraphs"]
    assert paragraph["ref"] == "42.3(a)"
    assert paragraph["trust"] == "parallel"
    assert paragraph["trust_in_words"].startswith("parallel: numbering from memory")
    assert paragraph["text"]["en"]


def test_show_prints_every_article_in_both_forms(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(1, 69):
        assert run("show", str(number)) == 0
        assert capsys.readouterr().out.startswith(f"Article {number}. ")
        assert run("show", str(number), "--json") == 0
        assert json.loads(capsys.readouterr().out)["article"] == number


@pytest.mark.parametrize(
    ("ref", "what", "advice"),
    [
        ("99", "the Hanoi Convention has no article 99", "Its articles are 1 to 68; the nearest is 68."),
        (
            "42.99",
            "article 42 of the Hanoi Convention has no '42.99'",
            "The nearest is 42.9. It has: 42.1, 42.2,",
        ),
        ("42.3(z)", "article 42 of the Hanoi Convention has no '42.3(z)'", "The nearest is 42.3("),
        ("forty-two", "'forty-two' is no place in the Hanoi Convention", "Write an article, 1 to 68,"),
        ("0", "'0' is no place in the Hanoi Convention", "Write an article, 1 to 68,"),
        ("lima:42", "there is no instrument 'lima'", "The instruments are: hanoi."),
    ],
)
def test_show_of_what_is_not_there_names_what_is(ref: str, what: str, advice: str) -> None:
    with pytest.raises(UserError) as caught:
        run("show", ref)
    assert caught.value.what == what
    assert caught.value.advice.startswith(advice)
