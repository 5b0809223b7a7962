"""Typed schema of every config: a wrong key or type fails before any work."""
