"""Command lines of the laboratory, which makes and measures models; the image holds none of it."""
