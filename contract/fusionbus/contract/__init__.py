"""The contract: what every agency must agree on. It imports pydantic and nothing else."""
