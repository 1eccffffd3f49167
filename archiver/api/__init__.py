"""The JSON API, one file a noun, answering what CONTRACT answers on the command line."""
