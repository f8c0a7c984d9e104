"""Models on this machine: weights, devices, and the language model that runs here. Needs the extra [local]."""
