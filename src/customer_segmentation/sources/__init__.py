"""Every kind of table, read whole or in chunks."""
