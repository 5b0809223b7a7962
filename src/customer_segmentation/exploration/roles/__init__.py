"""What the columns of an unknown table are for."""
