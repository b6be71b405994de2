"""Many JPQD trainings as cells of a campaign, and the curve of F1 against sparsity of them."""
