"""Whether a card is whole, agrees with itself, and is what its forms show."""
