"""Which file belongs where in the submission tree."""
