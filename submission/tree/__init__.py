"""A submission tree: its grammar and its round, written, read, summed and packed."""
