"""The optimization ladder: what each step of scheduling gives, on real layers."""
