"""A posting under the laws: a file in C, a patch series or a tree; its functions, judged as hooks.

`texts` reads what there is, `functions` finds functions in it, `judging` judges, `page` tells.

Not modelled: a posting's other files; what a hook calls there and the lab does not know is named.
"""
