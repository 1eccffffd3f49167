"""The top floor: configuration, wiring, access, the command line, the API, the pages and the supervisor.

Rule: everything is wired by hand in `wiring.py`; no other floor knows this one.
"""
