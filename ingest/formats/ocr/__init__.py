"""Reading the writing in a picture: which letters stand there, by which engine, and which nobody here can read.

Rule: never letters of another script. Each line is cut out, the first engine reads it, and whether its letters
account for the ink is looked at before they are believed. Where they do not, an engine that has the letters reads the
line, or it stays unread. Pixels are numpy arrays of uint8 with the shape (height, width, 3), RGB, upright.
"""
