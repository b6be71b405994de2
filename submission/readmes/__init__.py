"""The READMEs of a tree from facts: of the workspace that measured, or of the tree itself."""
