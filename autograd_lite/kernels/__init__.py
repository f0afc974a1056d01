"""Arrays in, arrays out: all tuning lives here, each fast path beside a clear reference. Knows no tensors or graphs."""
