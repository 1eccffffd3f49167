"""The words that mail clients print around a forwarded message: one table a language, a file a group of languages."""
