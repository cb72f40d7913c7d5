"""A bundle measured on its owner's own data: the tables of Oh et al. 2019, with intervals."""
