"""Model parts: fetch, rejoin, verify, split."""
