"""README.md: front matter and sections in Markdown."""
