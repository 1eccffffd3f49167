"""The offline checks by themselves: proofs, consistency, checkpoints, signed statements, and input from anybody."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from storage.bundle_check import check_bundle, check_document, main
from storage.bundle_verdict import LARGEST_DOCUMENT, read_key
from storage.checkpoints import Checkpoint, fingerprint, sign, verifier_key
from storage.errors import InvalidInput, NotFound
from storage.events import Event, EventKind
from storage.merkle import Frontier, consistency_proof, inclusion_proof, leaf_hash, range_hash
from storage.statements import is_statement_of, signed
from tests.every_case import every_case
from tests.storage.archives import NOON
from tests.storage.mutating import everywhere

NAME = "public-records-archive/arc_1"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = verifier_key(NAME, PRIVATE)
OTHER_KEY = verifier_key(NAME, Ed25519PrivateKey.from_private_bytes(bytes(32)))


@dataclass(frozen=True)
class Log:
    """A small log, whole in memory."""

    leaves: tuple[bytes, ...]

    def subtree(self, level: int, number: int) -> bytes:
        hashes = [leaf_hash(one) for one in self.leaves[number << level : (number + 1) << level]]
        return Frontier().append(hashes)[0].root()

    def note(self, size: int, private: Ed25519PrivateKey = PRIVATE) -> str:
        return sign(Checkpoint(origin=NAME, size=size, root=range_hash(0, size, self.subtree)), private).decode()

    def proof(self, position: int, size: int) -> dict[str, Any]:
        path = inclusion_proof(position, size, self.subtree)
        return {
            "type": "proof",
            "subject": f"sub_{position}",
            "position": position,
            "tree_size": size,
            "leaf": self.leaves[position].decode(),
            "path": [one.hex() for one in path],
            "checkpoint": self.note(size),
            "key": KEY,
            "fingerprint": fingerprint(KEY),
        }

    def consistency(self, old: int, new: int) -> dict[str, Any]:
        return {
            "type": "consistency",
            "old": old,
            "new": new,
            "path": [one.hex() for one in consistency_proof(old, new, self.subtree)],
            "old_checkpoint": self.note(old),
            "new_checkpoint": self.note(new),
            "key": KEY,
            "fingerprint": fingerprint(KEY),
        }


def a_log(size: int) -> Log:
    kind = EventKind.SUBMISSION_DEPOSITED
    events = [Event(id=f"evt_{at}", kind=kind, actor="a", at=NOON, subjects=(f"sub_{at}",)) for at in range(size)]
    return Log(tuple(one.encode() for one in events))


LOG = a_log(21)


def check(document: dict[str, Any], key: str | None = KEY) -> Any:
    return check_document(json.dumps(document).encode(), key)


@pytest.mark.parametrize("size", [1, 2, 3, 8, 21])
def test_every_leaf_of_a_log_is_proved(size: int):
    verdicts = [check(LOG.proof(position, size)) for position in range(size)]
    assert [one.faults for one in verdicts] == [[]] * size
    assert all(one.trusted for one in verdicts)


def test_every_older_log_is_proved_to_be_the_beginning_of_every_newer_one():
    for new in range(1, 22):
        for old in range(1, new + 1):
            assert check(LOG.consistency(old, new)).trusted, (old, new)


def refused_or_faulty(document: Any, key: str = KEY) -> bool:
    try:
        return bool(check(document, key).faults)
    except InvalidInput:
        return True


def harmless(document: Any, original: dict[str, Any]) -> bool:
    """Members that a bare proof carries beside what is proved; without them it proves the same."""
    gone = {"type", "fingerprint", "subject", "key"}
    return isinstance(document, dict) and all(
        document.get(name) == original[name] or name == "type" or (name in gone and name not in document)
        for name in original
    )


@pytest.mark.parametrize("original", [LOG.proof(6, 21), LOG.consistency(6, 21)], ids=["proof", "consistency"])
def test_no_value_of_a_proof_can_be_changed(original: dict[str, Any]):
    tried = [one for one in everywhere(original) if not harmless(one, original)]
    assert len(tried) > 80
    assert [one for one in tried if not refused_or_faulty(one)] == []


def test_a_leaf_of_another_log_of_the_same_size_is_not_proved():
    other = Log(
        (*LOG.leaves[:6], b'{"kind":"x","at":"2024-01-01T00:00:00+00:00","subjects":["sub_6"]}', *LOG.leaves[7:])
    )
    forged = {**LOG.proof(6, 21), "leaf": other.leaves[6].decode()}
    assert [one.kind for one in check(forged).faults] == ["proof"]


def test_a_fork_is_not_consistent():
    fork = Log((*LOG.leaves[:3], b"other", *LOG.leaves[4:]))
    document = {**LOG.consistency(6, 21), "new_checkpoint": fork.note(21)}
    assert [one.kind for one in check(document).faults] == ["proof"]


def test_without_a_key_only_inner_consistency_is_claimed():
    verdict = check(LOG.proof(6, 21), key=None)
    assert (verdict.faults, verdict.trusted) == ([], False)
    assert fingerprint(KEY) in verdict.as_text()


def test_another_key_is_a_fault():
    verdict = check(LOG.proof(6, 21), key=OTHER_KEY)
    assert [one.kind for one in verdict.faults] == ["key"]
    assert not verdict.trusted


def test_the_key_of_the_log_that_a_declared_break_began_checks_older_proofs_too():
    assert check(LOG.proof(6, 21), key=verifier_key(f"{NAME}/2", PRIVATE)).trusted


def test_the_key_of_another_archive_with_the_same_private_key_is_a_fault():
    assert check(LOG.proof(6, 21), key=verifier_key("public-records-archive/arc_2", PRIVATE)).faults


def test_a_proof_without_a_key_line_is_checked_by_the_one_brought():
    bare = {name: value for name, value in LOG.proof(6, 21).items() if name not in {"key", "fingerprint"}}
    assert check(bare).trusted
    assert [one.kind for one in check(bare, key=None).faults] == ["form"]


def test_a_checkpoint_is_checked_by_a_key_and_looked_at_without_one():
    note = LOG.note(21).encode()
    assert check_document(note, KEY).trusted
    assert not check_document(note).trusted
    assert check_document(note.replace(b"\n21\n", b"\n22\n"), KEY).faults
    assert check_document(note, OTHER_KEY).faults


def test_a_statement_is_bound_in_every_member_and_by_no_other_key():
    document = signed({"type": "x", "names": ["a", "b\u00e9"], "inner": {"n": 1, "none": None}}, KEY, PRIVATE)
    assert is_statement_of(document, KEY)
    assert not is_statement_of(document, OTHER_KEY)
    changed = everywhere(document)
    assert len(changed) > 25
    assert [one for one in changed if is_statement_of(one, KEY)] == []


def test_a_checkpoint_s_signature_is_none_of_a_statement_and_the_other_way_round():
    document = signed({"type": "x"}, KEY, PRIVATE)
    note = LOG.note(21)
    assert not is_statement_of({**document, "signature": note.splitlines()[-1]}, KEY)
    forged = "\n".join([*note.splitlines()[:-1], document["signature"], ""])
    assert check_document(forged.encode(), KEY).faults


def test_the_order_of_members_does_not_matter_to_a_statement():
    document = signed({"b": 1, "a": 2}, KEY, PRIVATE)
    assert is_statement_of(dict(reversed(document.items())), KEY)


DEEP = b'{"leaf":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@every_case(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"leaf": NaN}',
        b'{"leaf": 1e999, "leaf": 2}',
        b'{"leaf": "\\ud800"}',
        b'{"hello": "world"}',
        DEEP,
        b'{"leaf":' + b"[]," * 2_000_000 + b"}",
        b"public-records-archive",
        b"x" * 100,
    ],
    ids=range(13),
)
def test_what_is_nothing_to_check_is_refused_in_one_sentence(content: bytes):
    with pytest.raises(InvalidInput) as refusal:
        check_document(content, KEY)
    assert len(refusal.value.message) < 300


def test_a_name_that_stands_twice_is_refused():
    text = json.dumps(LOG.proof(6, 21))
    with pytest.raises(InvalidInput):
        check_document((text[:-1] + ', "position": 6}').encode(), KEY)


def test_a_document_that_is_too_large_is_refused(tmp_path: Path):
    with (tmp_path / "big.json").open("wb") as file:
        file.write(b'{"leaf": "')
        file.truncate(LARGEST_DOCUMENT + 2)
    with pytest.raises(InvalidInput):
        check_bundle(tmp_path / "big.json", KEY)


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(content: bytes):
    for before in (b"", b"{", b"public-records-archive/"):
        with contextlib.suppress(InvalidInput):
            assert not check_document(before + content, KEY).trusted


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_NAMES = st.sampled_from([*LOG.proof(6, 21), *LOG.consistency(6, 21), "proof", "submission", "files", "facts", "salt"])


@given(st.dictionaries(_NAMES, _JSON, max_size=8), st.booleans())
def test_any_document_is_answered_and_none_that_nobody_signed_is_trusted(document: dict[str, Any], keyed: bool):  # noqa: FBT001
    if keyed:
        document = {**LOG.proof(6, 21), **document} if "path" in document else document | {"key": KEY}
    try:
        verdict = check(document)
    except InvalidInput:
        return
    assert not verdict.trusted or harmless(document, LOG.proof(6, 21))


def test_a_key_file_may_hold_the_line_or_its_json_and_nothing_else(tmp_path: Path):
    (tmp_path / "line").write_text(KEY + "\n")
    (tmp_path / "json").write_text(json.dumps({"key": KEY}))
    (tmp_path / "wrong").write_text("ssh-ed25519 AAAA")
    (tmp_path / "binary").write_bytes(b"\xff" * 10)
    assert read_key(str(tmp_path / "line")) == read_key(str(tmp_path / "json")) == read_key(KEY) == KEY
    for name in ("wrong", "binary"):
        with pytest.raises(InvalidInput):
            read_key(str(tmp_path / name))
    with pytest.raises(NotFound):
        read_key(str(tmp_path / "absent"))


def test_a_pipe_in_a_record_folder_is_a_fault_and_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "proof.json").write_text("{}")
    assert check_bundle(tmp_path, KEY).faults


def test_the_program_for_strangers_needs_nothing_of_ours_but_cryptography(tmp_path: Path):
    (tmp_path / "proof.json").write_text(json.dumps(LOG.proof(6, 21)))
    (tmp_path / "key").write_text(KEY)
    code = """
import sys
before = set(sys.modules)
from storage import bundle_check
status = bundle_check.main(sys.argv[1:])
added = {name.partition(".")[0] for name in set(sys.modules) - before}
sys.stderr.write(" ".join(sorted(added - set(sys.stdlib_module_names))))
sys.exit(status)
"""
    arguments = [sys.executable, "-c", code, str(tmp_path / "proof.json"), "--key", str(tmp_path / "key")]
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(arguments, cwd=root, capture_output=True, text=True, check=False, env={"PATH": ""})
    assert done.returncode == 0, done.stderr
    assert "proved by the key" in done.stdout
    assert set(done.stderr.split()) == {"_cffi_backend", "_openssl", "cryptography", "storage"}


def test_the_program_s_exit_statuses_are_those_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(LOG.proof(6, 21)))
    bad.write_text(json.dumps({**LOG.proof(6, 21), "position": 7}))
    assert main([str(good), "--key", KEY]) == 0
    assert main([str(bad), "--key", KEY, "--json"]) == 6
    assert main([str(tmp_path / "absent")]) == 3
    (tmp_path / "text").write_text("hello")
    assert main([str(tmp_path / "text")]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out.splitlines()[-1])["faults"][0]["kind"] == "proof"
    assert len(err.splitlines()) == 2
