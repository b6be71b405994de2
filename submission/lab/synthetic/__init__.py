"""Synthetic weights for published topologies, and the speedup of pruned over dense models.

A topology whose weights are not available can still be timed. Every model made here says
``"made_up": true`` in its manifest; scoring and layout refuse it.
"""
