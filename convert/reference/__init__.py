"""The reference bundle: how its models were made."""
