"""Those who judge models and deals: panels, auditors, test bodies, jurors, and their reputation."""
