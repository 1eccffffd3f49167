"""Screenshots of invented talks, drawn by Chromium in the looks of twelve apps, with what they show as truth.

Rule: the truth is read from the rendered page (text nodes, `Range.getClientRects`, `getBoundingClientRect`), never
from what the generator meant to draw, and nothing of a layout here is known to the code that reads pictures.
All texts and names are invented.
"""
