"""One module a family of rules; each ends in the tuple of its rules."""
