"""Templates of letters, a file a kind; ``KIND.PROFILE.txt`` stands before ``KIND.txt`` for that law."""
