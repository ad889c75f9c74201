"""Pictures of the dashboards for the documents; see ``draw``."""
