"""The way in: channels take bytes, the depositor makes them durable, the examiner turns them into records.

Rule: bytes are parsed only after they are stored, and only in the sandboxed child.
"""
