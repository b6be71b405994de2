"""READMEs and other texts from templates."""
