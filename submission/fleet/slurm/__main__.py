"""``python -m submission.fleet.slurm FOLDER NAME=VALUE …``: the program of a job."""

import sys

from submission.fleet.slurm.job import main

sys.exit(main(sys.argv[1:]))
