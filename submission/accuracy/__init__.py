"""Answers in LoadGen's accuracy log to F1 and the accuracy.txt line."""
