"""The Salt extension: RAS on many minions, for the engine Salt.

Salt finds this package by its entry point ``salt.loader``, and in it the folders *modules*,
*states*, *beacons* and *grains*, from which it loads the files named *winras*; the others are what
these share.
"""
