"""Cells and headers as people write them; no files, no tables."""
