"""Read-only tools over a deployment (`toolbox.Toolbox`), and the server that offers them over MCP (`server`).

Nothing is imported here: the process of a query imports this package, and must start quickly.
"""
