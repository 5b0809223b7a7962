"""Sources, header contract, cleaning and the built-in sample: from a file to the customer table."""
