"""The engine ray: cells on the nodes of a Ray cluster, which runs under a Python of its own."""
