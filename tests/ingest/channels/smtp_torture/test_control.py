"""The same clients against a server that is known to be wrong: where nothing shows there, the cases show nothing."""

import pytest

from tests.ingest.channels.smtp_torture.cases import WAYS, ends_of_data
from tests.ingest.channels.smtp_torture.client import play
from tests.ingest.channels.smtp_torture.control import NoControl, running_control

CASES = [case for case in ends_of_data() if not case.settings]


@pytest.mark.system
def test_smuggling_shows_at_the_old_library(tmp_path):
    smuggled = []
    try:
        with running_control(tmp_path) as port:
            for case in CASES:
                for old in tmp_path.glob("*.eml"):
                    old.unlink()
                play(port, case)
                stored = [one.read_bytes() for one in sorted(tmp_path.glob("*.eml"))]
                if len(stored) > len(case.stored):
                    smuggled.append(case.way)
    except NoControl as reason:
        pytest.skip(f"{len(CASES)} cases of the positive control not run: {reason}")
    assert len(smuggled) >= 3, "the control let nothing in: the cases cannot find what they are for"
    assert set(smuggled) == set(WAYS)
