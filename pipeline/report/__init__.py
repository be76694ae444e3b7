"""What a build did and how long it took: written while it runs, read by `haybale status`."""
