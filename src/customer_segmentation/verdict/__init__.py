"""Constraints, yardstick and choice: which candidate, why, and what was ruled out."""
