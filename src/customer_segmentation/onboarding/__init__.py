"""What an unknown table is, and the configs for it."""
