"""What a run will see, before it begins."""
