"""Learning and memory: synapses with several states, weights in training, and particles that sense."""
