"""The rule book: rules as data plus small functions, and reports of what they found."""
