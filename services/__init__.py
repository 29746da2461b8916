"""Domain rules over the models; every function takes the session first and never commits."""
