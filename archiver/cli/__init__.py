"""The commands, one file a noun; namespaces of the command line end here."""
