"""Readers of other people's formats, one file a format; pure functions from bytes, run in the sandbox."""
