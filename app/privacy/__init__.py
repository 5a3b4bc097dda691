"""Somebody asks: access, correction, erasure, restriction, objection, portability, at every processor, with proof."""
