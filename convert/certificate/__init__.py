"""What int8 costs, measured by running a bundle beside its float twin."""
