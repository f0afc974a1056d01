"""Every differentiable operation, once: forward, derivative, docstring, sample. One family a file."""
