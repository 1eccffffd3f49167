"""The pages: server-rendered, usable without scripts, nothing fetched from elsewhere."""
