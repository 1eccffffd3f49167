"""Schema history of the archive database; a revision once released never changes."""
