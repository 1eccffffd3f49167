"""Exports of conversations and posts: one file a format, all of them speaking the words of `model`."""
