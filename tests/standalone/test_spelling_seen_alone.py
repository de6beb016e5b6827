"""The stand-alone verifier refuses what readers could read differently, and survives garbage."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from standalone import package_by_hand as hand

if TYPE_CHECKING:
    from collections.abc import Callable

from standalone.running import REFUSED, Bench, flip, run


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b'"v":1}', b'"v":1,"v":1}'),
        (b'"v":1}', b'"v":1.0}'),
        (b'"v":1}', b'"v":1e0}'),
        (b'"v":1}', b'"v":true}'),
        (b'"v":1}', b'"v":1,"w":NaN}'),
        (b'"v":1}', b'"v":1,"w":9007199254740992}'),
        (b'"v":1}', b'"v":1,"w":' + b"[" * 16 + b"]" * 16 + b"}"),
        (b'"v":1}', b'"v":1,"w":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        (b'"v":1}', b'"v":1,"w":' + b"9" * 100_000 + b"}"),
        (b'"v":1}', b'"v":1,"w":"\xff"}'),
        (b'"v":1}', b'"v":1,"w":"\\ud800"}'),
        (b"2026-02-01T", b"2026-02-30T"),
    ],
)
def test_json_that_readers_could_understand_differently_does_not_hold(
    bench: Bench, right: bytes, wrong: bytes
) -> None:
    bench.spoil("seal/seal.json", lambda raw: raw.replace(right, wrong, 1))
    outcome = bench.judge_form()
    assert outcome.result("seal", "content") == "does-not-hold"
    assert outcome.result("step 0", "order") == ("cannot-be-checked")


def test_json_keys_that_nobody_knows_mean_nothing(bench: Bench) -> None:
    maker = hand.Maker()
    maker.acts[3].changed = {"weather": [[[[[[[[[[[[[[[]]]]]]]]]]]]]]], "n": 9007199254740991}
    bench.remake(maker.make())
    assert bench.judge_form().broken() == set()


def change_statement(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def changed(raw: bytes) -> bytes:
        statement = json.loads(raw)
        change(statement)
        return hand.spelled(statement)

    return changed


def signature_of(statement: dict[str, Any], position: int) -> dict[str, str]:
    signature: dict[str, str] = statement["signatures"][position]
    return signature


@pytest.mark.parametrize(
    "change",
    [
        lambda statement: statement["signatures"].reverse(),
        lambda statement: statement["signatures"].pop(),
        lambda statement: statement["signatures"].append(statement["signatures"][0]),
        lambda statement: statement.update(header={}),
        lambda statement: signature_of(statement, 1).update(header="x"),
        lambda statement: signature_of(statement, 1).update(
            signature=signature_of(statement, 1)["signature"] + "=="
        ),
        lambda statement: signature_of(statement, 1).update(signature="AB"),
        lambda statement: signature_of(statement, 0).update(protected=hand.b64u(b'{"alg":"none"}')),
        lambda statement: statement.update(payload=statement["payload"] + "\n"),
    ],
)
def test_a_statement_out_of_form_has_no_further_findings(
    bench: Bench, change: Callable[[dict[str, Any]], object]
) -> None:
    bench.spoil("custody/0004.jws.json", change_statement(change))
    outcome = bench.judge_form()
    assert outcome.result("step 4", "form") == "does-not-hold"
    assert [one["check"] for one in outcome.found["findings"] if one["part"] == "step 4"] == ["form"]


def test_an_ml_dsa_signature_of_the_wrong_length_fails_even_where_it_cannot_be_checked(bench: Bench) -> None:
    short = change_statement(
        lambda statement: signature_of(statement, 1).update(signature=hand.b64u(bytes(3308)))
    )
    bench.spoil("custody/0004.jws.json", short)
    assert bench.verify().result("step 4", "signature-ml-dsa-65") == "does-not-hold"


def test_a_handover_statement_is_no_custody_statement(bench: Bench) -> None:
    shutil.copy(bench.package / "handover.jws.json", bench.package / "custody/0004.jws.json")
    assert ("step 4", "form") in bench.judge_form().broken()


FILES = sorted(
    [
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
        "handover.jws.json",
        "seal/seal.json",
        "seal/items.jsonl",
        "seal/chunks.bin",
        "seal/keys.json",
        "custody/0001.jws.json",
        "custody/0001.tlog-proof",
    ]
)
NESTED = b'{"a":' * 200_000
GARBAGE = [
    b"",
    b"\n",
    b"\0" * 100,
    b"\n\n\n",
    NESTED,
    b"[]",
    b'{"payload":1,"signatures":{}}',
    b"null",
    b"1" * 70,
]


@pytest.mark.parametrize("path", FILES)
def test_garbage_in_any_file_is_a_finding_and_never_a_traceback(small: Bench, path: str) -> None:
    whole = (small.package / path).read_bytes()
    cut = whole[: len(whole) // 2] + hand.digest(path.encode())
    for garbage in [*GARBAGE, hand.digest(b"noise") * 100, whole[:-1], cut]:
        (small.package / path).write_bytes(garbage)
        assert run(small.package, "--json", openssl="/nowhere").exit == REFUSED
    (small.package / path).unlink()
    assert small.judge_form().exit == REFUSED
    (small.package / path).mkdir()
    assert small.judge_form().exit == REFUSED


def test_single_flipped_bits_never_pass(small: Bench, new_openssl: str) -> None:
    every = sorted(path for path in small.package.rglob("*") if path.is_file())
    for path in every:
        whole = path.read_bytes()
        if whole:
            path.write_bytes(flip(int.from_bytes(hand.digest(whole)) % len(whole))(whole))
            openssl = new_openssl if path.name == "handover.jws.json" else "/nowhere"
            assert run(small.package, "--json", openssl=openssl).exit == REFUSED, path
            path.write_bytes(whole)


def test_an_absurdly_large_file_is_not_read(bench: Bench) -> None:
    os.truncate(bench.package / "custody/0002.jws.json", 1 << 34)
    outcome = bench.judge_form()
    assert "bytes" in outcome.results("step 2", "form")[0]["why"]


@pytest.mark.parametrize("size", [1 << 45, 2**53 - 1, 0])
def test_an_absurd_size_in_the_items_neither_hangs_nor_holds(bench: Bench, size: int) -> None:
    bench.spoil("seal/items.jsonl", lambda raw: raw.replace(b'"size":3145732', b'"size":%d' % size))
    assert {("seal", "content"), ("item data/disk.img", "digest")} <= bench.judge_form().broken()


def test_an_item_cannot_point_out_of_the_package(bench: Bench) -> None:
    (bench.folder / "secret").write_bytes(b"")
    bench.spoil("seal/items.jsonl", lambda raw: raw.replace(b"data/empty.bin", b"data/../../secret"))
    outcome = bench.judge_form()
    assert outcome.results("item data/../../secret", "digest")[0]["why"].startswith("missing")
