"""Feature sets and scalings: from the customer table to a space in which distance means something."""
