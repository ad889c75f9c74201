"""Pictures of the dashboards for the documentation; see ``draw``."""
