"""Captures of public pages (WARC, ISO 28500:2017; WACZ): what was sent for each page, read into one record a page."""
