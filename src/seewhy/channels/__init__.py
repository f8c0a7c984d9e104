"""Ways to candidates beside the components of twins: whole videos, or what is said of them, as vectors."""
