"""Commands, reference cases and what-ifs; the only package that may import both others."""
