"""From a candidate to the champion and back: gate, identity of the segments, versions, aliases, history."""
