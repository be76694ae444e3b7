"""The recipe of a build: its sections, a file each, read and validated by `loaded`."""
