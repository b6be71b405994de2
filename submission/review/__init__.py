"""What a reviewer asks of a tree: is its score right, is it whole, can it be repeated."""
