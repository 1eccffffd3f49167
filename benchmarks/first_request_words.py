"""What the account of a request's journey says between its figures, for who sees this program for the first time.

Rule: a step is told by what it is for, in the words of the trade; what came of it is told by the run.
"""

from __future__ import annotations

from typing import Final

HEAD: Final = """\
A disclosure request from its letter to packages that somebody else verifies: what is done, with which commands,
and how long each takes. This page was written by `make journey`, which does all of it anew. What a package
consists of is told in [production.md](production.md), what a redaction is in [redaction.md](redaction.md), each
command in [commands.md](commands.md).

The request is made to an archive with real mails of a public mailing list, exports of chats, and mails of a
school district that does not exist. The made mails have what must not leave: names of students, numbers, codes
in files and pictures. Of real mails only figures are printed.

Below each command are the figures of its answer and its time by the clock on the wall; where the load is above
1, others had a share of the machine. Of commands of one shape only the first is shown. Capitals stand for ids,
and for words that must not be printed here. Left out are `--as NAME` with the token of who gives the command,
`--json` and `--quiet`.
"""

PURPOSES: Final = {
    "The archive": """\
An officer answers for requests, two reviewers read. Mails, files and chats are taken in, and the roster of the
school, whose names are to be found when it comes to redactions. Then it is looked up how many records a search
would find.""",
    "The request and its searches": """\
The request is entered, which starts the clock of its law, and acknowledged. Each search is frozen: what it
found on that day is before the reviewers, whatever arrives later. The third search is put in without what the
first one has found. A sample of what no search found shows whether they were too narrow. `due` tells the days
that count.""",
    "The review": """\
Each record is released, withheld on a ground of the law, or found to be about something else. What belongs
together (a thread, copies) can be decided in one step, and each step can be taken back. Batches are what the
instalments will be made of. At the end nothing is undecided, and what says the same is decided alike.""",
    "Redactions": """\
What has to go from records that are given otherwise. Numbers of a kind and names go from all records at once.
Then places in one record, which `parts` shows with their text: characters of a line, words of an attachment, an
area of a picture or of a page, or all but what is kept. These are drafts.""",
    "What else has to go": """\
A reviewer makes the drafts final. What is left out of one record may stand in another, and give it away:
`occurrences` lists each such place. There it is redacted, too, or a person accepts it by name. Nothing leaves
while one is open.""",
    "Two instalments": """\
A second person confirms some of the decisions; nobody can confirm his own, so the first command is refused.
`produce --check` does all of a production but the numbers and the folder. Then one batch leaves, with a sheet
in the place of each record that is withheld, and after it all others, with native files where nothing was left
out. `--again` writes the first one once more, which gives the same bytes.""",
    "Log and letters": """\
What was withheld or redacted, by whom and on which ground, as the law asks for it; and what the requester is
written.""",
    "A document asked back, and given anew": """\
Something left that should have stayed. It is asked back with a letter, a line of it is redacted, and it leaves
again under a new number; its entry says in which production it was before.""",
    "Verified with nothing but the public key": """\
Each package is checked in an empty folder, without the archive and its passphrase. The key is the line that
`archiver ledger key` shows, and that the agency publishes.""",
    "The end": """\
The request is closed with its outcome, the requester is told, and the whole archive is checked.""",
}
