"""One page of one or several trees: results, plots, findings, metadata."""
