"""The staff pages, one file each."""
