"""LoadGen's files to frozen facts; no opinions."""
