"""Hostile input in full numbers: `make fuzz`. Each file ``*_fuzz.py`` holds campaigns; `run.py` runs them all."""
