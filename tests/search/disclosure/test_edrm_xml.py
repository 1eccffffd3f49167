"""The interchange document is well-formed whatever a value holds, and names families and files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from search.disclosure.edrm_xml import edrm_pieces
from tests.search.disclosure.produced import HOSTILE, produced

if TYPE_CHECKING:
    from search.disclosure.release_types import ProducedDocument


def read(*documents: ProducedDocument, description="Request 2026-0001"):
    return ET.fromstring(b"".join(edrm_pieces(documents, description)))


def tags(document):
    return {one.get("TagName"): one.get("TagValue") for one in document.iter("Tag")}


def test_a_document_has_its_tags_files_and_custodian():
    native = "native/LAKE-000001.eml"
    root = read(produced(1, 2, sent="2026-03-02T10:00:00-08:00", subject="Lights", native_path=native))
    document = root.find("Batch/Documents/Document")
    assert (document.get("DocID"), document.get("DocType")) == ("LAKE-000001", "Message")
    assert tags(document)["#Subject"] == "Lights"
    assert tags(document)["#DateSent"] == "2026-03-02T10:00:00-08:00"
    assert tags(document)["#PageCount"] == "2"
    files = {one.get("FileType"): one.find("ExternalFile") for one in document.iter("File")}
    assert sorted(files) == ["Image", "Native", "Text"]
    assert (files["Image"].get("FilePath"), files["Image"].get("FileName")) == ("pdf", "LAKE-000001.pdf")
    assert files["Image"].get("Hash") == "ab" * 32
    assert document.findtext("Locations/Location/Custodian") == "Jane Doe"


def test_an_attachment_is_related_to_its_record():
    root = read(
        produced(1, family=(1, 2)), produced(2, family=(1, 2), component="cmp_1", media_type="image/png"), produced(3)
    )
    related = [(one.get("ParentDocID"), one.get("ChildDocID")) for one in root.iter("Relationship")]
    assert related == [("LAKE-000001", "LAKE-000002")]
    assert [one.get("DocType") for one in root.iter("Document")] == ["Message", "File", "Message"]


@pytest.mark.parametrize("value", [*HOSTILE, "\ufffe\uffff\U0001fffe", "]]>", "\r\n\t"])
def test_it_is_well_formed_whatever_a_value_holds(value):
    root = read(produced(subject=value, custodian=value), produced(2, subject="next"), description=value)
    documents = list(root.iter("Document"))
    assert [one.get("DocID") for one in documents] == ["LAKE-000001", "LAKE-000002"]
    assert tags(documents[1])["#Subject"] == "next"
    shown = "".join(one if one.isprintable() or one in "\r\n\t" else "" for one in value)
    assert set(shown) - set("\U0001fffe") <= set(tags(documents[0])["#Subject"])
    assert (
        documents[0].findtext("Locations/Location/Custodian")
        == tags(documents[0])["#Subject"]
        == root.get("Description")
    )


def test_an_empty_production_is_a_document_without_documents():
    assert list(read().iter("Document")) == []
