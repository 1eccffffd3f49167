"""The synthetic district of the demo: people, addresses and mails that nobody has written. All names are invented."""

from __future__ import annotations

from dataclasses import dataclass

INTAKE = "records@archive.cedarvalley.example"
SEARCH = '"stadium lights" from:ortega'

# work address, name, personal address that he forwards from
CUSTODIANS = (
    ("h.lindqvist@cedarvalley.example", "Hanna Lindqvist", "hanna.lindqvist@mail.example"),
    ("t.abara@cedarvalley.example", "Tobias Abara", "tobias.abara@mail.example"),
    ("m.castellanos@cedarvalley.example", "Mercedes Castellanos", "mercedes.castellanos@mail.example"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A mail as an employee sends it to the archive."""

    sender: str
    subject: str
    date: str
    body: str


FORWARDED = Sample(
    sender="Hanna Lindqvist <hanna.lindqvist@mail.example>",
    subject="Fwd: Stadium lights and the fall schedule",
    date="Tue, 03 Nov 2026 19:12:05 -0800",
    body="""\
This came to my private address, it belongs into the file.

---------- Forwarded message ---------
From: Ruben Ortega <ruben.ortega@booster.example>
Date: Mon, Nov 2, 2026 at 4:41 PM
Subject: Stadium lights and the fall schedule
To: Hanna Lindqvist <hanna.lindqvist@mail.example>


Hi Hanna,

the boosters would pay half of the new stadium lights if the district moves
the two Friday games to Saturday. Could the board decide before Thanksgiving?

Ruben
""",
)

SAMPLES = (
    Sample(
        sender="Tobias Abara <tobias.abara@mail.example>",
        subject="Bus route 12",
        date="Wed, 28 Oct 2026 07:55:41 -0700",
        body="Route 12 was late again today, 25 minutes. Three parents called. I told them that we look into it.\n",
    ),
    Sample(
        sender="Mercedes Castellanos <mercedes.castellanos@mail.example>",
        subject="Fwd: Permission slips",
        date="Thu, 29 Oct 2026 21:03:10 -0700",
        body="""\
For the archive.

Begin forwarded message:

From: Nora Whitfield <nora.whitfield@parents.example>
Subject: Permission slips
Date: October 29, 2026 at 8:47:02 PM PDT
To: Mercedes Castellanos <mercedes.castellanos@mail.example>

Both slips for the museum trip are signed. Who collects the money?

Nora
""",
    ),
)
