"""What a compute budget buys."""
