"""The built-in samples, drawn from stated rules."""
