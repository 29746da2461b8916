"""Pure drawing: domain objects in, Screen or text out."""
