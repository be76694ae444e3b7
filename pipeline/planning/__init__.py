"""What is settled before any work: parts, side files, lists, and what all of it depends on."""
