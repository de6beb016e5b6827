"""The law as dated files: what the Convention says, article by article, in our own words.

The room holds the instruments, their articles and paragraphs, each with a date, a source and a trust mark, as
read from ``law/``; every other room names an article here (``hanoi:28.3(c)``) as the basis of what it does.
It serves all 68 articles by naming them, and Articles 59 to 68, the life of the treaty itself, by its dates.
It must not know any case, person, request or State's conduct, and keeps no tables: only ``library`` reads the
disk, and hands the loaded law on as an argument.
"""
