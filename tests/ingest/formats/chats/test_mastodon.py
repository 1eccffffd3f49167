"""Outboxes of Mastodon and other servers: what was said to whom, and what hostile ones end in."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.formats.chats import mastodon
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import ThreadKind

from .accounts import altered, cut, dumped, reading

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ME = "https://social.example/users/school"
FOLLOWERS = f"{ME}/followers"
ACTOR = dumped({"id": ME, "type": "Person", "preferredUsername": "school", "name": "Our School"})


def note(number: str = "1", content: str = "<p>hello</p>", **more: object) -> dict[str, object]:
    made = {
        "id": f"{ME}/statuses/{number}",
        "type": "Note",
        "published": "2024-01-05T18:07:33Z",
        "attributedTo": ME,
        "to": [PUBLIC],
        "cc": [FOLLOWERS],
        "content": content,
        "contentMap": {"en": content},
        "attachment": [],
        "tag": [],
        "url": f"https://social.example/@school/{number}",
    }
    return made | more


def create(value: dict[str, object], kind: str = "Create") -> dict[str, object]:
    known = {key: value[key] for key in ("to", "cc", "published") if key in value}
    return {"id": f"{value['id']}/activity", "type": kind, "actor": ME, "object": value, **known}


def outbox(*items: object, **more: object) -> dict[str, bytes]:
    collection = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "outbox.json",
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": list(items),
        **more,
    }
    return {"outbox.json": dumped(collection), "actor.json": ACTOR}


def test_an_outbox_is_known_and_lists_of_likes_are_not():
    files = outbox(create(note()))
    assert mastodon.recognise(HeldFiles(files=files))
    assert mastodon.recognise(HeldFiles(files={f"archive/{name}": one for name, one in files.items()}))
    assert mastodon.recognise(HeldFiles(files={"renamed": files["outbox.json"]}))
    likes = files["outbox.json"].replace(b"outbox.json", b"likes.json")
    assert not mastodon.recognise(HeldFiles(files={"likes.json": likes}))
    assert not mastodon.recognise(HeldFiles(files={"outbox.json": b'{"type": "OrderedCollection"}', "b": b""}))


def test_a_note_is_a_post_with_the_text_that_people_see():
    link = '<a href="https://a.example/x/long"><span class="invisible">https://</span><span>a.example/x/long</span></a>'
    made = reading(mastodon, outbox(create(note("1", f"<p>Tom &amp; Jo<br>two</p><p>{link}</p>"))))
    (said,) = made.said
    assert said.message.text == "Tom & Jo\ntwo\nhttps://a.example/x/long"
    assert said.message.at == datetime(2024, 1, 5, 18, 7, 33, tzinfo=UTC)
    assert said.message.sender == said.thread.owner == "@school@social.example"
    assert said.thread.kind is ThreadKind.POST
    assert said.thread.url == "https://social.example/@school/1"
    assert said.message.unmapped == ()
    assert made.stated == {"messages": 1}


def test_an_object_that_was_saved_by_itself_is_read():
    alone = dumped({"@context": ["https://www.w3.org/ns/activitystreams", {"x": "y"}], **note()})
    assert mastodon.recognise(HeldFiles(files={"saved.json": alone}))
    made = reading(mastodon, {"saved.json": alone})
    assert made.texts == ["hello"]
    # anybody may have written it, so nothing says that it is the owner's
    assert (made.said[0].thread.owner, made.messages[0].side, made.messages[0].sender) == (None, None, ME)
    assert not mastodon.recognise(HeldFiles(files={"actor.json": ACTOR}))


def test_the_list_is_read_wherever_a_doubled_key_has_it():
    content = outbox(create(note("1")), create(note("2")))["outbox.json"]
    doubled = content.replace(b'"orderedItems"', b'"orderedItems": [], "orderedItems"')
    assert len(reading(mastodon, {"outbox.json": doubled}).said) == 2
    last = content[:-1] + b', "orderedItems": []}'
    assert len(reading(mastodon, {"outbox.json": last}).said) == 2


@pytest.mark.parametrize(
    ("to", "cc", "kind", "told"),
    [
        ([PUBLIC], [FOLLOWERS], ThreadKind.POST, ()),
        ("as:Public", [], ThreadKind.POST, ()),
        ([FOLLOWERS], [PUBLIC], ThreadKind.POST, ("object.to (unlisted)",)),
        ([FOLLOWERS], [], ThreadKind.POST, ("object.to (for followers only)",)),
        (["https://o.example/users/bo"], [], ThreadKind.CONVERSATION, ("object.to (direct)",)),
    ],
)
def test_who_could_see_it_is_kept(to: object, cc: object, kind: ThreadKind, told: tuple[str, ...]):
    (said,) = reading(mastodon, outbox(create(note(to=to, cc=cc)))).said
    assert said.thread.kind is kind
    assert said.message.unmapped == told


def test_what_was_said_to_some_is_one_conversation_of_its_people():
    more = {"to": ["https://o.example/users/bo"], "cc": [], "conversation": "tag:c"}
    more["tag"] = [{"type": "Mention", "href": "https://o.example/users/bo", "name": "@bo@o.example"}]
    made = reading(mastodon, outbox(create(note("1", **more)), create(note("2", **more))))
    assert made.keys == {"tag:c"}
    assert made.said[0].thread.participants == ("@school@social.example", "@bo@o.example")


def test_a_boost_says_whose_words_it_passes_on():
    boost = {
        "id": f"{ME}/statuses/9/activity",
        "type": "Announce",
        "actor": ME,
        "published": "2024-01-05T18:07:33Z",
        "to": [PUBLIC],
        "object": "https://o.example/users/bo/statuses/5",
    }
    (said,) = reading(mastodon, outbox(boost)).said
    assert said.message.forwarded_from == said.message.text == "https://o.example/users/bo/statuses/5"


def test_a_warning_a_poll_an_edit_and_a_deletion_are_read():
    poll = note(
        "2", "<p>Which?</p>", type="Question", oneOf=[{"type": "Note", "name": "One"}, {"name": "Two"}], votersCount=3
    )
    gone = {"id": f"{ME}/statuses/4", "type": "Tombstone"}
    made = reading(
        mastodon,
        outbox(
            create(note("1", summary="cw: exams", sensitive=True, updated="2024-01-06T00:00:00Z")),
            create(poll),
            create(gone, "Delete"),
        ),
    )
    warned, asked, deleted = made.messages
    assert warned.text == "cw: exams\nhello"
    assert warned.edited_at == datetime(2024, 1, 6, tzinfo=UTC)
    assert warned.unmapped == ("object.sensitive",)
    assert asked.text == "Which?\nOne\nTwo"
    assert asked.unmapped == ("object.votersCount",)
    assert deleted.deleted
    assert deleted.text == ""


def test_media_of_the_archive_are_found_by_their_address():
    media = [
        {
            "type": "Document",
            "mediaType": "image/png",
            "url": "/media_attachments/files/1/original/a.png",
            "name": "A cat",
        },
        {"type": "Document", "mediaType": "image/png", "url": "https://f.example/s/media_attachments/files/2/b.png"},
        {"type": "Document", "mediaType": "image/png", "url": "/media_attachments/files/3/gone.png"},
    ]
    files = {f"top/{name}": one for name, one in outbox(create(note(attachment=media))).items()}
    files |= {"top/media_attachments/files/1/original/a.png": b"1", "top/media_attachments/files/2/b.png": b"2"}
    message = reading(mastodon, files).messages[0]
    assert [(one.name, one.present) for one in message.attachments] == [
        ("a.png", True),
        ("b.png", True),
        ("gone.png", False),
    ]
    assert message.unmapped == ("object.attachment.name",)


def test_activities_that_say_nothing_are_counted_and_not_missed():
    follow = {"id": "f", "type": "Follow", "actor": ME, "object": "https://o.example/users/bo"}
    like = {"id": "l", "type": "Like", "actor": ME, "object": "https://o.example/users/bo/statuses/5"}
    made = reading(mastodon, outbox(create(note()), follow, like))
    assert len(made.said) == made.stated["messages"] == 1
    assert made.remarks[0].text.endswith(": 2")


def test_lists_that_are_not_ones_own_words_are_set_aside():
    assert mastodon.aside("archive/likes.json")
    assert mastodon.aside("avatar.png")
    assert mastodon.aside("media_attachments/files/1/original/a.png") is None


def test_hostile_outboxes_end_in_messages_or_remarks():
    media = [{"mediaType": "image/png", "url": "/media_attachments/a.png", "name": "x"}]
    base = {"orderedItems": [create(note(attachment=media, oneOf=[{"name": "a"}])), create(note("2"), "Announce")]}
    base |= {"totalItems": 2, "@context": "https://www.w3.org/ns/activitystreams", "type": "OrderedCollection"}
    for one in altered(base, seed=8, rounds=500):
        assert reading(mastodon, {"outbox.json": dumped(one)}).broken is None
    for content in cut(dumped(base), seed=9):
        assert reading(mastodon, {"outbox.json": content, "actor.json": content}).broken is None
    deep = b'{"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollection","orderedItems":['
    deep += b'{"object":' * 3000 + b"1" + b"}" * 3000 + b"]}"
    assert reading(mastodon, {"outbox.json": deep}).lost == 1


def test_the_sample_archive_gives_its_facts(shared_dir):
    folder = shared_dir / "fixtures/mastodon-archive/spec-derived"
    told = json.loads((folder / "expected.json").read_text())
    made = reading(mastodon, HeldFiles.of_folder(folder))
    assert len(made.said) == told["n_items"] == made.stated["messages"]
    found = []
    for one in made.said:
        seen = next((name for name in one.message.unmapped if name.startswith("object.to (")), "(public)")
        kind = seen.partition("(")[2].rstrip(")").removeprefix("for ").replace("followers only", "followers-only")
        if one.message.forwarded_from:
            kind = "boost"
        elif one.message.reply_to:
            kind += "(reply)"
        found.append(kind)
    assert found == told["visibility"]


def test_objects_of_another_project_are_read_as_it_reads_them(shared_dir):
    folder = shared_dir / "fixtures/activitypub-bluesky/snarfed__granary"
    count = 0
    for file in sorted(folder.glob("*.as2.json")):
        value = json.loads(file.read_text())
        if value.get("type") not in ("Note", "Article", "Question") or not isinstance(value.get("content"), str):
            continue
        (said,) = reading(mastodon, outbox(value)).said
        if "<" not in value["content"]:
            assert " ".join(value["content"].split()) in " ".join(said.message.text.split()), file.name
        assert (said.message.at is not None) == ("published" in value), file.name
        assert bool(said.message.reply_to) == ("inReplyTo" in value), file.name
        count += 1
    assert count > 10
