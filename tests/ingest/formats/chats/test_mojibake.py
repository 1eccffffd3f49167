"""Meta's spelling of text: repaired where that can be undone, left alone everywhere else."""

from __future__ import annotations

from ingest.formats.chats.mojibake import repaired
from tests.every_case import every_case


@every_case("text", ["café", "Zoë", "😀👍🏽", "“ok” – €", "日本語", "plain", "", "naïve ☀️", "\u0001é"])
def test_what_meta_misspells_comes_back(text):
    assert repaired(text.encode().decode("latin-1")) == text


@every_case("text", ["café", "Ærø", "日本語 café", "é", "ÿ", "½ £", "Ã", "a\u0085b"])
def test_what_is_spelled_rightly_stays(text):
    assert repaired(text) == text


def test_a_repair_can_be_undone():
    spelled = "Déjà vu 😀".encode().decode("latin-1")
    assert repaired(spelled).encode().decode("latin-1") == spelled


def test_a_text_that_was_cut_inside_a_character_is_repaired_up_to_there():
    spelled = "café 😀".encode()[:-2].decode("latin-1")
    assert repaired(spelled) == "café " + spelled[-2:]
