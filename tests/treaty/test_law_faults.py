"""Every fault in a file of the law is named with its line and what to write, and nothing crashes the reader."""

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.base.errors import WorldError
from comity.treaty import library, strict_yaml
from comity.treaty.strict_yaml import Faults
from comity.treaty.terms import Article, Instrument, Law
from comity.treaty.wire import read_article, read_instrument

GOOD = """\
schema: comity-law/article/1
instrument: hanoi
article: 7
title:
  en: Illegal access
chapter: II
kind: offence
confidence: high
from: 2024-12-24
source: read in full
derived_from: Budapest 2
summary:
  en: >-
    Intentional access
    without right.
offence:
  code: ILLEGAL_ACCESS
  conduct:
    - en: access
  object:
    en: an ICT system
  mental_element:
    en: intent
  without_right: true
  options:
    - ref: "7.2"
      code: SECURITY_INFRINGED
      text:
        en: security measure infringed
paragraphs:
  - ref: "7.1"
    type: obligation
    force: shall
    trust: checked
    tags: [criminalization]
    text:
      en: Criminalise it.
  - ref: "7.2"
    type: permission
    force: may
    trust: memory
    source: read elsewhere
    tags: []
    text:
      en: A State may require more.
      fa: مجاز است
"""

# What is wrong -> what stands there, what is written instead, what the reader says.
FAULTS = {
    "an unknown key": ("kind: offence", "kind: offence\nmood: calm", "7.yaml:8: the file has the unknown key 'mood'; write one of: schema, instrument"),
    "a key twice": ("kind: offence", "kind: offence\nkind: offence", "7.yaml:8: the file has the key 'kind' twice; keep one"),
    "a key twice deep inside": ("    en: intent\n", "    en: intent\n    en: aim\n", "7.yaml:24: mental_element has the key 'en' twice; keep one"),
    "a key that is a list": ("kind: offence", "kind: offence\n? [a, b]\n: c", "7.yaml:8: the file has the unknown key a list; write one of: schema"),
    "a merge key": ("    en: intent\n", "    en: intent\n    <<: aim\n", "7.yaml:24: mental_element has the unknown key '<<'; write one of: en, ar, zh, fr, fa, ru, es"),
    "a missing key": ("kind: offence\n", "", "7.yaml:1: the file has no 'kind'; add 'kind'"),
    "a missing key in a paragraph": ("    trust: checked\n", "", "7.yaml:31: a paragraph has no 'trust'; add 'trust'"),
    "another schema": ("comity-law/article/1", "comity-law/article/2", "7.yaml:1: schema is 'comity-law/article/2'; write comity-law/article/1"),
    "another instrument": ("instrument: hanoi", "instrument: lima", "7.yaml:2: instrument is 'lima'; write hanoi"),
    "another article than the file's name": ("article: 7\n", "article: 8\n", "7.yaml:3: article is '8'; write 7"),
    "an article number as text": ("article: 7\n", 'article: "7"\n', "7.yaml:3: article is '7'; write a whole number such as 42"),
    "an article number with a leading zero": ("article: 7\n", "article: 07\n", "7.yaml:3: article is '07'; write 7"),
    "another chapter than the instrument's": ("chapter: II", "chapter: III", "7.yaml:6: chapter is 'III'; write II"),
    "an unknown kind": ("kind: offence", "kind: crime", "7.yaml:7: kind is 'crime'; write one of: general, safeguard, offence"),
    "an unknown confidence": ("confidence: high", "confidence: total", "7.yaml:8: confidence is 'total'; write one of: high, medium, medium-low, low"),
    "an unknown trust mark": ("trust: checked", "trust: sure", "7.yaml:34: paragraph 7.1: trust is 'sure'; write one of: checked, parallel, memory"),
    "an unknown type": ("type: obligation", "type: duty", "7.yaml:32: paragraph 7.1: type is 'duty'; write one of: obligation, permission, condition"),
    "an unknown force": ("force: shall", "force: must", "7.yaml:33: paragraph 7.1: force is 'must'; write one of: shall, shall_endeavour, consider"),
    "a trust mark that is a list": ("trust: checked", "trust: [checked]", "7.yaml:34: paragraph 7.1: trust is a list; write one of: checked"),
    "a reference of another article": ('ref: "7.1"', 'ref: "70.1"', "7.yaml:31: ref '70.1' is not in article 7; begin it with \"7\""),
    "a reference that is no reference": ('ref: "7.1"', 'ref: "7-1"', "7.yaml:31: ref is '7-1'; write it like \"7.1\" or \"7.1(a)\""),
    "a reference read as a number": ('ref: "7.1"', "ref: 7.1", "7.yaml:31: ref is a number; write text, in quotation marks if need be"),
    "a reference twice": ('ref: "7.1"', 'ref: "7.2"', "7.yaml:38: ref '7.2' stands twice; keep one"),
    "an option of no paragraph": ('- ref: "7.2"\n      code', '- ref: "7.9"\n      code', "7.yaml:26: options: ref '7.9' is no paragraph of the article; write one of: 7.1, 7.2"),
    "a code in small letters": ("code: ILLEGAL_ACCESS", "code: illegal", "7.yaml:17: offence: code is 'illegal'; write it like ILLEGAL_ACCESS"),
    "a tag with a blank": ("[criminalization]", '["dual criminality"]', "7.yaml:35: paragraph 7.1: a tag is 'dual criminality'; write it like dual_criminality"),
    "a tag twice": ("[criminalization]", "[a, a]", "7.yaml:35: the entry 'a' stands twice; keep one"),
    "tags that are text": ("[criminalization]", "criminalization", "7.yaml:35: paragraph 7.1: tags is text; write a list"),
    "yes for true": ("without_right: true", "without_right: yes", "7.yaml:24: without_right is 'yes'; write true or false"),
    "a day that no calendar has": ("from: 2024-12-24", "from: 2024-02-30", "7.yaml:9: from is '2024-02-30'; write a day such as 2024-12-24"),
    "a day spelled otherwise": ("from: 2024-12-24", "from: 24.12.2024", "7.yaml:9: from is '24.12.2024'; write a day such as 2024-12-24"),
    "a text that is empty": ("source: read in full", "source:", "7.yaml:10: source is empty; write text, in quotation marks if need be"),
    "a text of nothing": ("source: read in full", 'source: ""', "7.yaml:10: source is empty or has blanks around it; write text and nothing around it"),
    "a text with a line end": ("  en: >-\n", "  en: >\n", "7.yaml:13: summary in 'en' is empty or has blanks around it; write text and nothing around it (>- for >)"),
    "a text of two lines": ("  en: >-\n", "  en: |-\n", "7.yaml:13: summary in 'en' has a line break or a control character; write one line (>- folds lines)"),
    "an escape that moves the cursor": ("source: read in full", 'source: "read\\e[2J"', "7.yaml:10: source has a line break or a control character; write one line"),
    "a text that is a list": ("title:\n  en: Illegal access", "title:\n  en: [Illegal]", "7.yaml:5: title in 'en' is a list; write text, in quotation marks if need be"),
    "a title that is not by language": ("title:\n  en: Illegal access", "title: Illegal access", "7.yaml:4: title is text; write a mapping with en"),
    "a title without English": ("title:\n  en: Illegal access", "title:\n  fa: دسترسی", "7.yaml:5: title has no 'en'; add 'en'"),
    "a language that nobody named": ("title:\n  en: Illegal access", "title:\n  en: A\n  la: B", "7.yaml:6: title has the unknown key 'la'; write one of: en, ar, zh, fr, fa, ru, es"),
    "no conduct": ("  conduct:\n    - en: access\n", "  conduct: []\n", "7.yaml:18: conduct is an empty list; write at least 1"),
    "an anchor": ("kind: offence", "kind: &k offence", "7.yaml:7: the anchor &k; leave it out"),
    "an alias": ("kind: offence", "kind: *k", "7.yaml:7: the alias *k; write the value itself"),
    "a tag of a type": ("kind: offence", "kind: !!str offence", "7.yaml:7: the tag 'tag:yaml.org,2002:str'; leave it out"),
    "a tag that calls": ("kind: offence", "kind: !!python/object/apply:os.getcwd []", "7.yaml:7: the tag 'tag:yaml.org,2002:python/object/apply:os.getcwd'; leave it out"),
    "a mapping in braces": ("title:\n  en: Illegal access", "title: {en: Illegal access}", "7.yaml:4: a mapping in braces; write each key on a line of its own"),
    "a directive": ("schema: comity-law", "%YAML 1.1\n---\nschema: comity-law", "7.yaml:1: a YAML directive; leave it out"),
    "a second document": ("kind: offence", "---\nkind: offence", "7.yaml:7: a second document begins; write one document in a file"),
    "nesting without end": ("kind: offence", "kind: " + "[" * 99, "7.yaml:7: nested deeper than 10; write it as the files beside it do"),
    "a tab": ("kind: offence", "kind:\toffence", "7.yaml:7: the control character U+0009; write blanks in its place"),
    "a quotation mark without its end": ("source: read in full", 'source: "read', "7.yaml:26: not YAML: expected <block end>, but found '<scalar>'; check indentation, colons and quotation marks"),
    "a colon in plain text": ("source: read in full", "source: read: in full", "7.yaml:10: not YAML: mapping values are not allowed here; check indentation"),
}  # fmt: skip


def read(text: str) -> Article | Faults:
    return read_article(text.encode(), "7.yaml", instrument="hanoi", number=7, chapter="II")


def sentences(found: object) -> list[str]:
    assert isinstance(found, tuple)
    return [fault.in_words() for fault in found]


def test_the_example_has_no_fault() -> None:
    article = read(GOOD)
    assert isinstance(article, Article)
    assert article.summary.in_language("en") == "Intentional access without right."
    assert [one.source for one in article.paragraphs] == ["read in full", "read elsewhere"]
    assert article.paragraphs[1].text.in_language("fa") == "مجاز است"


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_with_its_line_and_what_to_write(
    case: str, loader: type[yaml.SafeLoader], monkeypatch: pytest.MonkeyPatch
) -> None:
    stands, written, expected = FAULTS[case]
    assert GOOD.count(stands) == 1, "the case must change exactly one place"
    monkeypatch.setattr(strict_yaml, "LOADER", loader)
    found = sentences(read(GOOD.replace(stands, written)))
    assert any(one.startswith(expected) for one in found), found


def test_all_faults_of_a_file_are_named_at_once_from_top_to_bottom() -> None:
    broken = (
        GOOD.replace("\nkind: offence", "\nkind: crime")
        .replace("trust: memory", "trust: sure")
        .replace("\nfrom: ", "\nform: ")
    )
    found = sentences(read(broken))
    assert [one.split(":")[1] for one in found] == ["1", "7", "9", "41"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "7.yaml:1: the file is empty; "),
        (b"# nothing\n", "7.yaml:1: the file is empty; "),
        (b"- a\n", "7.yaml:1: the file is a list; write a mapping with schema"),
        (b"a: b\nc: \xff\n", "7.yaml:2: not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbfschema: x\n", "7.yaml:1: the control character U+FEFF; "),
        (b"x" * (1 << 18) + b"x", "7.yaml:1: the file has 262145 bytes; write at most 262144"),
        (b'a: "\\UFFFFFFFF"\n', "7.yaml:1: not YAML"),
    ],
)
def test_a_file_that_is_no_text_of_the_law_is_named(raw: bytes, expected: str) -> None:
    found = sentences(read_article(raw, "7.yaml", instrument="hanoi", number=7))
    assert found[0].startswith(expected)


def test_line_ends_of_another_system_change_nothing() -> None:
    assert read(GOOD.replace("\n", "\r\n")) == read(GOOD)


def check_only_faults(raw: bytes) -> None:
    for found in (
        read_article(raw, "7.yaml", instrument="hanoi", number=7, chapter="II"),
        read_instrument(raw, "instrument.yaml", instrument="hanoi"),
    ):
        if isinstance(found, tuple):
            assert found
            assert all(1 <= fault.line <= raw.count(b"\n") + raw.count(b"\r") + 2 for fault in found)
            assert all(fault.in_words().isprintable() for fault in found)
        else:
            assert isinstance(found, Article | Instrument)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_yield_faults_and_nothing_else(raw: bytes) -> None:
    check_only_faults(raw)


@settings(deadline=None)
@given(st.text(alphabet="abz01:-?[]{}&*!|>'\"%@`#,. \n\\\u06f1", max_size=200))
def test_arbitrary_yaml_signs_yield_faults_and_nothing_else(text: str) -> None:
    check_only_faults(text.encode())


@settings(deadline=None)
@given(st.data())
def test_a_spliced_file_yields_an_article_or_faults(data: st.DataObject) -> None:
    raw = GOOD.encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 30)))
    middle = data.draw(
        st.binary(max_size=12) | st.sampled_from([b"- ", b": ", b"\n", b"  ", b'"', b"[", b"&a ", b"? "])
    )
    check_only_faults(raw[:start] + middle + raw[end:])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(library.find_law(), tmp_path / "law")
    return tmp_path / "law"


def change(file: Path, stands: str, written: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert stands in text
    file.write_text(text.replace(stands, written, 1), encoding="utf-8")


def test_a_copy_of_the_law_has_no_fault(copy: Path) -> None:
    assert isinstance(library.survey(copy), Law)


def test_a_missing_article_is_named(copy: Path) -> None:
    (copy / "hanoi" / "articles" / "42.yaml").unlink()
    assert sentences(library.survey(copy)) == [
        "hanoi/articles/42.yaml:1: the file is missing; write article 42"
    ]


def test_an_article_too_many_and_stray_files_are_named(copy: Path) -> None:
    (copy / "hanoi" / "articles" / "69.yaml").write_text("x", encoding="utf-8")
    (copy / "hanoi" / "notes.txt").write_text("x", encoding="utf-8")
    (copy / "notes.txt").write_text("x", encoding="utf-8")
    (copy / ".hidden").write_text("x", encoding="utf-8")
    assert sentences(library.survey(copy)) == [
        "notes.txt:1: no file of the law; keep only README.md and one folder for each instrument",
        "hanoi/notes.txt:1: no file of the law; keep only instrument.yaml and the folder articles",
        "hanoi/articles/69.yaml:1: no file of the law; keep only 01.yaml to 68.yaml",
    ]


def test_a_folder_that_is_no_instrument_is_named(copy: Path) -> None:
    (copy / "lima").mkdir()
    assert sentences(library.survey(copy)) == [
        "lima/instrument.yaml:1: the file is missing; write the instrument"
    ]


def test_faults_of_several_files_come_in_the_order_of_the_files(copy: Path) -> None:
    change(copy / "hanoi" / "articles" / "42.yaml", "chapter: V", "chapter: VI")
    change(copy / "hanoi" / "articles" / "07.yaml", "article: 7", "article: 70")
    assert sentences(library.survey(copy)) == [
        "hanoi/articles/07.yaml:3: article is '70'; write 7",
        "hanoi/articles/42.yaml:6: chapter is 'VI'; write V",
    ]


@pytest.mark.parametrize(
    ("stands", "written", "expected"),
    [
        ('articles: "7-21"', 'articles: "8-21"', "chapter II begins at article 8; begin it at 7"),
        ('articles: "59-68"', 'articles: "59-67"', "the chapters end at article 67; end them at 68"),
        (
            'articles: "59-68"',
            'articles: "68-59"',
            "articles ends before it begins; write the lower number first",
        ),
        ('articles: "53"', 'articles: "fifty"', 'articles is \'fifty\'; write it like "1-6" or "22"'),
        ("number: IX", "number: V", "number 'V' stands twice; keep one"),
        ("mark: memory", "mark: checked", "trust_marks does not say what 'memory' means; add it"),
        ("[ar, zh,", "[ar, xx,", "an authentic language is 'xx'; write one of: ar, zh, en, fr, fa, ru, es"),
        ("in_force: false", "in_force: soon", "in_force is 'soon'; write true or false"),
        ("instrument: hanoi", "instrument: lima", "instrument is 'lima'; write hanoi"),
    ],
)
def test_a_fault_in_the_instrument_is_named(copy: Path, stands: str, written: str, expected: str) -> None:
    change(copy / "hanoi" / "instrument.yaml", stands, written)
    found = sentences(library.survey(copy))
    assert any(one.startswith("hanoi/instrument.yaml:") and one.endswith(expected) for one in found), found


def test_a_disk_that_refuses_is_the_worlds_fault(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(WorldError, match="Permission denied"):
        library.survey(copy)
