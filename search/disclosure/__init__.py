"""Disclosure requests: from the request to the package that is handed over."""
