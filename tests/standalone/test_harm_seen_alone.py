"""The stand-alone verifier sees what is dropped, swapped, forged, added or altered."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from standalone import package_by_hand as hand

if TYPE_CHECKING:
    from collections.abc import Callable

from standalone.running import Bench, flip, run


def numbered(bench: Bench, number: int) -> list[Path]:
    return sorted((bench.package / "custody").glob(f"{number:04d}.*"))


def test_a_dropped_last_step_does_not_hold(bench: Bench) -> None:
    for path in numbered(bench, 4):
        path.unlink()
    outcome = bench.verify()
    assert {("package", "layout"), ("handover", "content")} <= outcome.broken()


def test_a_dropped_middle_step_does_not_hold(bench: Bench) -> None:
    for path in numbered(bench, 1):
        path.unlink()
    outcome = bench.judge_form()
    assert {("package", "layout"), ("step 1", "form")} <= outcome.broken()
    assert outcome.result("step 2", "custody") == "cannot-be-checked"


def test_swapped_steps_do_not_hold(bench: Bench) -> None:
    for one, other in zip(numbered(bench, 3), numbered(bench, 4), strict=True):
        first = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(first)
    assert {("step 3", "order"), ("step 4", "order"), ("step 3", "log")} <= bench.judge_form().broken()


def test_a_doubled_step_does_not_hold(bench: Bench) -> None:
    for path in numbered(bench, 4):
        shutil.copy(path, path.with_name(path.name.replace("0004", "0005")))
    assert {
        ("package", "layout"),
        ("step 5", "order"),
        ("handover", "content"),
    } <= bench.judge_form().broken()


def test_a_forged_statement_does_not_hold(bench: Bench) -> None:
    def forge(raw: bytes) -> bytes:
        statement = json.loads(raw)
        payload = base64.urlsafe_b64decode(statement["payload"] + "==").replace(
            b"Laboratory 3", b"Laboratory 4"
        )
        return hand.spelled({**statement, "payload": hand.b64u(payload)})

    bench.spoil("custody/0003.jws.json", forge)
    broken = bench.verify().broken()
    assert {("step 3", "signature-ed25519"), ("step 3", "log"), ("step 4", "order")} <= broken


def test_the_wrong_log_key_does_not_hold(bench: Bench) -> None:
    hand.write_trust(bench.trust, log=hand.Log("log.arcadia.example/custody", 78))
    assert ("step 0", "log") in bench.verify().broken()


def test_the_wrong_index_does_not_hold(bench: Bench) -> None:
    bench.spoil("custody/0002.tlog-proof", lambda raw: raw.replace(b"index 9\n", b"index 8\n"))
    assert bench.judge_form().broken() == {("package", "layout"), ("step 2", "log")}


@pytest.mark.parametrize("index", [b"09", b"+9", b"9 ", b"99999", b"9" * 5000, b"", "٩".encode()])
def test_an_index_spelled_or_placed_wrongly_does_not_hold(bench: Bench, index: bytes) -> None:
    bench.spoil("custody/0002.tlog-proof", lambda raw: raw.replace(b"index 9\n", b"index " + index + b"\n"))
    assert ("step 2", "log") in bench.judge_form().broken()


def test_two_signature_lines_of_the_log_do_not_hold(bench: Bench) -> None:
    def double(raw: bytes) -> bytes:
        line = raw.splitlines(keepends=True)[-2]
        return raw + line

    bench.spoil("custody/0002.tlog-proof", double)
    assert ("step 2", "log") in bench.judge_form().broken()


def test_an_altered_byte_names_its_byte_range(bench: Bench) -> None:
    bench.spoil("data/disk.img", flip(hand.CHUNK + 5))
    outcome = bench.judge_form()
    (finding,) = outcome.results("item data/disk.img", "digest")
    assert (finding["file"], finding["bytes"]) == ("data/disk.img", [hand.CHUNK, 2 * hand.CHUNK])
    assert outcome.broken() == {("item data/disk.img", "digest")}
    printed = run(bench.package, "--trust", str(bench.trust)).printed
    assert "[data/disk.img, bytes 1048576 to 2097152]" in printed


def test_altered_bytes_in_neighbouring_chunks_are_one_range_and_apart_are_two(bench: Bench) -> None:
    for position in (0, hand.CHUNK, 3 * hand.CHUNK + 1):
        bench.spoil("data/disk.img", flip(position))
    ranges = [one["bytes"] for one in bench.judge_form().results("item data/disk.img", "digest")]
    assert ranges == [[0, 2 * hand.CHUNK], [3 * hand.CHUNK, 3 * hand.CHUNK + 4]]


@pytest.mark.parametrize(
    ("change", "span"),
    [
        (lambda raw: raw[: hand.CHUNK + 1], [hand.CHUNK + 1, 3 * hand.CHUNK + 4]),
        (lambda raw: raw[: 2 * hand.CHUNK], [2 * hand.CHUNK, 3 * hand.CHUNK + 4]),
        (lambda raw: raw + b"more", [3 * hand.CHUNK + 4, 3 * hand.CHUNK + 8]),
        (lambda _: b"", [0, 3 * hand.CHUNK + 4]),
    ],
    ids=["cut in a chunk", "cut between chunks", "longer", "emptied"],
)
def test_a_file_of_another_size_says_so(
    bench: Bench, change: Callable[[bytes], bytes], span: list[int]
) -> None:
    bench.spoil("data/disk.img", change)
    (finding,) = bench.judge_form().results("item data/disk.img", "digest")
    assert finding["bytes"] == span
    assert "3145732" in finding["why"]


def test_altered_chunk_digests_do_not_hold_and_name_no_false_bytes(bench: Bench) -> None:
    bench.spoil("seal/chunks.bin", flip(40))
    outcome = bench.judge_form()
    assert outcome.broken() == {("package", "layout"), ("seal", "content")}
    bench.spoil("data/disk.img", flip(0))
    assert "bytes" not in bench.judge_form().results("item data/disk.img", "digest")[0]


def test_a_removed_file_does_not_hold(bench: Bench) -> None:
    (bench.package / "data/empty.bin").unlink()
    assert bench.judge_form().broken() == {("package", "layout"), ("item data/empty.bin", "digest")}


@pytest.mark.parametrize("path", ["data/more.txt", "notes.txt", "custody/0000.tsr.bak"])
def test_an_added_file_does_not_hold(bench: Bench, path: str) -> None:
    (bench.package / path).write_bytes(b"more")
    findings = bench.judge_form().results("package", "layout")
    assert path in {one["file"] for one in findings}


def test_an_empty_folder_means_nothing(bench: Bench) -> None:
    (bench.package / "data/empty folder").mkdir()
    assert bench.judge_form().broken() == set()


def test_a_file_replaced_by_a_link_to_its_own_bytes_does_not_hold(bench: Bench) -> None:
    path = bench.package / "data/disk.img"
    path.rename(bench.folder / "elsewhere")
    path.symlink_to(bench.folder / "elsewhere")
    assert bench.judge_form().broken() == {("package", "layout"), ("item data/disk.img", "digest")}


def test_a_folder_replaced_by_a_link_does_not_hold(bench: Bench) -> None:
    (bench.package / "seal").rename(bench.folder / "elsewhere")
    (bench.package / "seal").symlink_to(bench.folder / "elsewhere")
    assert {("package", "layout"), ("seal", "content")} <= bench.judge_form().broken()


def test_a_pipe_in_place_of_a_file_neither_hangs_nor_holds(bench: Bench) -> None:
    (bench.package / "custody/0003.tlog-proof").unlink()
    os.mkfifo(bench.package / "custody/0003.tlog-proof")
    assert {("package", "layout"), ("step 3", "log")} <= bench.judge_form().broken()


def test_a_name_that_is_not_utf_8_does_not_hold(bench: Bench) -> None:
    Path(os.fsdecode(os.fsencode(bench.package) + b"/data/\xff\xfe")).write_bytes(b"")
    assert bench.judge_form().broken() == {("package", "layout")}


def test_two_names_that_some_disks_cannot_tell_apart_do_not_hold(bench: Bench) -> None:
    bench.remake(hand.Maker(evidence={"data/Stra\u00dfe": b"1", "data/STRASSE": b"2"}).make())
    assert bench.judge_form().broken() == {("package", "layout")}


@pytest.mark.parametrize("path", ["data/a%0Ab", "data/a\\b", "data/a\x7fb"])
def test_a_name_with_a_character_that_is_not_allowed_does_not_hold(bench: Bench, path: str) -> None:
    bench.remake(hand.Maker(evidence={path: b"1"}).make())
    assert ("package", "layout") in bench.judge_form().broken()


def test_a_manifest_in_another_order_than_the_items_does_not_hold(bench: Bench) -> None:
    maker = hand.Maker().make()
    lines = maker.files["manifest-sha256.txt"].splitlines(keepends=True)
    maker.files["manifest-sha256.txt"] = b"".join(reversed(lines))
    bench.remake(maker)
    assert {("seal", "content"), ("package", "layout")} == bench.judge_form().broken()


def test_a_payload_file_that_the_seal_does_not_know_does_not_hold(bench: Bench) -> None:
    maker = hand.Maker()
    maker.make_seal()
    maker.files["data/smuggled.txt"] = b"in"
    maker.make_steps()
    maker.make_bag()
    maker.make_handover()
    bench.remake(maker)
    assert bench.judge_form().broken() == {("seal", "content")}


@pytest.mark.parametrize("label", ["Payload-Oxum", "Comity-Package", "Bagging-Date"])
def test_a_bag_info_that_lacks_a_label_does_not_hold(bench: Bench, label: str) -> None:
    maker = hand.Maker().make()
    maker.files["bag-info.txt"] = maker.files["bag-info.txt"].replace(label.encode(), b"Other")
    bench.remake(maker)
    assert ("package", "layout") in bench.judge_form().broken()
