"""Learning and memory: papers that the lectures list, on synapses, important weights, and sensing."""
