"""SQuAD v1.1 files to features: the data set, its windows and its tokens."""
