"""How a layer was scheduled, and why."""
