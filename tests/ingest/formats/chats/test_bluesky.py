"""Repositories of the AT Protocol: what a CAR file holds, what is missing in it, and what hostile ones end in."""

from __future__ import annotations

import io
import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from ingest.formats.chats import bluesky
from ingest.formats.chats.car_blocks import Link, Malformed, blocks, value_of
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.container import ContainerBroken
from tests.every_case import every_case

from .accounts import altered, cut, dumped, reading
from .repositories import cid, encoded, repository, section, varint

AT = "2024-01-05T18:07:33.402Z"


def post(text: str = "hello", **more: object) -> dict[str, object]:
    return {"$type": "app.bsky.feed.post", "text": text, "createdAt": AT, "langs": ["en"], **more}


def test_a_repository_is_known_by_its_header_and_commit():
    content = repository({"app.bsky.feed.post/3k1": post()})
    assert bluesky.recognise(HeldFiles(files={"whatever": content}))
    assert bluesky.recognise(HeldFiles(files={"a/repo.car": content, "a/x.jpg": b""}))
    other = varint(len(head := encoded({"roots": [cid(b"")], "version": 1}))) + head + section(encoded({"a": 1}))
    assert not bluesky.recognise(HeldFiles(files={"repo.car": other}))
    assert not bluesky.recognise(HeldFiles(files={"repo.car": b"\x00" * 100}))


def test_posts_have_their_place_in_the_tree_as_their_key():
    records = {f"app.bsky.feed.post/3k{n:03}": post(f"post {n}") for n in range(40)}
    made = reading(bluesky, {"repo.car": repository(records)})
    assert sorted(made.keys) == sorted(records)
    assert sorted(made.texts) == sorted(f"post {n}" for n in range(40))
    assert made.stated == {"messages": 40}
    assert made.remarks == []
    one = next(one for one in made.said if one.message.text == "post 7")
    assert one.thread.key == "app.bsky.feed.post/3k007"
    assert one.thread.url == "https://bsky.app/profile/did:plc:owner/post/3k007"
    assert one.message.id == "at://did:plc:owner/app.bsky.feed.post/3k007"
    assert one.message.sender == one.thread.owner == "did:plc:owner"
    assert one.message.at == datetime(2024, 1, 5, 18, 7, 33, 402000, tzinfo=UTC)
    assert one.message.raw == encoded(records["app.bsky.feed.post/3k007"])


def test_answers_reposts_and_posts_of_other_programs_are_taken_and_likes_are_not():
    parent = {"uri": "at://did:plc:bo/app.bsky.feed.post/1", "cid": "c"}
    records = {
        "app.bsky.feed.post/1": post("yes", reply={"root": parent, "parent": parent}),
        "app.bsky.feed.repost/2": {"$type": "app.bsky.feed.repost", "subject": parent, "createdAt": AT},
        "com.example.blog.entry/3": {
            "$type": "com.example.blog.entry",
            "title": "T",
            "content": "long",
            "createdAt": AT,
        },
        "app.bsky.feed.like/4": {"$type": "app.bsky.feed.like", "subject": parent, "createdAt": AT},
        "app.bsky.graph.follow/5": {"$type": "app.bsky.graph.follow", "subject": "did:plc:bo", "createdAt": AT},
        "app.bsky.actor.profile/self": {"$type": "app.bsky.actor.profile", "displayName": "Us"},
    }
    made = reading(bluesky, {"repo.car": repository(records)})
    by_key = {one.thread.key: one for one in made.said}
    assert set(by_key) == set(list(records)[:3])
    assert by_key["app.bsky.feed.post/1"].message.reply_to == parent["uri"]
    assert by_key["app.bsky.feed.repost/2"].message.forwarded_from == parent["uri"]
    assert by_key["com.example.blog.entry/3"].message.text == "long"
    assert by_key["com.example.blog.entry/3"].message.unmapped == ("title",)
    assert made.remarks[0].text.endswith(": 3")
    assert made.remarks[0].lost == 0


def test_a_link_that_is_shown_cut_is_written_out_by_bytes_of_utf8():
    text = "👩‍👩‍👦‍👦 läs school.example/a/lo... and @bo"
    start = len("👩‍👩‍👦‍👦 läs ".encode())
    end = start + len("school.example/a/lo...")
    facets = [
        {
            "index": {"byteStart": start, "byteEnd": end},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://school.example/a/long"}],
        },
        {"index": {"byteStart": end + 5, "byteEnd": end + 8}, "features": [{"did": "did:plc:bo"}]},
        {"index": {"byteStart": 5, "byteEnd": 10**9}, "features": [{"uri": "x"}]},
    ]
    made = reading(bluesky, {"repo.car": repository({"app.bsky.feed.post/1": post(text, facets=facets)})})
    assert made.texts == ["👩‍👩‍👦‍👦 läs https://school.example/a/long and @bo"]


def test_images_and_videos_are_named_by_their_identifiers_and_found_beside_an_unpacked_repository():
    blob = cid(b"picture")
    image = {"alt": "A school", "image": {"$type": "blob", "ref": blob, "mimeType": "image/jpeg", "size": 7}}
    embed = {"$type": "app.bsky.embed.images", "images": [image]}
    made = reading(bluesky, {"repo.car": repository({"app.bsky.feed.post/1": post(embed=embed)})})
    (media,) = made.messages[0].attachments
    assert (media.name, media.media_type, media.present) == (str(blob), "image/jpeg", False)
    assert str(blob).startswith("bafyrei")
    assert made.messages[0].unmapped == ("embed.alt",)
    as_json = json.loads(json.dumps(post(embed=embed), default=lambda link: {"$link": str(link)}))
    files = {
        "did:plc:owner/app.bsky.feed.post/1.json": dumped(as_json),
        "did:plc:owner/app.bsky.feed.like/2.json": dumped({"$type": "app.bsky.feed.like"}),
        f"did:plc:owner/_blob/{blob}": b"picture",
    }
    assert bluesky.recognise(HeldFiles(files=files))
    made = reading(bluesky, files)
    assert made.messages[0].attachments[0].entry == f"did:plc:owner/_blob/{blob}"
    assert made.messages[0].sender == "did:plc:owner"
    assert made.messages[0].raw == dumped(as_json)
    assert made.stated == {"messages": 1}
    assert bluesky.aside("did:plc:owner/app.bsky.feed.like/2.json")


def test_answers_of_the_interface_are_read_with_who_wrote_them():
    author = {"did": "did:plc:bo", "handle": "bo.example", "displayName": "Bo"}
    uri = "at://did:plc:bo/app.bsky.feed.post/3k1"
    view = {"uri": uri, "cid": "c", "author": author, "record": post("from Bo"), "likeCount": 2}
    listed = {"uri": uri.replace("3k1", "3k2"), "cid": "c", "value": post("listed")}
    like = {"uri": uri, "value": {"$type": "app.bsky.feed.like"}}
    for document, text, sender in (
        ({"feed": [{"post": view, "reason": {"by": 1}}], "cursor": "x"}, "from Bo", "@bo.example"),
        ({"records": [listed, like]}, "listed", "did:plc:bo"),
        ({"$type": "app.bsky.feed.defs#postView", **view}, "from Bo", "@bo.example"),
        (post("alone"), "alone", None),
    ):
        assert bluesky.recognise(HeldFiles(files={"saved.json": dumped(document)}))
        made = reading(bluesky, {"saved.json": dumped(document)})
        assert [(one.text, one.sender) for one in made.messages] == [(text, sender)]
        assert made.stated == {"messages": 1}
        for one in altered(document, seed=23, rounds=60):
            assert reading(bluesky, {"saved.json": dumped(one)}).broken is None
    first = reading(bluesky, {"saved.json": dumped({"feed": [{"post": view, "reason": {"by": 1}}]})})
    assert first.messages[0].unmapped == ("post.likeCount", "reason")
    assert first.said[0].thread.key == "app.bsky.feed.post/3k1"


def test_a_record_without_its_block_is_counted_as_missing():
    records = {f"app.bsky.feed.post/{n}": post(str(n)) for n in range(5)}
    made = reading(bluesky, {"repo.car": repository(records, without=("app.bsky.feed.post/3",))})
    assert len(made.said) == 4
    assert made.lost == 1
    assert made.stated == {"messages": 5}


def test_two_records_that_are_equal_byte_for_byte_are_two_posts():
    made = reading(bluesky, {"repo.car": repository({f"app.bsky.feed.post/{n}": post() for n in range(3)})})
    assert len(made.keys) == made.stated["messages"] == 3


def test_a_block_that_was_changed_is_said():
    content = repository({"app.bsky.feed.post/1": post("we paid 100")})
    made = reading(bluesky, {"repo.car": content.replace(b"we paid 100", b"we paid 900")})
    assert made.texts == ["we paid 900"]
    assert "not those that their identifiers state" in made.remarks[0].text


def test_an_archive_cut_off_gives_what_it_can():
    records = {f"app.bsky.feed.post/{n:02}": post(f"{n}" + "x" * 500) for n in range(30)}
    content = repository(records)
    made = reading(bluesky, {"repo.car": content[: len(content) * 3 // 4]})
    assert 10 < len(made.said) < 30
    assert made.lost == 30 - len(made.said)
    assert any(one.lost is None for one in made.remarks)


def test_values_are_read_back_as_they_were_written():
    value = {
        "a": [0, 23, 24, 255, 256, 65536, 2**63, -1, -500],
        "bb": b"\x00\xff",
        "c": "é",
        "d": None,
        "e": [True, 1.5],
    }
    assert value_of(encoded(value)) == value
    assert value_of(encoded(cid(b"x"))) == cid(b"x")


@every_case(
    "content",
    [
        b"",
        b"\x9b" + b"\xff" * 8,  # an array of 2**64 - 1
        b"\xbb" + b"\xff" * 8,
        b"\x7b\x7f" + b"\xff" * 7,
        b"\x81" * 5000,  # nested 5,000 deep
        b"\xd8\x2a" * 5000,
        b"\x9f\xff",  # of no stated length, which DAG-CBOR does not have
        b"\xa1\x01\x02",  # a key that is no text
        b"\x00\x00",  # more than one value
        b"\x1c",
        b"\xf8\x18",
    ],
)
def test_what_is_no_value_is_refused(content: bytes):
    with pytest.raises(Malformed):
        value_of(content)


def test_a_length_that_lies_costs_no_memory():
    header = encoded({"roots": [cid(b"")], "version": 1})
    content = varint(len(header)) + header + varint(2**62) + b"\x01\x71\x12\x20" + b"a" * 100
    tracemalloc.start()
    with pytest.raises(ContainerBroken):
        list(blocks(io.BytesIO(content)))
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


def test_a_block_that_is_too_large_is_passed_over():
    header = encoded({"roots": [cid(b"")], "version": 1})
    link = Link(b"\x01\x71\x12\x20" + b"d" * 32)
    large = section(b"\x40" * (17 << 20), link)
    found = list(blocks(io.BytesIO(varint(len(header)) + header + large + section(encoded({"a": 1})))))
    assert [one.cid for one in found] == [link.content, cid(encoded({"a": 1})).content]
    assert found[0].problem


def test_hostile_repositories_end_in_messages_or_remarks():
    embed = {"images": [{"image": {"ref": {"$link": "x"}, "mimeType": "image/jpeg"}}]}
    facets = [{"index": {"byteStart": 0, "byteEnd": 2}, "features": [{"uri": "u"}]}]
    base = post("text...", embed=embed, facets=facets, reply={"parent": {"uri": "u"}})
    for one in altered(base, seed=3, rounds=300):
        if isinstance(one, dict):
            files = {"d/app.bsky.feed.post/1.json": dumped(one)}
            assert reading(bluesky, files).broken is None
    content = repository({"app.bsky.feed.post/1": base, "app.bsky.feed.post/2": post()})
    for one in cut(content, seed=4, rounds=500):
        assert reading(bluesky, {"repo.car": one}).broken is None


def test_records_of_another_project_are_read_as_it_reads_them(shared_dir):
    folder = shared_dir / "fixtures/activitypub-bluesky/snarfed__granary"
    records = {}
    for file in sorted(folder.glob("*.bsky.json")):
        value = json.loads(file.read_text())
        value = value.get("post", value)
        value = value.get("record", value)
        records[f"{value.get('$type', 'app.bsky.feed.post')}/{file.name.split('.')[0]}"] = value
    posts = {path: value for path, value in records.items() if path.startswith("app.bsky.feed.post/")}
    assert len(posts) > 8
    made = reading(bluesky, {"repo.car": repository(records)})
    found = {one.thread.key: one.message for one in made.said}
    for path, value in posts.items():
        assert found[path].text == value["text"]
        assert (found[path].at is not None) == bool(value["createdAt"])
    assert made.lost == 0
