"""Conversations: one module each, registered in :mod:`handlers.routing`."""
