"""What a person sees: rich tables, progress bars, help pages."""
