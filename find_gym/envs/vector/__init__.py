"""The environments, vectorised natively: what `gym.make_vec` makes for `interface="tokens"`."""
