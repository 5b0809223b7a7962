"""A table of any size as customer tables, chunk by chunk, as a pass over all rows cleans it."""

from customer_segmentation.data.batches import cleaned, cleaned_repetitions, opened_whole
from customer_segmentation.sources.distributed import chunks_with_texts


def stream_customers(settings, *, needed, batch_rows):
    """Customers of each chunk of so many rows; rows whose id stands in several come last, together."""
    source, rules = opened_whole(settings, needed=needed, batch_rows=batch_rows)
    held = []
    for chunk in chunks_with_texts(source, rules.wanted.specs, size=batch_rows):
        table, aside = cleaned(chunk, rules)
        held += [] if aside is None else [aside]
        yield table
    if held:
        yield cleaned_repetitions(held, rules)
