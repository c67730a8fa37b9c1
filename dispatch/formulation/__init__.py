"""The optimisation model, one physical thing a file; `build.py` is its table of contents."""
