"""The records schedule applied: rules as trees, decisions with reasons, a clock that never acts early.

Rule: evaluation is pure; `today` is an argument; eligible is never "may destroy".
"""
