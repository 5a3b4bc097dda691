"""A company arrives with a list: people who said yes elsewhere come in, with the proof there is of it."""
