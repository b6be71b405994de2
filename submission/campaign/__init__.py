"""One profile on several systems: cells that run on them, and the tree that joins their results."""
