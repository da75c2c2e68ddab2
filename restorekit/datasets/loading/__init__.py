"""From samples to batches: the sampler, random numbers, collation."""
