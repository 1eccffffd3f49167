"""Finding: one analyser, one query language, engines behind one protocol, a follower that may lag but never miss.

Rule: the index proposes, the catalogue decides; every search states its coverage.
"""
