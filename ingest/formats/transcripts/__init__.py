"""From what engines read in pictures of a chat to who said what, in which order.

Rule kept: nothing here reads letters. Lines with their places come in (`storage.transcription.Page`), the pixels say
only where bubbles, bars and keys lie. What an application prints of itself (bars, marks, the keyboard, an unsent
draft) is no message. What was concluded and not read is named in `inferred`; what cannot be told stays None.

All measures are relative to the height of a line and the width of the page, so that no application's layout and no
telephone's size is written down here. The order of work: `surfaces` finds areas of one colour, `zones` cuts the bars
off, `bubbles` or `rows` gather lines into pieces, `speakers` and `assembly` make messages of them, `overlaps` joins
pages, `apps` guesses where it was. `transcribe` is what others call.
"""
