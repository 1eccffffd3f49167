"""The ground floor: sealed objects, keys, catalogue and ledger, and the vocabulary of the whole house.

Rule: nothing here knows a format, a query or a retention rule, and nothing leaves unsealed.
"""
