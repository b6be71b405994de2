"""One module for each subject; in it the rules stand in the order of their ids."""
