"""Tables of what is known of the world, each with its provenance and licence."""
