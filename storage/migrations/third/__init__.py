"""Parts of the third revision, which is too long for one file."""
