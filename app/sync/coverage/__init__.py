"""What a processor's own plugins hold and can erase, and whether that has changed since somebody here looked."""
