"""Stand-ins for weights that are not to be had, and what pruning gains: dense beside pruned.

A topology without its weights still tells how fast it runs. Whatever is made here is marked as
made up in its manifest, and serves timing only.
"""
