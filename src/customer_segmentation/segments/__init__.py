"""Segments: clusters with a profile, a name and recommendations. Pure functions over frames and arrays."""
