"""The engine Slurm: each cell is a batch job, its files lie in a folder that all nodes share."""
