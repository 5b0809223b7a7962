"""Find the customers worth keeping, and be able to defend the answer."""

__version__ = "0.2.0"
