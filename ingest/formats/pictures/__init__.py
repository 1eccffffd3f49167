"""Pictures and scanned pages: what they are, what they say of themselves, and their pixels, within limits."""
