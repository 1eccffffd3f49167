"""Backups: what is written to a backup place, how it comes back, and how a drill shows that it does.

Rule: a backup place holds four parts that age differently (sealed objects, catalogue rows, keys, ledger), and
what makes an increment exist is its manifest, written last and whole.
"""
