"""Where things lie in the image and in the containers that run it.

The Dockerfile makes these folders, and the READMEs of a tree mount them. Standard library only: the
checker uses it.
"""

from __future__ import annotations

#: the tree that a reviewer looks at
TREE = "/submission"
#: the folder of a whole accuracy log
LOGS = "/log"
#: where the published image has models and data
MODELS = "/opt/workdir/models/bert"
DATA = "/opt/workdir/datasets/squad"
FEATURES = "/opt/workdir/features"
#: the files of a run
OUT = "/out"
