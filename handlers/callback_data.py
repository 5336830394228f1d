"""What a button of ours says when it is pressed: a prefix that tells whose it is, then up to 64 bytes in all.

A host application's buttons come to the same bot: ours begin with a word that no other program would choose.
"""

OURS = "chatlens:"
SETTINGS = f"{OURS}s:"
PAGES = f"{OURS}p:"
PURGE = f"{OURS}x:"
