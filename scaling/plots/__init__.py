"""Figures of fits, as PNG or SVG. They need Matplotlib: `pip install 'haybale[plot]'`."""
