"""What a tree says of itself, and what each statement is compared with: one list, walked."""
