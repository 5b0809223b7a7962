"""What each kind of run holds, as typed items."""
