"""What `python -m bot doctor` looks at, a file for each part of an archive; `bot.doctor` goes through them.

A checkup changes nothing. What it finds says, in a sentence for the person who runs the bot, what is wrong and what to
do; where the program can mend it, the finding knows how.
"""
