"""Data in, matplotlib Figure out: no pyplot, no state shared between figures."""
