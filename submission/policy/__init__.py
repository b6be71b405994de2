"""The numbers a round fixes, one JSON file each."""
