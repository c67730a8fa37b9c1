"""The changes a scenario can make: one family of things a file, each a pure function of inputs."""
