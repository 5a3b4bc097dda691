import gc

# Apps come and go in thousands, and nearly all that is alive stays so: to look it through every 700 objects is a
# twentieth of the whole run.
gc.set_threshold(20_000, 50, 100)
