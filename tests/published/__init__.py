"""The published submissions beside the checkout, and what the rules were tried on."""
