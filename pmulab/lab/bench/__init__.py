"""A small world by hand: `stand` does its moves, `bench` is what a learner plays, `catch` a game.

Not modelled: see each module.
"""
